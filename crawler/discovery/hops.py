"""One hop further: pages that may have the link to the policy where a home page has none. Pure.

Playback answers these requests, which is cheap; still they are bounded. Home pages are taken from both ends and the middle
first, and a home page between two that lead to the same policy needs no hop of its own. A link of whose texts none names the
policy spares no hop, nor does one to a page that was read in vain. A page that led to a policy at one time comes first at
others; of the others, those that were tried least. A frame is a part of the home page: those have bounds of their own, and
are tried in their order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import half_year_index
from crawler.discovery.home_links import FRAME, HOP, POLICY
from pipelines.catalog.discovery_writer import FOLLOWED, FRAMED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pipelines.catalog.discovery_queries import HomeLink

MAX_HOPS: Final = 12
"""Hops of a domain, over all runs."""
MAX_HOPS_EACH: Final = 2
"""Hops of one half-year's home page."""
MAX_FRAMES: Final = 24
MAX_FRAMES_EACH: Final = 4
"""Frames that are read of a domain's home pages, and of one half-year's."""
AT_ONCE: Final = 4
"""Hops of a batch: what they find can make the rest needless."""


@dataclass
class _HalfYear:
    """The home pages of a half-year: the policies that they lead to, hops made, frames read, what is left, best first."""

    policies: set[str] = field(default_factory=set)
    made: int = 0
    framed: int = 0
    left: list[HomeLink] = field(default_factory=list)

    def choices(self, hops: int, frames: int) -> list[HomeLink]:
        """Return what can be read next, where so many hops and frames are left to the domain."""
        may = {HOP: hops > 0 and self.made < MAX_HOPS_EACH, FRAME: frames > 0 and self.framed < MAX_FRAMES_EACH}
        return [each for each in self.left if may[each.relation]]


def next_hops(
    links: Sequence[HomeLink], tried: Iterable[tuple[str, str]] = (), in_vain: Collection[str] = ()
) -> list[HomeLink]:
    """Return the next hops to make, none if there are enough. `tried` have failed in this run: timestamp and URL.

    `links` are those of a domain's home pages. `in_vain` are the pages (urlkeys) that can no longer be a policy.
    """
    failed = set(tried)
    half_years = _by_half_year(links, failed, in_vain)
    hops = MAX_HOPS - sum(each.made for each in half_years.values())
    frames = MAX_FRAMES - sum(each.framed for each in half_years.values())
    order = _ends_first(sorted(half_years))
    wanted = [each for each in order if not _is_settled(half_years, each)]
    wanted.sort(key=lambda each: half_years[each].made + half_years[each].framed)  # of equal ones, the order stays
    tried_at = _half_years_tried(links, failed)
    led = {urlkey for urlkey, at in tried_at.items() if any(half_years[each].policies for each in at)}
    chosen: list[HomeLink] = []
    for each in wanted:
        choices = half_years[each].choices(hops, frames)
        if not choices or len(chosen) == AT_ONCE:
            continue
        best = min(choices, key=lambda link: _order(link, led, tried_at))
        tried_at[urlkey_of(best.url)].append(each)
        chosen.append(best)
        hops, frames = hops - (best.relation == HOP), frames - (best.relation == FRAME)
    return chosen


def _order(link: HomeLink, led: Collection[str], tried_at: Mapping[str, Collection[int]]) -> tuple[bool, int]:
    """Return the sort key of a page: those that led to a policy come first, then those that were tried least."""
    urlkey = urlkey_of(link.url)
    return urlkey not in led, len(tried_at.get(urlkey, ())) if link.relation == HOP else 0


def _half_years_tried(links: Iterable[HomeLink], failed: set[tuple[str, str]]) -> defaultdict[str, list[int]]:
    """Return the half-years in which each page (urlkey) was tried."""
    tried: defaultdict[str, list[int]] = defaultdict(list)
    for each in links:
        if each.relation in {FOLLOWED, FRAMED} or (each.timestamp, each.url) in failed:
            tried[urlkey_of(each.url)].append(half_year_index(each.timestamp))
    return tried


def _by_half_year(
    links: Iterable[HomeLink], failed: set[tuple[str, str]], in_vain: Collection[str]
) -> dict[int, _HalfYear]:
    half_years: defaultdict[int, _HalfYear] = defaultdict(_HalfYear)
    for each in links:
        home = half_years[half_year_index(each.timestamp)]
        is_failed = (each.timestamp, each.url) in failed
        if each.relation == POLICY:
            if urlkey_of(each.url) not in in_vain:
                home.policies.add(each.url)
        elif each.relation == FOLLOWED or (is_failed and each.relation == HOP):
            home.made += 1
        elif each.relation == FRAMED or (is_failed and each.relation == FRAME):
            home.framed += 1
        elif each.relation in {HOP, FRAME}:
            home.left.append(each)
    return half_years


def _is_settled(half_years: dict[int, _HalfYear], which: int) -> bool:
    """Whether a half-year needs no hop: it has a link, nothing is left, or it is between two that lead to one policy."""
    home = half_years[which]
    if home.policies or not home.left:
        return True
    linked = sorted(each for each, other in half_years.items() if other.policies)
    around = [pair for pair in pairwise(linked) if pair[0] < which < pair[1]]
    return any(half_years[before].policies & half_years[after].policies for before, after in around)


def _ends_first(values: Sequence[int]) -> list[int]:
    """Return values from both ends, then the middle, then the middles of the halves, and so on."""
    return list(dict.fromkeys([*values[-1:], *values[:1], *_middles(values)]))


def _middles(values: Sequence[int]) -> Iterator[int]:
    halves = [values] if values else []
    for half in halves:  # which grows
        middle = len(half) // 2
        yield half[middle]
        halves += [part for part in (half[:middle], half[middle + 1 :]) if part]
