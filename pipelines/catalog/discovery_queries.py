"""The questions about how a domain's pages are found: listings, links of home pages, captures by page and half-year."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from pipelines.catalog.row_reader import Reader
from pipelines.catalog.schema import captures, documents, home_readings, links, listings, pages
from pipelines.items import HOME_PAGE, SAME_DIGEST, Fate
from pipelines.kinds.privacy import PRIVACY
from pipelines.untrusted import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping, Sequence

ListingKey = tuple[str, str, str, str, str, str]
"""archive, url, match, since, until, domain: the primary key of `listings`."""


class PageHalfYear(NamedTuple):
    """The captures of one page in one half-year (`2015A`).

    `usable` are those that have a text, or are pages (status 200 or unknown) without a final answer; `leads` the redirects
    without one; `texts` those with a text.
    """

    urlkey: str
    url: str
    half_year: str
    captures: int
    usable: int
    leads: int
    texts: int
    lost: int
    in_vain: int


class LastCapture(NamedTuple):
    """The latest capture of a page, and whether it has a text."""

    urlkey: str
    timestamp: str
    statuscode: str
    text_sha256: str | None
    memento_url: str | None


class HomeLink(NamedTuple):
    """A link of a home page. `timestamp` is of the home page's capture, `relation` and `rank` as in the table `links`."""

    timestamp: str
    url: str
    relation: str
    rank: int | None


class SearchedPage(NamedTuple):
    """The kind that a page is searched for, and those that it was searched for before in vain."""

    kind: str
    tried: tuple[str, ...]


