"""`scrapy check`: whether catalog, text files, WARC records and versions.jsonl of the output folder agree."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING

from crawler.checks.checked_records import RecordCheck
from crawler.checks.checked_texts import TextCheck
from crawler.checks.checked_versions import VersionsCheck
from crawler.command import AnsweringCommand
from crawler.companies import unlisted_company
from crawler.console.program import command_line
from crawler.run_stats import ExitStatus
from pipelines.catalog.read_only import reading, writers
from pipelines.errors import UsageError
from pipelines.output.storage import is_there, open_storage
from pipelines.quantity import quantity
from pipelines.untrusted import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    import sqlalchemy as sa

    from crawler.checks.finding import Finding


class Command(AnsweringCommand):
    """Prints a line for each finding. DONE if all agree, OPEN_LOSSES if there is something to mend."""

    def syntax(self) -> str:
        return "[options] [DOMAIN ...]"

    def short_desc(self) -> str:
        return "Check that catalog, text files, WARC records and versions.jsonl agree"

    def long_desc(self) -> str:
        return (
            "Check that each text file is what the catalog says, that the WARC record of each memento is there, can be "
            "read and has its digest, and that versions.jsonl and text/SHA256SUMS have what the catalog has; of these "
            "listed domains, or of all. One line for each discrepancy: where (file and byte), what, and what mends it. "
            "Without a domain, files in text and warc and records that nothing uses are named too. Only reads OUTPUT_DIR. "
            "Exit status: 0 all agree, 1 the catalog can't be read, 2 bad arguments or no such folder, 3 something is to be "
            "mended."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Check")
        group.add_argument(
            "--json", action="store_true", help="print each finding as a line of JSON: where, what, mend"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the findings as they come, so that a big folder needs no memory for them."""
        with self.failing():
            self._check(args, as_json=opts.json)

    def _check(self, args: list[str], *, as_json: bool) -> None:
        if not is_there(self.output):
            raise UsageError(f"{self.output}: no such folder; name that of an earlier crawl as OUTPUT_DIR")
        with reading(self.output, self.catalog_url) as db:
            self._warn_of_runs(db)
            check = FolderCheck(self, db, args)
            to_mend = notes = 0
            for finding in check.findings():
                to_mend += bool(finding.mend)
                notes += not finding.mend
                self._print(json.dumps(asdict(finding), ensure_ascii=False) if as_json else str(finding))
        if to_mend:
            self.exitcode = ExitStatus.OPEN_LOSSES
        if not as_json:
            more = f"; {quantity(notes, 'thing')} that nothing uses" if notes else ""
            more += f"; {unseen} can't be checked before the runs at work end" if (unseen := check.unseen) else ""
            self._print(f"{f'{to_mend} to be mended' if to_mend else 'all agree'}: {check.counts}{more}")

    def _print(self, line: str) -> None:
        sys.stdout.write(f"{printable(line, terminal=sys.stdout.isatty())}\n")

    def _warn_of_runs(self, db: sa.Connection) -> None:
        for who, is_dead in writers(self.output, db):
            if not is_dead:
                what = f"{who} is at work here; what it has under way may be named"
                sys.stderr.write(f"{command_line('check')}: {what}\n")


class FolderCheck:
    """The checks of an output folder, in order, with progress on standard error every PROGRESS_SECONDS."""

    def __init__(self, command: Command, db: sa.Connection, given: list[str]) -> None:
        storage = open_storage(command.output)
        self._texts = TextCheck(db, storage)
        self._records = RecordCheck(db, storage)
        self._versions = VersionsCheck(db, command.output, storage, command.topics, command.takedown)
        self._domains = self._chosen(given)
        self._every = command.given.getfloat("PROGRESS_SECONDS")
        self._told = monotonic()
        self._total = self._records.total()

    def findings(self) -> Iterator[Finding]:
        """Yield all findings."""
        domains = sorted(self._domains or self._texts.domains())
        of_texts = chain.from_iterable(map(self._texts.of_domain, domains))
        of_all = (
            ()
            if self._domains
            else chain(self._texts.sums(), self._texts.unknown(), self._records.unused_records(self._progress))
        )
        yield from chain(
            of_texts, self._records.mementos(self._domains, self._progress), of_all, self._versions.all(self._domains)
        )

    @property
    def unseen(self) -> str:
        """How many mementos only a run at work on another machine can read; empty if none."""
        return quantity(self._records.under_way, "memento") if self._records.under_way else ""

    @property
    def counts(self) -> str:
        """What was checked."""
        counts = (self._texts.count, "text"), (self._records.count, "memento"), (self._versions.count, "version")
        return ", ".join(quantity(*each) for each in counts)

    def _chosen(self, given: list[str]) -> set[str]:
        """Return the listed domains that are named. Raises UsageError for one that the catalog does not know."""
        named = {_domain(domain) for domain in given}
        if unknown := sorted(named - self._texts.domains()):
            raise UsageError(
                f"{unknown[0]}: the catalog has no such listed domain; `{command_line('status')}` shows the folder"
            )
        return named

    def _progress(self) -> None:
        if self._every and monotonic() - self._told >= self._every:
            self._told = monotonic()
            done = f"{self._records.count:,} of {quantity(self._total, 'memento')}"
            sys.stderr.write(f"{command_line('check')}: {done} checked\n")


def _domain(given: str) -> str:
    try:
        return unlisted_company(given).domain
    except UsageError:
        raise UsageError(f"takes listed domains, not {given!r:.80}; see {command_line('check')} -h") from None
