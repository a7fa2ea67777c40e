"""Where an archive was thin: years in which it captured a company's policy far less often than those of the others. Pure.

Where it was, that a text did not change means little: a change may be missing, or be dated late.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

THIN: Final = 0.25
"""Share of the list's median number of captures up to which a year is thin."""
FEWEST_COMPANIES: Final = 3
"""Companies with a text from which a median says something."""
FEWEST_CAPTURES: Final = 2
"""Captures a year that the median company has at least: below it, the archive has little of anybody."""

_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class ThinYears:
    """Consecutive years in which an archive was thin, and captures a month: the company's, and the list's median."""

    first: int
    last: int
    rate: float
    median: float
    is_last: bool = False
    """Whether the last year is that of the last capture of any company: the archive is still thin."""

    @property
    def years(self) -> str:
        """The years in words."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def thin_years(captures: Mapping[str, Mapping[int, int]], since: Mapping[str, int]) -> dict[str, tuple[ThinYears, ...]]:
    """Return the thin years of each company, from the year of its first text to the last of any company's captures.

    `captures` counts those of a company's policy pages by year, `since` has the years of the first texts.
    """
    last = max((year for counts in captures.values() for year in counts), default=0)
    usual = dict(_medians(captures, since, last))
    return {name: tuple(_stretches(captures.get(name, {}), first, usual, last)) for name, first in since.items()}


def _medians(
    captures: Mapping[str, Mapping[int, int]], since: Mapping[str, int], last: int
) -> Iterator[tuple[int, float]]:
    """Yield the years in which a median can be told, and the median number of captures of the companies with a text."""
    for year in range(min(since.values(), default=last + 1), last + 1):
        counts = [captures.get(name, {}).get(year, 0) for name, first in since.items() if first <= year]
        if len(counts) >= FEWEST_COMPANIES and median(counts) >= FEWEST_CAPTURES:
            yield year, median(counts)


def _stretches(counts: Mapping[int, int], first: int, usual: Mapping[int, float], last: int) -> Iterator[ThinYears]:
    thin = [year for year in sorted(usual) if year >= first and counts.get(year, 0) <= THIN * usual[year]]
    for years in _consecutive(thin):
        months = _MONTHS * len(years)
        rate = sum(counts.get(year, 0) for year in years) / months
        yield ThinYears(
            years[0], years[-1], rate, sum(usual[year] for year in years) / months, is_last=years[-1] == last
        )


def _consecutive(years: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for year in years:
        if found and found[-1][-1] == year - 1:
            found[-1].append(year)
        else:
            found.append([year])
    return found
