"""Coverage: of the half-years in which a home page was captured, those with a policy, and why others have none. Pure.

Half-years are whole numbers here (twice the year, and one more from July on), so that neighbours differ by one. Their names
(`2015A`) are those of `crawler.sampling.strategies.half_year`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.catalog.discovery_writer import FOLLOWED, FRAMED
from pipelines.coverage import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crawler.discovery.knowledge import Known, Page
    from pipelines.catalog.discovery_queries import HomeLink

LONGEST_GAP: Final = 4
"""Half-years. A page captured before and after a gap of two years at most is taken to have been there meanwhile."""

LATE: Final = 2
"""Half-years by which the captures of a page that is alive may be behind those of the home page."""


def half_year_index(timestamp: str) -> int:
    """Return the half-year of a timestamp of 6 digits or more."""
    return 2 * int(timestamp[:4]) + (timestamp[4:6] > "06")


def half_year_name(index: int) -> str:
    """Return the name of a half-year: `2015A` for January to June."""
    return f"{index // 2:04}{'AB'[index % 2]}"


def index_of_name(name: str) -> int:
    """Return the half-year of a name. Raises ValueError."""
    return 2 * int(name[:4]) + "AB".index(name[4:])


def half_years_between(dates: tuple[str, str]) -> range:
    """Return the half-years between two dates, `since` and `until`: prefixes of timestamps, empty for none."""
    since, until = dates
    return range(half_year_index(since.ljust(6, "0") if since else "000001"), half_year_index(until.ljust(6, "9")) + 1)


def spans(half_years: Collection[int], longest: int = LONGEST_GAP) -> set[int]:
    """Return half-years with those between any two neighbours that are at most `longest` apart."""
    filled = set(half_years)
    for before, after in pairwise(sorted(filled)):
        if after - before <= longest:
            filled.update(range(before, after))
    return filled


def open_half_years(known: Known, policies: Iterable[Page], *, now: int) -> set[int]:
    """Return the half-years for which it is worth asking for further pages.

    A half-year is settled if one of the `policies` has a capture in it or around it, or if its home page links to one of
    them: what the archive lacks of that page is at no other address. So are those shortly before the first of them, when
    the site had no policy yet, and shortly after the last one of a page that is alive. Without captures of the home page,
    the half-years from the first capture of a policy on take their place; without a policy, nothing is known to be open.
    """
    pages = list(policies)
    settled: set[int] = set()
    for page in pages:
        link = known.links.get(page.urlkey)
        linked = link.half_years if link else frozenset()
        captured = page.usable | page.texts | (page.leads & linked)
        settled |= spans(captured)
        settled |= linked if captured else frozenset()
    if settled:
        first, last = min(settled), max(settled)
        settled |= set(range(first - LONGEST_GAP, first))
        settled |= set(range(last, last + 1 + LATE * any(page.is_alive for page in pages)))
    if known.home_half_years:
        return set(known.home_half_years) - settled
    return set(range(first, now + 1)) - settled if settled else set()


def spans_of_texts(readings: Iterable[tuple[str, str, str]]) -> set[int]:
    """Return the half-years in which a text is known, between two captures with the same text too.

    `readings` are urlkey, timestamp and text of each capture with a text, by page and in time order.
    """
    found: set[int] = set()
    before = ("", 0, "")
    for urlkey, timestamp, text in readings:
        half_year = half_year_index(timestamp)
        same = before[0] == urlkey and before[2] == text
        found.update(range(before[1] if same else half_year, half_year + 1))
        before = (urlkey, half_year, text)
    return found


@dataclass(frozen=True, slots=True)
class Causes:
    """What kept a domain's half-years from having a text, beside what the catalog knows of its pages."""

    is_refused: bool = False
    is_lost: bool = False


def states(known: Known, texts: Collection[int], causes: Causes) -> dict[str, State]:
    """Return the state of each half-year in which the home page was captured, by name and in time order.

    `texts` are the half-years in which a text is known.
    """
    linked = {half_year for link in known.links.values() for half_year in link.half_years}
    lost = {half_year for page in known.pages.values() for half_year in page.lost}
    read = (page for urlkey, page in known.pages.items() if urlkey != known.home or urlkey in known.given)
    in_vain = {half_year for page in read for half_year in page.in_vain}
    unread = _with_hops_left(known.home_links)

    def state(half_year: int) -> State:
        if half_year in texts:
            return State.POLICY
        if half_year in lost or causes.is_lost:
            return State.LOST
        if causes.is_refused:
            return State.REFUSED
        if half_year in in_vain:
            return State.NO_TEXT
        is_thin = half_year in linked or (texts_around(half_year, texts) and half_year not in unread)
        return State.THIN if is_thin else State.NO_LINK

    return {half_year_name(each): state(each) for each in sorted(known.home_half_years)}


def _with_hops_left(home_links: Iterable[HomeLink]) -> set[int]:
    """Return the half-years whose home pages have no link, and hops of which none was made: they may have had another."""
    by_relation: defaultdict[str, set[int]] = defaultdict(set)
    for link in home_links:
        by_relation[link.relation].add(half_year_index(link.timestamp))
    left, made = by_relation["hop"] | by_relation["frame"], by_relation[FOLLOWED] | by_relation[FRAMED]
    return left - by_relation["policy"] - made


def texts_around(half_year: int, texts: Collection[int]) -> bool:
    """Whether a text is known before and after a half-year."""
    return bool(texts) and min(texts) < half_year < max(texts)
