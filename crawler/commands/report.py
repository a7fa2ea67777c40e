"""`scrapy report`: make the static site that shows what OUTPUT_DIR holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from crawler.errors import OutputError, UsageError
from crawler.report import BAD_USAGE, FAILED
from pipelines.report.site import build

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    """Prints what was built. Exit status 0; 1 if it can't be read or written, 2 for bad usage, with one line of why."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Make the report: OUTPUT_DIR/report/index.html, a site that opens from disk"

    def long_desc(self) -> str:
        return (
            "Write OUTPUT_DIR/report/index.html and its pages from the catalog and the text files: an overview, a page "
            "per company with its timeline, every text, and what changed between versions. It opens from disk and loads "
            "nothing from anywhere. Pages that would not change are not written again. Exit status: 0 done, 1 can't read "
            "or write, 2 no catalog or bad usage."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002
        try:
            print(self._report(args))
        except UsageError as error:
            print(f"scrapy report: {error}", file=sys.stderr)
            self.exitcode = BAD_USAGE
        except OutputError as error:
            print(f"scrapy report: {error}", file=sys.stderr)
            self.exitcode = FAILED

    def _report(self, args: list[str]) -> str:
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it calls run
        if args:
            raise UsageError(f"there is no argument {args[0]!r:.80}; see scrapy report -h")
        built = build(Path(self.settings["OUTPUT_DIR"]), self.settings["CATALOG_URL"])
        return (
            f"{built.index}: {built.companies} companies, {built.versions} versions; "
            f"{built.written} files written, {built.unchanged} unchanged"
        )