class DiscoveryQueries(Reader):
    """The tables `listings` and `links`, and `captures` by page and half-year, read."""

    def listings_of(self, domain: str) -> list[dict[str, Any]]:
        """Return the listings made for a listed domain in all archives."""
        return self._all(sa.select(listings).where(listings.c.domain == domain))

    def home_links(self, domain: str, kind: str = PRIVACY.name) -> list[HomeLink]:
        """Return the links of a domain's home pages to documents of a kind, in time order and best first."""
        query = sa.select(links.c.timestamp, links.c.url, links.c.relation, links.c.rank)
        order = (links.c.timestamp, sa.func.coalesce(links.c.rank, 0), links.c.url)
        of_kind = links.c.domain == domain, links.c.kind == kind
        rows = self._all(query.where(*of_kind, is_usable(links.c.url)).order_by(*order))
        return [HomeLink(**row) for row in rows]

    def home_pages_read(self, domain: str, urlkey: str, kind: str = PRIVACY.name) -> dict[str, str]:
        """Return the home page's captures whose links to documents of a kind are known.

        By timestamp: that of the capture that was read for them, another one if that has the same digest.
        """
        where = (captures.c.domain == domain, captures.c.urlkey == urlkey)
        of_kind = sa.select(home_readings.c.timestamp).where(
            home_readings.c.domain == domain, home_readings.c.kind == kind
        )
        is_read = sa.and_(captures.c.cause == HOME_PAGE, captures.c.timestamp.in_(of_kind))
        known = sa.or_(is_read, captures.c.cause.startswith(SAME_DIGEST))
        query = sa.select(captures.c.timestamp, captures.c.cause).where(*where, known).distinct()
        rows = [(row["timestamp"], row["cause"]) for row in self._all(query)]
        read = {timestamp: timestamp for timestamp, cause in rows if cause == HOME_PAGE}
        alike = {timestamp: cause.removeprefix(SAME_DIGEST) for timestamp, cause in rows if cause != HOME_PAGE}
        found = {timestamp: _end_of_chain(timestamp, alike, read) for timestamp in alike}
        return {timestamp: of for timestamp, of in found.items() if of in read} | read

    def searched_pages(self, domain: str) -> dict[str, SearchedPage]:
        """Return what each page of a listed domain was searched for, by urlkey."""
        query = sa.select(pages.c.urlkey, pages.c.kind, pages.c.tried).where(pages.c.domain == domain)
        return {
            row["urlkey"]: SearchedPage(row["kind"], tuple((row["tried"] or "").split())) for row in self._all(query)
        }

    def page_half_years(self, domain: str, archive: str | Collection[str] | None = None) -> list[PageHalfYear]:
        """Return the captures of each page in each half-year, in one archive, in some or in all."""
        status, text, fate = captures.c.statuscode, captures.c.text_sha256, captures.c.fate
        is_open = sa.or_(fate.is_(None), fate.in_([each for each in Fate if not each.is_final]))
        is_page = sa.or_(status.startswith("2"), status.in_(["-", ""]))
        usable = sa.or_(text.is_not(None), sa.and_(is_open, is_page))
        leads = sa.and_(text.is_(None), is_open, status.startswith("3"))
        month = sa.func.substr(captures.c.timestamp, 5, 2)
        half_year = sa.func.substr(captures.c.timestamp, 1, 4).concat(sa.case((month <= "06", "A"), else_="B"))
        query = (
            sa.select(
                captures.c.urlkey,
                sa.func.min(captures.c.original).label("url"),
                half_year.label("half_year"),
                sa.func.count().label("captures"),
                _count(usable).label("usable"),
                _count(leads).label("leads"),
                sa.func.count(text).label("texts"),
                _count(sa.and_(is_open, fate.is_not(None))).label("lost"),
                _count(sa.and_(fate == Fate.NOT_A_POLICY, captures.c.cause != HOME_PAGE)).label("in_vain"),
            )
            .where(captures.c.domain == domain, is_usable(captures.c.original), *of_archive(archive))
            .group_by(captures.c.urlkey, half_year)
        )
        return [PageHalfYear(**row) for row in self._all(query)]

    def last_captures(self, domain: str, archive: str | Collection[str] | None = None) -> list[LastCapture]:
        """Return the latest capture of each page."""
        place = sa.func.row_number().over(
            partition_by=captures.c.urlkey, order_by=(captures.c.timestamp.desc(), captures.c.text_sha256)
        )
        columns = (
            captures.c.urlkey,
            captures.c.timestamp,
            captures.c.statuscode,
            captures.c.text_sha256,
            captures.c.memento_url,
        )
        ranked = (
            sa.select(*columns, place.label("place"))
            .where(captures.c.domain == domain, is_usable(captures.c.original), *of_archive(archive))
            .subquery()
        )
        query = sa.select(*(ranked.c[column.name] for column in columns)).where(ranked.c.place == 1)
        return [LastCapture(**row) for row in self._all(query)]

    def texts_in_time(self, domain: str, kind: str) -> list[tuple[str, str, str]]:
        """Return urlkey, memento's timestamp and text of the captures with a text of a kind, by page and in time order."""
        moment = sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp).label("moment")
        same = sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256)
        query = (
            sa.select(captures.c.urlkey, moment, captures.c.text_sha256)
            .select_from(captures.join(documents, same))
            .where(captures.c.domain == domain, documents.c.kind == kind, documents.c.searched_as == kind)
            .order_by(captures.c.urlkey, moment, captures.c.text_sha256)
        )
        return [(row["urlkey"], row["moment"], row["text_sha256"]) for row in self._all(query)]


def _end_of_chain(timestamp: str, alike: Mapping[str, str], read: Container[str]) -> str:
    """Return the capture that was read for one with its digest: a later run credits by one that was credited itself."""
    seen = set[str]()
    while timestamp not in read and timestamp in alike and timestamp not in seen:
        seen.add(timestamp)
        timestamp = alike[timestamp]
    return timestamp


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def is_usable(url: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Leave out what an earlier release recorded and no archive can be asked for."""
    return sa.func.length(url) <= MAX_URL


def of_archive(archive: str | Collection[str] | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition that a capture is of an archive, of one of several, or of any."""
    if archive is None or isinstance(archive, str):
        return () if archive is None else (captures.c.archive == archive,)
    return (captures.c.archive.in_(sorted(archive)),)


def has_key(table: sa.Table, key: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def age_in_days(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 86_400
