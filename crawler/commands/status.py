"""`scrapy status`: the state of the output folder in one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.console.status import read_status, show
from crawler.options.argument_values import read_moment

if TYPE_CHECKING:
    import argparse


class Command(AnsweringCommand):
    """Prints the screen. DONE, independent of the last run's status; FAILED without a readable catalog."""

    def syntax(self) -> str:
        return "[--since WHEN]"

    def short_desc(self) -> str:
        return "Show the last run, what is new since, what was lost and why, what is refused"

    def long_desc(self) -> str:
        return (
            "Show in one screen when the last run was and how it ended, which versions are new, which captures were lost "
            "and why, and what the archive refuses. Only reads OUTPUT_DIR: a run may be going on. Exit status: 0 whatever "
            "the last run's was, 1 if there is nothing to read, 2 bad arguments."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Status")
        group.add_argument(
            "--since", metavar="WHEN", help="what is new since a date or moment, as 2026-11-01 or 2026-11-01T06:00 (UTC; "
            "default: since the run before the last one)",
        )  # fmt: skip

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        self.check_no_arguments(args)
        return show(read_status(self.output, catalog_url=self.catalog_url, since=read_moment(opts.since)))
