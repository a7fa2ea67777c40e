"""In the place of a listing that the archive does not give: a query per year, or playback's nearest captures. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.archives.base import Query

FIRST_YEAR = 1996
"""Year of the Wayback Machine's oldest captures."""


def by_year(cut: Query, this_year: int) -> tuple[Query, ...]:
    """Return one query per year for a listing that the archive does not give whole; () if it spans one year."""
    first, last = _years(cut.since, cut.until, this_year)
    if first == last:
        return ()
    return tuple(
        replace(
            cut,
            since=cut.since if year == first and cut.since else str(year),
            until=cut.until if year == last and cut.until else str(year),
        )
        for year in range(first, last + 1)
    )


class NearestSearch:
    """Search for one capture of a URL per half-year, by asking playback for the capture nearest to a moment.

    If the capture nearest to a moment is a year away, the year on either side of the moment has none. A half-year is
    settled once a capture in it is known, or once it lies within such a gap.
    """

    def __init__(self, query: Query, known: Iterable[str], this_year: int) -> None:
        """Settle the half-years of the captures already `known`, given as 14-digit timestamps."""
        first, last = _years(query.since, query.until, this_year)
        self._open = [
            (datetime(year, month, 1, tzinfo=UTC), datetime(year + month // 7, (month + 6) % 12, 1, tzinfo=UTC))
            for year, month in product(range(first, last + 1), (1, 7))
        ]
        for timestamp in known:
            self._settle(moment_of(timestamp), moment_of(timestamp))

    def wanted(self) -> str | None:
        """Return the middle of the first unsettled half-year as 14 digits; None if all are settled."""
        if not self._open:
            return None
        start, end = self._open[0]
        return (start + (end - start) / 2).strftime("%Y%m%d%H%M%S")

    def record_answer(self, asked: str, found: str | None) -> None:
        """Record the timestamp of the capture nearest to the moment `asked`; None if the URL has no capture."""
        if found is None:
            self._open = []
            return
        moment, capture = moment_of(asked), moment_of(found)
        self._open = self._open[1:]
        self._settle(capture, capture)
        self._settle(moment - abs(capture - moment), moment + abs(capture - moment))

    def _settle(self, low: datetime, high: datetime) -> None:
        """Settle the half-years that lie within a known stretch; a single moment settles the half-year around it."""
        point = low == high
        self._open = [
            (start, end)
            for start, end in self._open
            if not (start <= low < end if point else low <= start and end <= high)
        ]


def _years(since: str, until: str, this_year: int) -> tuple[int, int]:
    first = max(int(since[:4] or FIRST_YEAR), FIRST_YEAR)
    return first, max(first, min(int(until[:4] or this_year), this_year))
