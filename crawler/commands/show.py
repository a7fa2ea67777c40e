"""`scrapy show`: the text of a domain's policy as of a date."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.console.program import command_line
from crawler.console.recorded_domain import add_kind, read_date, versions_named
from pipelines.digest.domain_versions import as_of, is_read_later, is_seen
from pipelines.errors import PoliciesError
from pipelines.items import moment_of
from pipelines.similarity.plain_text import plain_text
from pipelines.untrusted import printable

if TYPE_CHECKING:
    import argparse


class Command(AnsweringCommand):
    """Prints the text file, and nothing else, to standard output; what is to be said of it to standard error."""

    def syntax(self) -> str:
        return "[options] DOMAIN [--at DATE]"

    def short_desc(self) -> str:
        return "Print the text of a domain's policy as it was on a date"

    def long_desc(self) -> str:
        return (
            "Print the text file of DOMAIN (a listed domain, or a company's name) that was there on DATE, or the newest; "
            "with --plain its title and text without markdown, links as their text. Where no capture shows that the text "
            "was still there, standard error says until when it was seen. Only reads OUTPUT_DIR. Exit status: 0 also if "
            "there is nothing to show, 1 if the output can't be read, 2 bad arguments or unknown domain."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Text")
        group.add_argument(
            "--at", metavar="DATE", help="as 2015, 201506, 2015-06-30 or 2015-06-30T12:00 (UTC), inclusive"
        )
        add_kind(group)
        group.add_argument("--plain", action="store_true", help="without markdown, links as their text")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            sys.stdout.write(printable(self.answer(args, opts), terminal=sys.stdout.isatty()))
        except PoliciesError as error:
            self.fail(error)

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        domain = self.one_domain(args)
        prefix = "" if opts.at is None else read_date(opts.at, "--at")
        versions = versions_named(self, domain, opts.kind)
        if not versions:
            return self._say(f"no version of a policy of {domain} is known yet")
        found = as_of(versions, prefix)
        if found is None:
            return self._say(f"no version was seen by {opts.at}; the first is {versions[0]}")
        if found.version.is_withheld:
            return self._say(f"withheld on request (TAKEDOWN_FILE): {found}")
        if not is_seen(found, prefix):
            self._say(
                f"{found.version.last_seen:%Y-%m-%d} is the last capture with this text; by {opts.at} it may have changed"
            )
        if is_read_later(found, prefix):
            version = found.version
            self._say(
                f"the text was read from the capture of {moment_of(version.timestamp):%Y-%m-%d}; that of "
                f"{version.first_seen:%Y-%m-%d} has the same digest, and was not fetched"
            )
        if not opts.plain:
            return found.version.text()
        document = found.version.document()
        head = f"{document.title}\n\n" if document.title else ""
        return head + plain_text(document.body)

    def _say(self, text: str) -> str:
        """Write a line to standard error; return no text."""
        sys.stderr.write(f"{command_line('show')}: {printable(text)}\n")
        return ""
