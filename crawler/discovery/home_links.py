"""The links of a listed domain's home pages, and the pages that they lead to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import half_year_index
from crawler.discovery.link_texts import PageLinks, owners_pages
from crawler.options.argument_values import is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.catalog.discovery_queries import HomeLink
    from pipelines.catalog.queries import Queries

POLICY, POSSIBLE, FOREIGN, HOP, FRAME = "policy", "possible", "foreign", "hop", "frame"
"""Relations of a home page's link: to the policy, what may be it, what may be the owner's, one hop further, a frame."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page that home pages link to: the half-years of these home pages, and how many they are."""

    url: str
    half_years: frozenset[int]
    times: int
    is_sure: bool = True
    """Whether the texts of one of these links name the policy."""


def read_home_links(
    catalog: Queries, domain: str, kind: str, period: tuple[str, str]
) -> tuple[tuple[HomeLink, ...], dict[str, str]]:
    """Return the links of home pages to documents of a kind, and the home pages whose links are known, in a period.

    The latter are timestamps: of the home page, and of the one that was read for its links. That is another one if it has
    the same digest; of such there is one in each half-year in which none was read itself.
    """
    links = tuple(link for link in catalog.home_links(domain, kind) if is_within(link.timestamp, *period))
    read = catalog.home_pages_read(domain, urlkey_of(domain), kind)
    return links, _one_each_half_year({each: of for each, of in read.items() if is_within(each, *period)})


def _one_each_half_year(read: Mapping[str, str]) -> dict[str, str]:
    """Return the home pages read, and the latest with an equal digest in each half-year in which none was read."""
    own = {timestamp: of for timestamp, of in read.items() if timestamp == of}
    taken = {half_year_index(timestamp) for timestamp in own}
    alike = {half_year_index(timestamp): timestamp for timestamp in sorted(read)}
    return own | {timestamp: read[timestamp] for half_year, timestamp in alike.items() if half_year not in taken}


def _with_links_of_alike(found: Sequence[HomeLink], read: Mapping[str, str]) -> list[HomeLink]:
    """Return the links of home pages with those of captures that have the digest of one that was read: they are the same."""
    by_page: defaultdict[str, list[HomeLink]] = defaultdict(list)
    for each in found:
        by_page[each.timestamp].append(each)
    alike = ((timestamp, of) for timestamp, of in read.items() if timestamp != of)
    return [*found, *(each._replace(timestamp=timestamp) for timestamp, of in alike for each in by_page[of])]


def linked_pages(home_links: Sequence[HomeLink], read: Mapping[str, str]) -> dict[str, Link]:
    """Return the pages that home pages link to: the company's own, and foreign ones by `owners_pages`.

    `read` is as `read_home_links` returns it.
    """
    found = _with_links_of_alike(home_links, read)
    by_page: dict[str, PageLinks] = dict.fromkeys(read, PageLinks())
    for each in found:
        if each.relation == FOREIGN:
            before = by_page.get(each.timestamp, PageLinks())
            by_page[each.timestamp] = PageLinks(foreign=(*before.foreign, each.url))
    owners = {urlkey_of(url) for url in owners_pages(by_page)}
    urls: dict[str, str] = {}
    times: defaultdict[str, set[str]] = defaultdict(set)
    sure: set[str] = set()
    for each in found:
        urlkey = urlkey_of(each.url)
        if each.relation in {POLICY, POSSIBLE} or (each.relation == FOREIGN and urlkey in owners):
            urls[urlkey] = each.url
            times[urlkey].add(each.timestamp)
            sure |= {urlkey} if each.relation != POSSIBLE else set()
    half_years = {urlkey: {half_year_index(each) for each in of_page} for urlkey, of_page in times.items()}
    of_read = {half_year_index(each) for each in read}
    _fill({urlkey: of_page for urlkey, of_page in half_years.items() if urlkey in sure}, of_read)
    _fill(half_years, of_read)
    return {
        urlkey: Link(url, frozenset(half_years[urlkey]), len(times[urlkey]), urlkey in sure)
        for urlkey, url in urls.items()
    }


def _fill(links: Mapping[str, set[int]], read: Iterable[int]) -> None:
    """Let a home page without a link, between two that link to the same page, link to it as well."""
    linked = sorted(set().union(*links.values()))
    for half_year in set(read).difference(linked):
        before = max((each for each in linked if each < half_year), default=None)
        after = min((each for each in linked if each > half_year), default=None)
        for of_page in links.values():
            if before in of_page and after in of_page:
                of_page.add(half_year)
