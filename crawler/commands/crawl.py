"""`scrapy crawl`: checks the arguments before the reactor starts, and returns the exit status of the run."""

from __future__ import annotations

import sys
from textwrap import fill
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyHelpFormatter, crawl

from crawler.arguments import ARGUMENTS, read_arguments
from crawler.command import PoliciesCommand
from crawler.logs import configure_loggers
from crawler.run import Run
from crawler.run_stats import ExitStatus
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse


class _HelpFormatter(ScrapyHelpFormatter):
    """Scrapy's formatter, which keeps the lines of a description."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines()
        return "\n".join(fill(line, width, initial_indent=indent, subsequent_indent=indent + "  ") for line in lines)


class Command(PoliciesCommand, crawl.Command):
    """Runs the spider `policies`; any other one as Scrapy does."""

    def long_desc(self) -> str:
        statuses = ", ".join(f"{status:d} {status.meaning}" for status in ExitStatus)
        return f"Run the spider: scrapy crawl policies. Exit status: {statuses}."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        lines = (f"{each.name}=  {each.meaning} (default: {each.shown_default})" for each in ARGUMENTS)
        text = "\n".join(["each is given with -a NAME=VALUE:", *lines]).replace("`", "")
        parser.add_argument_group("Spider arguments", text)
        parser.formatter_class = _HelpFormatter

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments here, before the crawler process is made: it installs the reactor and logs its start."""
        super().process_options(args, opts)
        configure_loggers()
        if args != ["policies"]:
            return
        try:
            read_arguments(opts.spargs, self.given)
        except UsageError as error:
            sys.exit(self.fail(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["policies"]:
            return super().run(args, opts)
        assert self.crawler_process is not None  # noqa: S101 - Scrapy sets it before it calls this
        crawler = self._create_crawler("policies")
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        failed = crawler.spider is None or self.crawler_process.bootstrap_failed
        self.exitcode = ExitStatus.FAILED if failed else Run.of(crawler).stats.exit_status
        return None
