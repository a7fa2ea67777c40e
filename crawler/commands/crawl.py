"""`scrapy crawl`: checks the arguments before the reactor starts, and returns the exit status of the run."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Final

from scrapy.commands import crawl
from scrapy.spiderloader import SpiderLoader

from crawler.arguments import ARGUMENTS, read_arguments
from crawler.command import PoliciesCommand
from crawler.console.help_formatter import HelpFormatter
from crawler.console.logs import configure_loggers
from crawler.console.program import command_line
from crawler.options.notify_addresses import check_services
from crawler.options.own_settings import check_pool, check_value
from crawler.options.spelling import nearest
from crawler.run import Run
from crawler.run_stats import ExitStatus
from pipelines.errors import UsageError
from pipelines.export.writers import FORMATS
from pipelines.redaction import redacted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence


_FEEDS: Final = "scrapy.extensions.feedexport.FeedExporter"
_ARGUMENT: Final = re.compile(rf"(?:{'|'.join(each.name for each in ARGUMENTS)})=")
"""The beginning of a spider argument."""


def _check_repeated(given: Iterable[str]) -> None:
    """Raise UsageError for an argument given twice: Scrapy takes the last one without a word."""
    names = Counter(argument.partition("=")[0] for argument in given)
    name, count = max(names.items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise UsageError(f"-a {name:.80}= is given {count} times; give it once (companies= takes several with commas)")


def _check_outputs(files: Sequence[str]) -> None:
    """Raise UsageError for -o and -O: Scrapy's items are answers to requests here, and no versions."""
    if files:
        kind = Path(files[0].rpartition(":")[2]).suffix.removeprefix(".") or files[0].rpartition(":")[2]
        form = kind if kind in FORMATS else "csv"
        raise UsageError(
            f"-o {files[0]:.80}: a crawl writes no such file: the versions are in versions.jsonl in OUTPUT_DIR; afterwards "
            f"`{command_line('export')} --format {form}` writes them as tables"
        )


class _HelpFormatter(HelpFormatter):
    """Formatter that keeps the lines of a description."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines()
        return "\n".join(fill(line, width, initial_indent=indent, subsequent_indent=indent + "  ") for line in lines)


class Command(PoliciesCommand, crawl.Command):
    """Runs the spider `policies`; any other one as Scrapy does."""

    def long_desc(self) -> str:
        statuses = ", ".join(f"{status:d} {status.meaning}" for status in ExitStatus)
        return f"Run the spider: {command_line('crawl')} policies. Exit status: {statuses}."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        lines = (f"{each.name}=  {each.meaning} (default: {each.shown_default})" for each in ARGUMENTS)
        text = "\n".join(["each is given with -a NAME=VALUE:", *lines]).replace("`", "")
        parser.add_argument_group("Spider arguments", text)
        parser.formatter_class = _HelpFormatter

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments here, before the crawler process is made: it installs the reactor and logs its start."""
        try:
            _check_repeated(opts.spargs)
            if not self._has_feeds:
                _check_outputs([*(opts.output or ()), *(opts.overwrite_output or ())])
            super().process_options(args, opts)
            configure_loggers()
            self._check_spider(args)
            if args == ["policies"]:
                check_value(self.given, "NOTIFY", check_services)
                check_pool(self.given)
                read_arguments(opts.spargs, self.given)
        except UsageError as error:
            sys.exit(self.fail(error))

    @property
    def _has_feeds(self) -> bool:
        """Whether a settings module has turned Scrapy's feed exports on again, for a spider of its own."""
        return self.given.getdict("EXTENSIONS").get(_FEEDS) is not None

    def _check_spider(self, args: list[str]) -> None:
        """Raise UsageError unless the one argument is the name of a spider."""
        spiders = SpiderLoader.from_settings(self.given).list()
        name, *more = args or [""]
        if name not in spiders:
            near = nearest(name, spiders)
            hint = f"did you mean {near}?" if near else f"use {command_line('crawl')} {' or '.join(spiders)}"
            said = f"no spider {redacted(name, name)!r:.80}" if name else "no spider named"
            raise UsageError(f"{said}; {hint}")
        if more:
            shown = redacted(more[0], more[0])  # it may have a password
            hint = f"write -a {shown:.80}" if _ARGUMENT.match(more[0]) else f"see {command_line('crawl')} -h"
            raise UsageError(f"no place for {shown!r:.80} after the spider's name; {hint}")

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
