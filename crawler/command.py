"""Base classes of the project's commands. Outside crawler/commands/, where Scrapy would take them for commands."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from scrapy.commands import ScrapyCommand

from crawler.console.help_formatter import HelpFormatter
from crawler.console.program import command_line
from crawler.options.own_settings import check_settings, reachable_catalog, reachable_output, takedown_of, topics_of
from crawler.options.setting_values import check_file_to_write
from crawler.run_stats import ExitStatus
from pipelines.errors import OutputError, PoliciesError, UsageError
from pipelines.output.location import named_location
from pipelines.output.object_errors import ObjectStoreError
from pipelines.redaction import redacted
from pipelines.untrusted import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from scrapy.settings import Settings

    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics


class Interrupted(PoliciesError):
    """SIGINT or SIGTERM ended a command before it was done."""


_STATUSES: Final = {UsageError: ExitStatus.BAD_USAGE, Interrupted: ExitStatus.OPEN_LOSSES}


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

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options. Their errors are one line, as all others: without the usage, which is several."""
        super().add_options(parser)
        parser.formatter_class = HelpFormatter
        parser.error = self._refuse  # type: ignore[method-assign]

    def _refuse(self, message: str) -> NoReturn:
        sys.exit(self.fail(UsageError(f"{message}; see {command_line(self.name)} -h")))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options, and check all settings. Ends the program with status 2 if one can't be used."""
        if "--" in args:  # argparse leaves the end of the options where it stands
            args.remove("--")
        for name in ("pidfile", "profile"):
            try:
                check_file_to_write(getattr(opts, name, None))
            except ValueError as error:
                sys.exit(self.fail(UsageError(f"--{name} {getattr(opts, name)}: {error}")))
        super().process_options(args, opts)
        try:
            check_settings(self.given)
        except UsageError as error:
            sys.exit(self.fail(error))

    def fail(self, error: PoliciesError) -> ExitStatus:
        """Print an error in one line; set and return the exit status: that of its class, else FAILED."""
        self.warn(str(error))
        status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), ExitStatus.FAILED)
        self.exitcode = status
        return status

    def warn(self, text: str) -> None:
        """Print a line to the standard error."""
        sys.stderr.write(f"{command_line(self.name)}: {printable(' '.join(text.split()))}\n")


class AnsweringCommand(PoliciesCommand):
    """A command that works on files, without a crawler, and prints what `answer` returns."""

    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    interrupted: ClassVar = "interrupted; run it again"
    """What is printed after Ctrl-C."""

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        """Return the text to print. Raises PoliciesError."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with self.failing():
            if answer := self.answer(args, opts):  # empty: what is to be said stands on standard error
                sys.stdout.write(f"{printable(answer, terminal=sys.stdout.isatty())}\n")

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Print what ends the command in one line, and set the exit status."""
        try:
            yield
        except PoliciesError as error:
            self.fail(error)
        except ObjectStoreError as error:
            self.fail(OutputError(f"{self.output}: {error}"))
        except KeyboardInterrupt:
            self.fail(Interrupted(self.interrupted))

    @cached_property
    def output(self) -> Location:
        """The output folder, as given. Raises UsageError if it is in an object store that can't be used."""
        return reachable_output(self.given)

    def named(self, folder: str) -> Location:
        """Return where a folder is that an option names. Raises OutputError."""
        return named_location(folder, self.given["SPOOL_DIR"])

    @property
    def catalog_url(self) -> str:
        """The setting CATALOG_URL. Raises UsageError if its database server can't be used."""
        return reachable_catalog(self.given)

    @property
    def topics(self) -> Topics:
        """The topics that texts are searched for. Raises TopicsError for a fault in TOPICS_FILE."""
        return topics_of(self.given)

    @property
    def takedown(self) -> Takedown:
        """What is withheld. Raises TakedownError for a fault in TAKEDOWN_FILE."""
        return takedown_of(self.given)

    def one_domain(self, args: list[str]) -> str:
        """Return the one argument. Raises UsageError, which names an option that the command has not."""
        for each in args:
            if each.startswith("-"):
                raise UsageError(f"has no option {each.partition('=')[0]:.40}; see {command_line(self.name)} -h")
        if len(args) != 1:
            shown = f", not {' '.join(args)!r:.80}" if args else ""
            raise UsageError(f"needs one DOMAIN{shown}; see {command_line(self.name)} -h")
        return args[0]

    def check_no_arguments(self, args: list[str]) -> None:
        """Raise UsageError if there are arguments besides options."""
        if args:
            shown = redacted(args[0], args[0])  # it may be the value of an option, with a password
            raise UsageError(f"takes no argument {shown!r:.80}; see {command_line(self.name)} -h")
