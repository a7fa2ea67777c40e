"""The links of a listed domain's home pages, and the pages that they lead to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import half_year_index
from crawler.discovery.link_texts import PageLinks, owners_pages
from crawler.options.argument_values import is_within
from pipelines.catalog.discovery_writer import FOLLOWED, FRAMED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pipelines.catalog.discovery_queries import HomeLink
    from pipelines.catalog.queries import Queries

POLICY, POSSIBLE, FOREIGN, HOP, FRAME = "policy", "possible", "foreign", "hop", "frame"
"""Relations of a home page's link: to the policy, what may be it, what may be the owner's, one hop further, a frame."""

_HOPS: Final = {HOP: HOP, FOLLOWED: HOP, FRAME: FRAME, FRAMED: FRAME}
"""Relations of pages to be read as well, made or still to be made, each with the one of those still to be made."""


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

    The links are those found on them, those found one hop further, and those of home pages with equal digests.

    The latter are timestamps: of the home page, and of the one that was read for its links. That is another one if it has
    the same digest; of such there is one in each half-year in which none was read itself.
    """
    links = tuple(link for link in catalog.home_links(domain, kind) if is_within(link.timestamp, *period))
    read = catalog.home_pages_read(domain, urlkey_of(domain), kind)
    hopped = {link.timestamp for link in links}
    read = _one_each_half_year({each: of for each, of in read.items() if is_within(each, *period)}, hopped)
    return (*links, *_links_of_alike(links, read)), read


def _one_each_half_year(read: Mapping[str, str], hopped: Collection[str]) -> dict[str, str]:
    """Return the home pages read, and one with an equal digest in each half-year in which none was read.

    That is one from which a hop was made, or else the latest.
    """
    own = {timestamp: of for timestamp, of in read.items() if timestamp == of}
    taken = {half_year_index(timestamp) for timestamp in own}
    in_order = sorted(read, key=lambda timestamp: (timestamp in hopped, timestamp))
    alike = {half_year_index(timestamp): timestamp for timestamp in in_order}
    return own | {timestamp: read[timestamp] for half_year, timestamp in alike.items() if half_year not in taken}


def _links_of_alike(found: Sequence[HomeLink], read: Mapping[str, str]) -> Iterator[HomeLink]:
    """Yield the links of the home pages that have the digest of one that was read: what is on its own bytes is on theirs.

    What was found one hop further is of its time alone: such a home page has the same hops, and they are still to be made.
    """
    by_page: defaultdict[str, list[HomeLink]] = defaultdict(list)
    for each in found:
        by_page[each.timestamp].append(each)
    for timestamp, of in read.items():
        if timestamp == of:
            continue
        own = {each.url for each in by_page[timestamp]}
        has_hops = any(each.relation in _HOPS for each in by_page[of])  # without a link to a policy (SnapshotReader)
        for each in by_page[of]:
            if each.url in own:
                continue
            if each.relation in _HOPS:
                yield each._replace(timestamp=timestamp, relation=_HOPS[each.relation])
            elif each.relation != POLICY or not has_hops:
                yield each._replace(timestamp=timestamp)


def linked_pages(home_links: Sequence[HomeLink], read: Mapping[str, str]) -> dict[str, Link]:
    """Return the pages that home pages link to: the company's own, and foreign ones by `owners_pages`.

    `home_links` and `read` are as `read_home_links` returns them.
    """
    by_page: dict[str, PageLinks] = dict.fromkeys(read, PageLinks())
    with_own = _with_own_policy(home_links)
    for each in home_links:
        if each.relation == FOREIGN and each.timestamp not in with_own:
            before = by_page.get(each.timestamp, PageLinks())
            by_page[each.timestamp] = PageLinks(foreign=(*before.foreign, each.url))
    owners = {urlkey_of(url) for url in owners_pages(by_page)}
    urls: dict[str, str] = {}
    times: defaultdict[str, set[str]] = defaultdict(set)
    sure: set[str] = set()
    for each in home_links:
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


def _with_own_policy(home_links: Iterable[HomeLink]) -> set[str]:
    """Return the home pages that have a sure link of their own: a foreign target beside it is a widget's.

    Earlier releases recorded such targets. From a home page without such a link, hops are made.
    """
    relations: defaultdict[str, set[str]] = defaultdict(set)
    for each in home_links:
        relations[each.timestamp].add(each.relation)
    return {timestamp for timestamp, of_page in relations.items() if POLICY in of_page and of_page.isdisjoint(_HOPS)}


def _fill(links: Mapping[str, set[int]], read: Iterable[int]) -> None:
    """Let a home page without a link, between two that link to the same page, link to it as well."""
    linked = sorted(set().union(*links.values()))
    for half_year in set(read).difference(linked):
        before = max((each for each in linked if each < half_year), default=None)
        after = min((each for each in linked if each > half_year), default=None)
        for of_page in links.values():
            if before in of_page and after in of_page:
                of_page.add(half_year)
