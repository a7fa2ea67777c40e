"""The numbers of the overview page, collected company by company. Pure."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from pipelines.coverage import State
from pipelines.digest.news import is_after
from pipelines.items import Fate
from pipelines.report.timeline_svg import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.coverage import Coverage
    from pipelines.report.history import Step, StepKind
    from pipelines.report.recorded import RecordedCompany, RecordedPage
    from pipelines.similarity.change_class import ChangeClass

LISTED_CHANGES = 8
"""Most changes in each of the two lists of the overview page."""

LISTED_FRESH = 12
"""Most changes listed that the last run has found."""

LISTED_CAUSES = 40
"""Most rows in the table of causes; one more row sums up the others."""

CAUSE_CHARS = 200
"""Most characters shown of a cause, which may quote an archive's answer."""

STRIP = 240
"""Width of a company's timeline strip, in units of the strip."""

# Causes that differ only in a number count as one cause.
_VARIANTS = (
    (re.compile(r"^same digest as \d+$"), "same digest as another capture"),
    (re.compile(r"^policy score [\d.]+$"), "policy score too low"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A step and its company; `slug` names the company's page."""

    company: str
    slug: str
    step: Step


@dataclass(frozen=True, slots=True)
class LatestChange:
    """The last step of a company that is a change, as `Step` has it, without its version: the overview keeps all of them."""

    number: int
    first_seen: str
    kind: StepKind | ChangeClass
    added: int
    removed: int

    @classmethod
    def of(cls, step: Step) -> Self:
        """Return what the overview shows of a step."""
        return cls(step.number, step.first_seen, step.kind, step.added, step.removed)


@dataclass(frozen=True, slots=True)
class Entry:
    """The row of a company.

    `births` counts the new versions of each year from `year` on, `lengths` gives the words of the text in force at the end
    of each, `topics` those that its texts have in each, as a bit for each of the overview's topics. `span` is the first and
    last capture and `marks` the first capture of each version, as years with fractions.
    """

    name: str
    slug: str
    domains: tuple[str, ...]
    versions: int
    captures: int
    open: int
    refused: bool
    words: int
    languages: tuple[str, ...]
    changed: LatestChange | None
    span: tuple[float, float] | None
    marks: tuple[float, ...]
    year: int
    births: tuple[int, ...]
    lengths: tuple[int, ...]
    topics: tuple[int, ...]
    coverage: Coverage
    fresh: int = 0
    """The number of versions that the last run has found."""
    thin_since: int = 0
    """The year since which the archive is thin, if it is in the last year; else 0."""


@dataclass
class Overview:
    """The numbers of all companies for the overview page. `topics` are the names that texts are searched for.

    `since` is the moment of the run before the last one; empty if there was none, and nothing is new then.
    """

    topics: tuple[str, ...] = ()
    since: str = ""
    entries: list[Entry] = field(default_factory=list)
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    texts: int = 0
    changes: list[Change] = field(default_factory=list)
    noise: Counter[str] = field(default_factory=Counter)
    """The number of changes that say nothing new, by class."""
    withheld: int = 0
    """The number of versions whose texts the takedown list withholds."""
    fresh: list[Change] = field(default_factory=list)
    """What the last run has found, without what says nothing new."""

    def fresh_of(self, steps: Sequence[Step]) -> list[Step]:
        """Return the steps whose versions the last run has found."""
        return [step for step in steps if self.since and is_after(step.version, self.since)]

    def add(self, company: RecordedCompany, slug: str, steps: Sequence[Step], *, lost: int) -> None:
        """Add a company. `lost` is the number of its listings that the last run lost."""
        fresh = self.fresh_of(steps)
        self.fresh += [Change(company.name, slug, step) for step in fresh if not step.is_noise]
        self.entries.append(replace(_entry(company, slug, steps, lost, self.topics), fresh=len(fresh)))
        self.withheld += sum(bool(step.version.is_withheld) for step in steps)
        self.fates += causes_of(company.pages)
        self.texts += len({(step.version.domain, step.version.text_sha256) for step in steps})
        self.noise.update(step.kind for step in steps if step.is_noise)
        self.changes += [Change(company.name, slug, step) for step in steps if step.is_change]
        self.changes = list({id(change): change for change in [*self.newest(), *self.largest()]}.values())

    @property
    def versions(self) -> int:
        """The number of versions of all companies."""
        return sum(entry.versions for entry in self.entries)

    @property
    def covered(self) -> tuple[int, int]:
        """The half-years with a policy, and all in which a home page was captured."""
        counts = sum((entry.coverage.counts for entry in self.entries), Counter[str]())
        return counts[State.POLICY], counts.total()

    def newest(self) -> list[Change]:
        """Return the latest changes, newest first."""
        return heapq.nsmallest(LISTED_CHANGES, self.changes, key=lambda c: (-int(c.step.first_seen), c.company))

    def newly_found(self) -> list[Change]:
        """Return what the last run has found, the latest changes first."""
        return heapq.nsmallest(LISTED_FRESH, self.fresh, key=lambda c: (-int(c.step.first_seen), c.company))

    def largest(self) -> list[Change]:
        """Return the changes with the most words, largest first."""
        return heapq.nsmallest(LISTED_CHANGES, self.changes, key=lambda c: (-c.step.size, c.company))

    @property
    def years(self) -> tuple[int, int]:
        """The first year of all captures and the year after the last; (0, 1) without captures."""
        spans = [entry.span for entry in self.entries if entry.span]
        if not spans:
            return 0, 1
        return int(min(start for start, _ in spans)), int(max(end for _, end in spans)) + 1

    def strip(self, entry: Entry) -> tuple[int, ...]:
        """Return the strip of a row, of STRIP units: first capture, last capture, marks of versions; () without captures.

        Each number is the distance from the previous one, because small numbers make a small file.
        """
        if not entry.span:
            return ()
        start, end = self.years

        def x(year: float) -> int:
            return round(STRIP * (year - start) / (end - start))

        marks = sorted({x(mark) for mark in entry.marks})
        return x(entry.span[0]), x(entry.span[1]) - x(entry.span[0]), *(b - a for a, b in pairwise([0, *marks]))

    def outcomes(self) -> list[tuple[str, str, int, bool]]:
        """Return (fate, cause, number of captures, is final) of the captures without a text, open fates first."""
        rows = [(fate, cause, count, Fate(fate).is_final) for (fate, cause), count in self.fates.items()]
        rows.sort(key=lambda row: (row[3], -row[2], row[0], row[1]))
        rest = sum(row[2] for row in rows[LISTED_CAUSES:])
        return rows[:LISTED_CAUSES] + ([("other", "", rest, True)] if rest else [])


def causes_of(pages: Iterable[RecordedPage]) -> Counter[tuple[str, str]]:
    """Return the number of captures without a text by fate and cause; numbers within a cause are left out."""
    found: Counter[tuple[str, str]] = Counter()
    for page in pages:
        for seen in page.captures:
            if seen.fate is not None and not seen.fate.has_text:
                found[seen.fate, _cause(seen.cause)] += 1
    return found


def _cause(cause: str) -> str:
    return next((said for pattern, said in _VARIANTS if pattern.match(cause)), cause[:CAUSE_CHARS])


def _entry(company: RecordedCompany, slug: str, steps: Sequence[Step], lost: int, topics: Sequence[str]) -> Entry:
    stamps = [page.captures[place].timestamp for page in company.pages for place in (0, -1)]
    span = (moment(min(stamps)), moment(max(stamps))) if stamps else None
    seen = [capture for page in company.pages for capture in page.captures]
    year, births, lengths = _by_year(steps, int(span[1]) if span else 0)
    return Entry(
        name=company.name,
        slug=slug,
        domains=company.domains,
        versions=len(steps),
        captures=len(seen),
        open=lost + sum(capture.fate is not None and not capture.fate.is_final for capture in seen),
        refused=bool(company.unlisted) or any(capture.fate is Fate.EXCLUDED for capture in seen),
        words=steps[-1].version.words if steps else 0,
        languages=tuple(sorted({step.version.language for step in steps})),
        changed=next((LatestChange.of(step) for step in reversed(steps) if step.is_change), None),
        span=span,
        marks=tuple(round(moment(step.first_seen), 3) for step in steps),
        year=year,
        births=births,
        lengths=lengths,
        topics=tuple(_topics_by_year(steps, range(year, year + len(lengths)), topics)),
        coverage=company.coverage,
        thin_since=_thin_since(company),
    )


def _thin_since(company: RecordedCompany) -> int:
    """Return the year since which the archive is thin, to the last that any company has captures of; 0 if it is not."""
    return next((each.first for each in company.thin if each.is_last), 0)


def _by_year(steps: Sequence[Step], last: int) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Return the first year, the new versions of each year, and the words of the newest text at the end of each year."""
    if not steps:
        return 0, (), ()
    first = int(steps[0].first_seen[:4])
    births = Counter(int(step.first_seen[:4]) for step in steps)
    in_force = {int(step.first_seen[:4]): step.version.words for step in steps}
    lengths: list[int] = []
    for year in range(first, last + 1):
        lengths.append(in_force.get(year, lengths[-1] if lengths else 0))
    return first, tuple(births[year] for year in range(first, last + 1)), tuple(lengths)


def _topics_by_year(steps: Sequence[Step], years: range, topics: Sequence[str]) -> Iterable[int]:
    """Yield for each year the topics of the texts that were seen in it, as bits; without any, those of the year before."""
    bits = {name: 1 << place for place, name in enumerate(topics)}
    known = 0
    for year in years:
        seen = [step.version for step in steps if step.version.first_seen.year <= year <= step.version.last_seen.year]
        if seen:
            known = sum({bits[name] for version in seen for name in (version.topics or "").split() if name in bits})
        yield known
