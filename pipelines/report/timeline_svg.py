"""Where things stand on a company's timeline: percentages and path strings for the SVG in the template. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.items import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.report.history import Step
    from pipelines.report.report_queries import Page, RecordedCompany, Seen

GAP_YEARS = 1.0
"""A page without a capture for longer than this has a gap that is drawn: a policy's changes in it can't be dated."""

BAR = 30
"""Pixels of the tallest bar, up for words added and down for words removed."""

BINS = 1600
"""Ticks are drawn at this many places across, so that ten thousand captures of a page are a short path."""

_YEAR_STEPS = (1, 2, 5, 10)
_MOST_LABELS = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """A version: where its text began, how far it was seen (percent), how tall its two bars are (pixels)."""

    step: Step
    x: float
    width: float
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without captures: percent, and its length in years."""

    x: float
    width: float
    years: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One page's part of the timeline. `ticks` are (kind, path) over BINS units; `span` is from first to last capture."""

    page: Page
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    ticks: tuple[tuple[str, str], ...]
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes of a company over whole years; `years` are (label, percent)."""

    lanes: tuple[Lane, ...]
    years: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    start: int
    end: int

    def at(self, timestamp: str) -> float:
        return self.percent(moment(timestamp))

    def percent(self, year: float) -> float:
        return round(100 * (year - self.start) / (self.end - self.start), 2)


def moment(timestamp: str) -> float:
    """Give 14 digits as a year and its fraction. Months have 31 days here: nothing is drawn finer, and none can fail."""
    year, month, day = int(timestamp[:4]), int(timestamp[4:6]), int(timestamp[6:8])
    return year + (min(max(month, 1), 12) - 1 + (min(max(day, 1), 31) - 1) / 31) / 12


def timeline_of(company: RecordedCompany, steps: Sequence[Step]) -> Timeline | None:
    """Lay out a company's timeline; None if it has no captures."""
    stamps = [stamp for page in company.pages for stamp in (page.captures[0].timestamp, page.captures[-1].timestamp)]
    if not stamps:
        return None
    scale = _Scale(math.floor(moment(min(stamps))), math.floor(moment(max(stamps))) + 1)
    tallest = max((max(step.added, step.removed) for step in steps), default=0)
    lanes = tuple(_lane(page, steps, scale, tallest) for page in company.pages)
    return Timeline(lanes, tuple((year, scale.percent(year)) for year in _labels(scale)))


def _labels(scale: _Scale) -> range:
    every = next((step for step in _YEAR_STEPS if (scale.end - scale.start) / step <= _MOST_LABELS), _YEAR_STEPS[-1])
    return range(scale.start + -scale.start % every, scale.end, every)


def _lane(page: Page, steps: Iterable[Step], scale: _Scale, tallest: int) -> Lane:
    x, end = scale.at(page.captures[0].timestamp), scale.at(page.captures[-1].timestamp)
    mine = [step for step in steps if (step.version.domain, step.version.page) == (page.domain, page.urlkey)]
    return Lane(
        page,
        tuple(_bar(step, scale, tallest) for step in mine),
        tuple(_gaps(page, scale)),
        tuple((kind, _path(page.captures, kind, scale)) for kind in _kinds(page.captures)),
        x,
        round(end - x, 2),
    )


def _bar(step: Step, scale: _Scale, tallest: int) -> Bar:
    x = scale.at(step.version.first_seen)
    return Bar(
        step,
        x,
        round(scale.at(step.version.last_seen) - x, 2),
        _height(step.added, tallest),
        _height(step.removed, tallest),
    )


def _height(words: int, tallest: int) -> int:
    """By the square root: a change of ten words is still seen beside one of a thousand."""
    return max(2, round(BAR * math.sqrt(words / tallest))) if words else 0


def _gaps(page: Page, scale: _Scale) -> Iterable[Gap]:
    for before, after in pairwise(page.captures):
        years = moment(after.timestamp) - moment(before.timestamp)
        if years > GAP_YEARS:
            x = scale.at(before.timestamp)
            yield Gap(x, round(scale.at(after.timestamp) - x, 2), round(years, 1))


def tick_kind(seen: Seen) -> str:
    """Name what a capture is on the timeline: text, none (it is final that it has none), refused, open, or unasked."""
    if seen.fate is None:
        return "unasked"
    if seen.fate.has_text:
        return "text"
    if seen.fate is Fate.EXCLUDED:
        return "refused"
    return "none" if seen.fate.is_final else "open"


def _kinds(seen: Iterable[Seen]) -> list[str]:
    present = {tick_kind(item) for item in seen}
    return [kind for kind in ("unasked", "text", "none", "refused", "open") if kind in present]


def _path(seen: Iterable[Seen], kind: str, scale: _Scale) -> str:
    """Ticks as one path: each a line of 1 from the top, losses above the others by being drawn later."""
    places = {round(scale.at(item.timestamp) / 100 * BINS) for item in seen if tick_kind(item) == kind}
    return "".join(f"M{place} 0v1" for place in sorted(places))
