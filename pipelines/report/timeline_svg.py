"""The layout of a company's timeline: percentages and path strings for the SVG in the template. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.items import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.report.history import Step
    from pipelines.report.recorded import RecordedCapture, RecordedCompany, RecordedPage

GAP_YEARS = 1.0
"""Shortest time without a capture that is drawn as a gap. A change within a gap can't be dated."""

BAR = 30
"""Height of the tallest bar in pixels: upwards for words added, downwards for words removed."""

BINS = 1600
"""Horizontal positions of ticks, which bounds the path of a page with ten thousand captures."""

_YEAR_STEPS = (1, 2, 5, 10)
_MOST_LABELS = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """A version: position of its first capture and width up to its last (percent), heights of its two bars (pixels)."""

    step: Step
    x: float
    width: float
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without captures: position and width in percent, and length in years."""

    x: float
    width: float
    years: float


@dataclass(frozen=True, slots=True)
class Lane:
    """The part of the timeline for one page, or for one of its variants. `ticks` are (kind, path) over BINS units.

    `archives` are (archive, path) of its captures, empty where they are all of one archive.
    `x` and `width` (percent) reach from the first capture to the last. `variant` is empty for a page that has one.
    """

    page: RecordedPage
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    ticks: tuple[tuple[str, str], ...]
    x: float
    width: float
    archives: tuple[tuple[str, str], ...] = ()
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes of a company over whole years. `years` are (label, position in percent)."""

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
    """Return 14 digits as a year with its fraction.

    Every month has 31 days here: nothing is drawn more finely, and impossible dates don't raise.
    """
    year, month, day = int(timestamp[:4]), int(timestamp[4:6]), int(timestamp[6:8])
    return year + (min(max(month, 1), 12) - 1 + (min(max(day, 1), 31) - 1) / 31) / 12


def timeline_of(company: RecordedCompany, steps: Sequence[Step]) -> Timeline | None:
    """Return the timeline of a company; None without captures."""
    stamps = [stamp for page in company.pages for stamp in (page.captures[0].timestamp, page.captures[-1].timestamp)]
    if not stamps:
        return None
    scale = _Scale(math.floor(moment(min(stamps))), math.floor(moment(max(stamps))) + 1)
    tallest = max((max(step.added, step.removed) for step in steps), default=0)
    bars: defaultdict[tuple[str, str], defaultdict[str, list[Bar]]] = defaultdict(lambda: defaultdict(list))
    for step in steps:
        version = step.version
        bars[version.domain, version.page][version.variant or ""].append(_bar(step, scale, tallest))
    lanes = tuple(
        _lane(page, tuple(of_variant), scale, variant)
        for page in company.pages
        for variant, of_variant in (bars[page.domain, page.urlkey] or {"": []}).items()
    )
    return Timeline(lanes, tuple((year, scale.percent(year)) for year in _labels(scale)))


def _labels(scale: _Scale) -> range:
    every = next((step for step in _YEAR_STEPS if (scale.end - scale.start) / step <= _MOST_LABELS), _YEAR_STEPS[-1])
    return range(scale.start + -scale.start % every, scale.end, every)


def _lane(page: RecordedPage, bars: tuple[Bar, ...], scale: _Scale, variant: str) -> Lane:
    x, end = scale.at(page.captures[0].timestamp), scale.at(page.captures[-1].timestamp)
    return Lane(
        page,
        bars,
        tuple(_gaps(page, scale)),
        tuple((kind, _path(_of_kind(page.captures, kind), scale)) for kind in _kinds(page.captures)),
        x,
        round(end - x, 2),
        tuple(_archives(page.captures, scale)),
        variant,
    )


def _bar(step: Step, scale: _Scale, tallest: int) -> Bar:
    x = scale.at(step.first_seen)
    return Bar(
        step,
        x,
        round(scale.at(step.last_seen) - x, 2),
        _height(step.added, tallest),
        _height(step.removed, tallest),
    )


def _height(words: int, tallest: int) -> int:
    """Return the height by the square root, so that ten words remain visible beside a thousand."""
    return max(2, round(BAR * math.sqrt(words / tallest))) if words else 0


def _gaps(page: RecordedPage, scale: _Scale) -> Iterable[Gap]:
    for before, after in pairwise(page.captures):
        years = moment(after.timestamp) - moment(before.timestamp)
        if years > GAP_YEARS:
            x = scale.at(before.timestamp)
            yield Gap(x, round(scale.at(after.timestamp) - x, 2), round(years, 1))


def tick_kind(seen: RecordedCapture) -> str:
    """Return the kind of a capture's tick: text, none (final, without a text), refused, open, or unasked."""
    if seen.fate is None:
        return "unasked"
    if seen.fate.has_text:
        return "text"
    if seen.fate is Fate.EXCLUDED:
        return "refused"
    return "none" if seen.fate.is_final else "open"


def _kinds(seen: Iterable[RecordedCapture]) -> list[str]:
    present = {tick_kind(item) for item in seen}
    return [kind for kind in ("unasked", "text", "none", "refused", "open") if kind in present]


def _of_kind(seen: Iterable[RecordedCapture], kind: str) -> list[RecordedCapture]:
    return [item for item in seen if tick_kind(item) == kind]


def _archives(seen: Sequence[RecordedCapture], scale: _Scale) -> Iterable[tuple[str, str]]:
    """Yield each archive with the ticks of its captures, by name; nothing for captures of one archive."""
    names = sorted({item.archive for item in seen})
    for name in names if len(names) > 1 else ():
        yield name, _path([item for item in seen if item.archive == name], scale)


def _path(seen: Iterable[RecordedCapture], scale: _Scale) -> str:
    """Return the ticks of captures as a path of vertical lines of length 1."""
    places = {round(scale.at(item.timestamp) / 100 * BINS) for item in seen}
    return "".join(f"M{place} 0v1" for place in sorted(places))
