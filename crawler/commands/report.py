"""`scrapy report`: makes the static site that shows the content of OUTPUT_DIR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from pipelines.output.feeds import write_feeds
from pipelines.output.withheld_titles import withhold_titles
from pipelines.quantity import quantity
from pipelines.report.site import build

if TYPE_CHECKING:
    import argparse


class Command(AnsweringCommand):
    """Prints the counts of the site. FAILED if the output can't be read or the site not written."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Make the report: OUTPUT_DIR/report/index.html, a site that opens from disk"

    def long_desc(self) -> str:
        return (
            "Write OUTPUT_DIR/report/index.html and its pages from the catalog and the text files: an overview, a page "
            "per company with its timeline, every text, and what changed between versions. It opens from disk and loads "
            "nothing from anywhere. Pages that would not change are not written again. The feeds then link to it. Exit "
            "status: 0 done, 1 can't read "
            "or write, 2 bad usage."
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:  # noqa: ARG002
        self.check_no_arguments(args)
        built = build(self.output, self.catalog_url, self.topics, self.takedown)
        address, topics, takedown = self.given["PUBLIC_URL"], self.topics, self.takedown
        write_feeds(self.output, self.catalog_url, topics=topics, address=address, takedown=takedown)
        withhold_titles(self.output, self.catalog_url, takedown)
        withheld = f"; {told}" if (told := takedown.told(built.withheld)) else ""
        return (
            f"{built.index}: {quantity(built.companies, 'company')}, {quantity(built.versions, 'version')}; "
            f"{quantity(built.written, 'file')} written, {built.unchanged} unchanged{withheld}"
        )
