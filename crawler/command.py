"""What the project's commands that look at files have in common: no crawler, one answer, one line where there is none.

Outside crawler/commands/, where Scrapy would take it for a command.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from crawler.errors import PoliciesError, UsageError
from crawler.report import BAD_USAGE, FAILED
from pipelines.untrusted import printable

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import Settings


class AnsweringCommand(ScrapyCommand):
    """Prints what `answer` returns. Exit status 0; 2 for a UsageError, 1 for any other PoliciesError, with one line."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        """Return what to print. Raises PoliciesError."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            sys.stdout.write(f"{printable(self.answer(args, opts), terminal=sys.stdout.isatty())}\n")
        except PoliciesError as error:
            sys.stderr.write(f"scrapy {self.name}: {printable(str(error))}\n")
            self.exitcode = BAD_USAGE if isinstance(error, UsageError) else FAILED

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]

    @property
    def given(self) -> Settings:
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it calls run
        return self.settings

    @property
    def output(self) -> Path:
        """The output folder, as it was given."""
        return Path(self.given["OUTPUT_DIR"])

    @property
    def catalog_url(self) -> str:
        return str(self.given["CATALOG_URL"])

    def check_no_arguments(self, args: list[str]) -> None:
        """Raise UsageError if there are arguments besides options."""
        if args:
            raise UsageError(f"takes no argument {args[0]!r:.80}; see scrapy {self.name} -h")
