"""What the catalog knows of a domain's pages, from which the plan decides what to ask next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import half_year_index, index_of_name
from crawler.discovery.link_texts import PageLinks, owners_pages
from crawler.discovery.url_scores import best_pages, given_pages
from crawler.options.argument_values import is_within
from pipelines.catalog.discovery_queries import age_in_days
from pipelines.items import moment_of
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.catalog.discovery_queries import HomeLink, LastCapture, PageHalfYear
    from pipelines.catalog.queries import Queries
    from pipelines.kinds.base import Kind

POLICY, FOREIGN, HOP = "policy", "foreign", "hop"
"""Relations of a home page's link: to the policy, to what may be the owner's other domain, to a page one hop further."""

LONG: Final = timedelta(days=730)
"""A page without a capture for so long before the domain's latest one has died."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page's captures by half-year.

    `usable`: with a capture that has a text, or is a page and not read yet; `leads`: with a redirect not read yet; `texts`:
    with a text; `lost`: with an open loss; `in_vain`: with a page read that is no policy. `is_alive`: the last capture is a
    page, not an error or a redirect to another page, and not much older than the domain's latest capture.
    """

    urlkey: str
    url: str
    usable: frozenset[int]
    leads: frozenset[int]
    texts: frozenset[int]
    lost: frozenset[int]
    in_vain: frozenset[int]
    is_alive: bool

    @property
    def can_be_policy(self) -> bool:
        """Whether it has a text or an open loss, or has not been read without finding a text.

        Captures before or after those that were read in vain can be a policy: a page's first and last are always read.
        """
        if self.texts or self.lost or not self.in_vain:
            return True
        return not self.usable <= set(range(min(self.in_vain), max(self.in_vain) + 1))


@dataclass(frozen=True, slots=True)
class Link:
    """A page that home pages link to: the half-years of these home pages, and how many they are."""

    url: str
    half_years: frozenset[int]
    times: int


class Listed(NamedTuple):
    """A query that was asked before: by which URL, and whether lately (within RELIST_DAYS) it was read whole, or refused."""

    url: str
    is_fresh: bool
    failed_lately: bool


@dataclass(frozen=True)
class Known:
    """What the catalog knows of a listed domain in one archive, and of its home pages' links in all. Keys are urlkeys."""

    domain: str
    home: str
    given: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    home_half_years: frozenset[int] = frozenset()
    read_half_years: frozenset[int] = frozenset()
    """The half-years with a home page that was read for its links."""
    home_links: tuple[HomeLink, ...] = ()
    listed: Mapping[tuple[str, str], Listed] = field(default_factory=dict)
    """By urlkey and `Query.variety`."""
    kind: Kind = PRIVACY

    @cached_property
    def chosen(self) -> list[str]:
        """The pages to search, best first. One that was read without finding a policy makes room for the next."""
        given = set(self.given)
        pages = [(key, page.url) for key, page in self.pages.items() if page.can_be_policy or key in given]
        return best_pages(pages, self.times_linked, given & set(self.pages), kind=self.kind)

    @property
    def times_linked(self) -> dict[str, int]:
        return {urlkey: link.times for urlkey, link in self.links.items()}

    @cached_property
    def policies(self) -> list[Page]:
        """The pages that are searched and can be the policy by what is known so far."""
        return [self.pages[urlkey] for urlkey in self.chosen if self.pages[urlkey].can_be_policy]

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The pages whose captures are stored whatever their URL says."""
        return frozenset({self.home, *self.given, *self.links})


def read_known(
    catalog: Queries,
    domain: str,
    archive: str | None,
    *,
    given: Iterable[str] = (),
    dates: tuple[str, str] = ("", ""),
    period: tuple[str, str] = ("", ""),
    relist_days: float = 0.0,
    kind: Kind = PRIVACY,
) -> Known:
    """Read what is known of a listed domain: of captures and listings in one archive, or in all.

    `dates` are those of the run. Outside the `period` in which the domain was the company's, its pages and links are
    another's, and not known.
    """
    home = urlkey_of(domain)
    owned = _between(period)
    rows = [row for row in catalog.page_half_years(domain, archive) if index_of_name(row.half_year) in owned]
    found = given_pages({row.urlkey: row.url for row in rows}.items(), given)
    home_links = tuple(link for link in catalog.home_links(domain) if is_within(link.timestamp, *period))
    all_read = catalog.home_pages_read(domain, home)
    read = _one_each_half_year({each: of for each, of in all_read.items() if is_within(each, *period)})
    links = _links(_links_of_alike(home_links, read), read)
    last = {row.urlkey: row for row in catalog.last_captures(domain, archive)}
    in_dates = _between(dates)
    return Known(
        domain,
        home,
        given=found,
        pages=_pages(rows, last, known={*links, *found}),
        links=links,
        home_half_years=frozenset(
            half_year for row in rows if row.urlkey == home and (half_year := index_of_name(row.half_year)) in in_dates
        ),
        read_half_years=frozenset(half_year_index(each) for each in read),
        home_links=home_links,
        listed=_listed(catalog, domain, archive, dates, relist_days),
        kind=kind,
    )


def _between(dates: tuple[str, str]) -> range:
    since, until = dates
    return range(half_year_index(since.ljust(6, "0") if since else "000001"), half_year_index(until.ljust(6, "9")) + 1)


def _pages(rows: Sequence[PageHalfYear], last: Mapping[str, LastCapture], known: set[str]) -> dict[str, Page]:
    by_page: defaultdict[str, list[PageHalfYear]] = defaultdict(list)
    for row in rows:
        by_page[row.urlkey].append(row)
    newest = min(max((row.timestamp for row in last.values()), default="19960101000000"), _now())

    def half_years(urlkey: str, column: str) -> frozenset[int]:
        return frozenset(index_of_name(row.half_year) for row in by_page[urlkey] if getattr(row, column))

    return {
        urlkey: Page(
            urlkey,
            min(row.url for row in of_page),
            half_years(urlkey, "usable"),
            half_years(urlkey, "leads"),
            half_years(urlkey, "texts"),
            half_years(urlkey, "lost"),
            half_years(urlkey, "in_vain"),
            _is_alive(last[urlkey], newest, known={*known, *by_page}),
        )
        for urlkey, of_page in by_page.items()
    }


def _is_alive(last: LastCapture, newest: str, known: set[str]) -> bool:
    if moment_of(last.timestamp) < moment_of(newest) - LONG:
        return False
    if last.statuscode.startswith("3"):
        to = urlkey_of(last.memento_url) if last.memento_url else ""
        return last.text_sha256 is not None and (to == last.urlkey or to not in known)
    return last.text_sha256 is not None or last.statuscode[:1] not in {"4", "5"}


def _one_each_half_year(read: Mapping[str, str]) -> dict[str, str]:
    """Return the home pages read, and the latest with an equal digest in each half-year in which none was read."""
    own = {timestamp: of for timestamp, of in read.items() if timestamp == of}
    taken = {half_year_index(timestamp) for timestamp in own}
    alike = {half_year_index(timestamp): timestamp for timestamp in sorted(read)}
    return own | {timestamp: read[timestamp] for half_year, timestamp in alike.items() if half_year not in taken}


def _links_of_alike(found: Sequence[HomeLink], read: Mapping[str, str]) -> list[HomeLink]:
    """Return the links of home pages with those of captures that have the digest of one that was read: they are the same."""
    by_page: defaultdict[str, list[HomeLink]] = defaultdict(list)
    for each in found:
        by_page[each.timestamp].append(each)
    alike = ((timestamp, of) for timestamp, of in read.items() if timestamp != of)
    return [*found, *(each._replace(timestamp=timestamp) for timestamp, of in alike for each in by_page[of])]


def _links(found: Sequence[HomeLink], read: Iterable[str]) -> dict[str, Link]:
    """Return the pages that home pages link to: the company's own, and foreign ones by `owners_pages`."""
    by_page: dict[str, PageLinks] = dict.fromkeys(read, PageLinks())
    for each in found:
        if each.relation == FOREIGN:
            before = by_page.get(each.timestamp, PageLinks())
            by_page[each.timestamp] = PageLinks(foreign=(*before.foreign, each.url))
    owners = {urlkey_of(url) for url in owners_pages(by_page)}
    urls: dict[str, str] = {}
    times: defaultdict[str, set[str]] = defaultdict(set)
    for each in found:
        urlkey = urlkey_of(each.url)
        if each.relation == POLICY or (each.relation == FOREIGN and urlkey in owners):
            urls[urlkey] = each.url
            times[urlkey].add(each.timestamp)
    half_years = {urlkey: {half_year_index(each) for each in of_page} for urlkey, of_page in times.items()}
    _fill(half_years, {half_year_index(each) for each in read})
    return {urlkey: Link(url, frozenset(half_years[urlkey]), len(times[urlkey])) for urlkey, url in urls.items()}


def _fill(links: Mapping[str, set[int]], read: Iterable[int]) -> None:
    """Let a home page without a link, between two that link to the same page, link to it as well."""
    linked = sorted(set().union(*links.values()))
    for half_year in set(read).difference(linked):
        before = max((each for each in linked if each < half_year), default=None)
        after = min((each for each in linked if each > half_year), default=None)
        for of_page in links.values():
            if before in of_page and after in of_page:
                of_page.add(half_year)


def _listed(
    catalog: Queries, domain: str, archive: str | None, dates: tuple[str, str], relist_days: float
) -> dict[tuple[str, str], Listed]:
    listed: dict[tuple[str, str], Listed] = {}
    for row in catalog.listings_of(domain):
        if archive not in {None, row["archive"]} or (row["since"], row["until"]) != dates:
            continue
        full, failed = row["finished_full"], row["failed"]
        listed[urlkey_of(row["url"]), row["match"]] = Listed(
            row["url"],
            bool(row["finished"] and full and age_in_days(full) <= relist_days),
            bool(failed and age_in_days(failed) <= relist_days),
        )
    return listed


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")
