"""Base classes of the project's commands. Outside crawler/commands/, where Scrapy would take them for commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand

from crawler.run_stats import ExitStatus
from pipelines.errors import PoliciesError, UsageError
from pipelines.redaction import redacted

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import Settings


class PoliciesCommand(ScrapyCommand):
    """A command of the project: an error is one line on standard error, and decides the exit status."""

    requires_project = True

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]

    @property
    def given(self) -> Settings:
        """The settings, with those of the command line."""
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it calls the command
        return self.settings

    def fail(self, error: PoliciesError) -> ExitStatus:
        """Print an error; set and return the exit status: BAD_USAGE for a UsageError, FAILED for any other."""
        sys.stderr.write(f"scrapy {self.name}: {error}\n")
        status = ExitStatus.BAD_USAGE if isinstance(error, UsageError) else ExitStatus.FAILED
        self.exitcode = status
        return status


class AnsweringCommand(PoliciesCommand):
    """A command that works on files, without a crawler, and prints what `answer` returns."""

    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        """Return the text to print. Raises PoliciesError."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            sys.stdout.write(f"{self.answer(args, opts)}\n")
        except PoliciesError as error:
            self.fail(error)

    @property
    def output(self) -> Path:
        """The output folder, as given."""
        return Path(self.given["OUTPUT_DIR"])

    @property
    def catalog_url(self) -> str:
        return str(self.given["CATALOG_URL"])

    def check_no_arguments(self, args: list[str]) -> None:
        """Raise UsageError if there are arguments besides options."""
        if args:
            shown = redacted(args[0], args[0])  # it may be the value of an option, with a password
            raise UsageError(f"takes no argument {shown!r:.80}; see scrapy {self.name} -h")
