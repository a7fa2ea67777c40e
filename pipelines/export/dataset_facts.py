"""What an output folder holds, in numbers: for the descriptions of an export. Only reads."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.read_only import last_moment
from pipelines.catalog.schema import runs
from pipelines.coverage import read_coverage
from pipelines.items import Fate
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.coverage import Coverage
    from pipelines.versions import Version

SCHEMA_VERSION: Final = 2
"""First number of a dataset's version. Raise it when a column goes or changes its meaning."""


COUNTED: Final = ("archive", "kind", "language", "change", "change_class", "reading", "converter_version")
"""Columns of which the values are counted."""


@dataclass
class CompanyTally:
    """The versions of a company, and the dates (ISO 8601) between which they were seen."""

    versions: int = 0
    first_seen: str = ""
    last_seen: str = ""

    def add(self, first: str, last: str) -> None:
        self.versions += 1
        self.first_seen, self.last_seen = min(self.first_seen or first, first), max(self.last_seen, last)


@dataclass
class Tally:
    """Counts of the versions that went through an export. `texts` are text files."""

    versions: int = 0
    withheld: int = 0
    first_seen: str = ""
    last_seen: str = ""
    companies: defaultdict[str, CompanyTally] = field(default_factory=lambda: defaultdict(CompanyTally))
    domains: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    years: Counter[int] = field(default_factory=Counter)
    words: list[int] = field(default_factory=list)

    def add(self, version: Version) -> None:
        self.versions += 1
        self.withheld += version.is_withheld
        self.domains.add(version.domain)
        self.texts.add(version.path)
        self.years[version.first_seen.year] += 1
        self.words.append(version.words)
        first, last = f"{version.first_seen:%Y-%m-%d}", f"{version.last_seen:%Y-%m-%d}"
        self.first_seen, self.last_seen = min(self.first_seen or first, first), max(self.last_seen, last)
        self.companies[version.company].add(first, last)
        for name in COUNTED:
            self.counts[name][str(getattr(version, name) or "none")] += 1


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run: its moment, archive and exit status, and its parameters; none if an earlier release did not keep them."""

    moment: str
    finished: str
    archive: str
    exit_status: int
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """The facts of an export. `created` is the moment of the last run (ISO 8601; empty for none)."""

    created: str
    tally: Tally
    fates: Mapping[str, int]
    open_captures: int
    coverage: Mapping[str, Coverage]
    """By company."""
    runs: Sequence[RecordedRun]

    @property
    def half_years(self) -> Counter[str]:
        """The half-years in which a home page was captured, by state."""
        return sum((each.counts for each in self.coverage.values()), Counter())

    @property
    def version(self) -> str:
        """The dataset's version: of the columns, then day and time of the last run (https://semver.org)."""
        digits = "".join(filter(str.isdigit, self.created))
        return f"{SCHEMA_VERSION}.{int(digits[:8] or 0)}.{int(digits[8:14] or 0)}"


def read_facts(connection: sa.Connection, tally: Tally) -> DatasetFacts:
    """Return the facts of a folder's catalog, with the counts of the versions that were exported."""
    fates = {str(fate): int(count) for fate, count in connection.execute(_FATES)}
    return DatasetFacts(
        created=last_moment(connection),
        tally=tally,
        fates=fates,
        open_captures=sum(count for fate, count in fates.items() if fate in _OPEN),
        coverage=read_coverage(connection),
        runs=[_run(row) for row in connection.execute(sa.select(runs).order_by(runs.c.moment)).mappings()],
    )


_OPEN: Final = frozenset(fate.value for fate in Fate if not fate.is_final)
_FATES: Final = sa.text("SELECT fate, sum(captures) FROM fates GROUP BY fate ORDER BY sum(captures) DESC, fate")


def _run(row: sa.RowMapping) -> RecordedRun:
    try:
        parameters = json.loads(row["parameters"] or "{}")
    except ValueError:
        parameters = {}
    started, finished = (f"{row[name][:19]}Z" for name in ("moment", "finished"))
    return RecordedRun(started, finished, redacted(row["archive"]), row["exit_status"], parameters)
