"""run.json: what the last run lost, noted and missed, as its readers need it. crawler.run_stats makes its content.

Each of several shards leaves a file of its own, `run-1-of-4.json`, besides: run.json is that of the run that ended last.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pipelines.items import Fate
from pipelines.output.storage import open_storage
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.output.location import Location
    from pipelines.output.storage import Storage

RUN_FILE: Final = "run.json"
PLAN_FILE: Final = "plan.json"
"""What a plan (`plan=1`) leaves, in the form of run.json, which stays that of the last run."""
_SHARD_FILE: Final = re.compile(r"run-\d{1,6}-of-(\d{1,6})\.json", re.ASCII)
_FAILED: Final = 1
"""The exit status of a run that failed, or got no answer of any archive."""
LISTING: Final = "listing"
"""The kind of a listing that could not be had."""
DOMAIN: Final = "the domain's work ended"
"""The kind of a listed domain whose crawl an exception ended."""
TEXT_FILE: Final = "text file"
"""The kind of a text file that was deleted or changed, and can't be restored."""
RECORD: Final = "stored memento"
"""The kind of a capture whose record in the output folder's WARC files can't be read or converted any more."""
ARCHIVE_FILE: Final = "archive file"
"""The kind of a part of the archive's own files that can't be read; it belongs to no company."""

NOTIFICATION: Final = "notification"
"""The kind of a digest that a service or command has not received; it belongs to no company."""


@dataclass(frozen=True, slots=True)
class Loss:
    """An open loss: the next run asks again. `kind` is the open Fate of a capture, or one of the constants above."""

    kind: str
    cause: str

    def __str__(self) -> str:
        """Return the loss as it stands in run.json and in tables."""
        return f"{self.kind}: {self.cause}"

    @classmethod
    def parse(cls, text: str) -> Loss:
        """Return the loss that `text` was written from."""
        kind, _, cause = text.partition(": ")
        return cls(kind, cause)

    @property
    def is_of_capture(self) -> bool:
        """Whether the loss is one of a capture, which the catalog has as well."""
        return self.kind in _OPEN_FATES or self.kind == RECORD


_OPEN_FATES: Final = frozenset(fate.value for fate in Fate if not fate.is_final)


@dataclass(frozen=True, slots=True)
class CompanyRun:
    """One company in run.json. Losses and notes each with how often; `unmet` are expectations, in words."""

    name: str
    losses: Mapping[Loss, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFile:
    """The last run: when it finished (ISO 8601, or empty), its archive and the damages in that, its companies.

    A plan (`plan=1`) is no run, and has a file of its own.
    """

    finished: str = ""
    archive: str = ""
    companies: tuple[CompanyRun, ...] = ()
    damages: tuple[str, ...] = ()
    """Parts of the archive's own files that can't be read."""
    has_failed: bool = False
    """Whether it ended with status 1: what is new may be missing."""

    @property
    def lost(self) -> dict[str, dict[str, int]]:
        """The causes of lost listings by company, each with how often."""
        return {
            company.name: {str(loss): count for loss, count in company.losses.items() if loss.kind == LISTING}
            for company in self.companies
        }

    @property
    def notes(self) -> dict[str, Mapping[str, int]]:
        """The notes by company, each with how often."""
        return {company.name: company.notes for company in self.companies}

    def without_companies(self) -> RunFile:
        """Return the run without what it lost and noted of companies, which are told of once."""
        return replace(self, companies=())


def shard_file(part: int, parts: int) -> str:
    """Return the name of a shard's own file."""
    return f"run-{part}-of-{parts}.json"


def shard_files(storage: Storage) -> dict[str, int]:
    """Return the names of the shards' files in a folder, each with the number of parts."""
    return {name: int(match[1]) for name in storage.entries() if (match := _SHARD_FILE.fullmatch(name))}


def read_run_file(root: Location) -> RunFile:
    """Read `root`/run.json and the files of shards; of a company named in several, the latest has the word.

    A file that is missing or broken gives an empty one: its readers can do without.
    """
    storage = open_storage(root)
    try:
        names = [*shard_files(storage), RUN_FILE]
    except OSError:
        names = [RUN_FILE]
    found = sorted((_read(storage, name) for name in names), key=lambda run: run.finished)
    companies = {company.name: company for run in found for company in run.companies}
    damages = dict.fromkeys(damage for run in found for damage in run.damages)
    last = found[-1]
    return RunFile(last.finished, last.archive, tuple(companies.values()), tuple(damages), last.has_failed)


def _read(storage: Storage, name: str) -> RunFile:
    try:
        data = json.loads(storage.read(name))
        companies = tuple(_companies(data.get("companies", ())))
        archive = redacted(str(data.get("archive") or ""))  # an earlier release wrote it with user name and password
        damages = tuple(map(str, data.get("damages", ())))
        has_failed = data.get("exit_status") == _FAILED
        return RunFile(str(data.get("finished") or ""), archive, companies, damages, has_failed)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return RunFile()


def _companies(rows: list[dict[str, Any]]) -> Iterator[CompanyRun]:
    for row in rows:
        yield CompanyRun(
            str(row.get("name")),
            {Loss.parse(text): int(count) for text, count in row.get("losses", {}).items()},
            {note: int(count) for note, count in row.get("notes", {}).items()},
            tuple(map(str, row.get("unmet_expectations", ()))),
        )
