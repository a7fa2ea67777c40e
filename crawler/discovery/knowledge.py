"""What the catalog knows of a domain's pages, from which the plan decides what to ask next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import half_year_index, half_years_between, index_of_name
from crawler.discovery.home_links import linked_pages, read_home_links
from crawler.discovery.page_kinds import Claim
from crawler.discovery.url_scores import best_pages, given_pages
from crawler.options.argument_values import is_within
from pipelines.catalog.discovery_queries import age_in_days
from pipelines.items import moment_of
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crawler.discovery.home_links import Link
    from pipelines.catalog.discovery_queries import HomeLink, LastCapture, PageHalfYear
    from pipelines.catalog.queries import Queries
    from pipelines.kinds.base import Kind

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


class Listed(NamedTuple):
    """A query that was asked before: by which URL, and whether lately (within RELIST_DAYS) it was read whole, or refused."""

    url: str
    is_fresh: bool
    failed_lately: bool


@dataclass(frozen=True)
class Known:
    """What the catalog knows of a listed domain in some archives, and of its home pages' links in all. Keys are urlkeys.

    `listed` is of one archive: the one for which a question is sought.
    """

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
        return _times(self.links)

    @cached_property
    def policies(self) -> list[Page]:
        """The pages that are searched and can be the policy by what is known so far."""
        return [self.pages[urlkey] for urlkey in self.chosen if self.pages[urlkey].can_be_policy]

    @property
    def has_text(self) -> bool:
        return any(page.texts for page in self.pages.values())

    @property
    def in_vain(self) -> set[str]:
        """The pages that can no longer be a policy by what was read of them."""
        return {urlkey for urlkey, page in self.pages.items() if not page.can_be_policy}

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The pages whose captures are stored whatever their URL says."""
        return frozenset({self.home, *self.given, *self.links})


def read_known(
    catalog: Queries,
    domain: str,
    archive: str | Collection[str] | None,
    *,
    listed_in: str | None = None,
    given: Iterable[str] = (),
    dates: tuple[str, str] = ("", ""),
    period: tuple[str, str] = ("", ""),
    relist_days: float = 0.0,
    kind: Kind = PRIVACY,
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Known:
    """Read what is known of a listed domain: of captures in one archive, in some or in all, and of listings.

    `listed_in` is the archive whose listings are read, by the name that it has for them. Without it, that is `archive`.
    `given` are the pages that the companies file gives for the kind, and `others` those for the other kinds that are
    searched for, by name. `dates` are those of the run. Outside the `period` in which the domain was the company's, its
    pages and links are another's, and not known.
    """
    home, owned = urlkey_of(domain), half_years_between(period)
    rows = [row for row in catalog.page_half_years(domain, archive) if index_of_name(row.half_year) in owned]
    listed = {row.urlkey: row.url for row in rows}.items()
    found = given_pages(listed, given)
    home_links, read = read_home_links(catalog, domain, kind.name, period)
    links = linked_pages(home_links, read)
    of_others = {name: linked_pages(*read_home_links(catalog, domain, name, period)) for name in others}
    claim = Claim(
        kind,
        tuple(each for each in KINDS.values() if each is kind or each.name in others) or (kind,),
        catalog.searched_pages(domain),
        {kind.name: found, **{name: given_pages(listed, urls) for name, urls in others.items()}},
        {name: _times(of_kind) for name, of_kind in {kind.name: links, **of_others}.items()},
    )
    last = {row.urlkey: row for row in catalog.last_captures(domain, archive)}
    in_dates = half_years_between(dates)
    return Known(
        domain,
        home,
        given=found,
        pages=_claimed(claim, _pages(rows, last, known={*links, *found})),
        links=links,
        home_half_years=frozenset(
            half_year for row in rows if row.urlkey == home and (half_year := index_of_name(row.half_year)) in in_dates
        ),
        read_half_years=frozenset(half_year_index(each) for each in read),
        home_links=home_links,
        listed=_listed(
            catalog, domain, listed_in or (archive if isinstance(archive, str) else None), dates, relist_days
        ),
        kind=kind,
    )


def texts_within(catalog: Queries, domain: str, kind: str, period: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Return the captures with a text of a kind in a period, as `DiscoveryQueries.texts_in_time` does."""
    return [each for each in catalog.texts_in_time(domain, kind) if is_within(each[1], *period)]


def _times(links: Mapping[str, Link]) -> dict[str, int]:
    return {urlkey: link.times for urlkey, link in links.items()}


def _claimed(claim: Claim, pages: Mapping[str, Page]) -> dict[str, Page]:
    return {urlkey: own for urlkey, page in pages.items() if (own := claim.page(page))}


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
