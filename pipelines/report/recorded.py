"""The catalog as the report needs it: companies with their pages, captures and versions. Only reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.archive_counts import archive_counts, has_several_archives
from pipelines.catalog.schema import captures, documents, domains, listings
from pipelines.catalog.schema import pages as searched_pages
from pipelines.catalog.version_rows import domains_with_captures
from pipelines.coverage import Coverage, read_coverage
from pipelines.items import HOME_PAGE, Fate
from pipelines.kinds.privacy import PRIVACY
from pipelines.report.density import thin_years
from pipelines.takedown import NOTHING
from pipelines.versions import read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.catalog.archive_counts import ArchiveCounts
    from pipelines.output.location import Location
    from pipelines.report.density import ThinYears
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts, Version

_REQUIRED = ("exact", "domain")
"""Listings of one page, and of a whole domain. What a collapsed, filtered or prefix listing was to find, others may."""


_LOST = frozenset(fate for fate in Fate if not fate.is_final) | {Fate.UNREADABLE}
"""Fates of captures of home pages that the report shows."""


@dataclass(frozen=True, slots=True)
class RecordedCapture:
    """A capture, its fate and its archive; `fate` is None if it was never requested. `timestamp` is 14 digits (UTC)."""

    timestamp: str
    fate: Fate | None
    cause: str
    archive: str = ""


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """One urlkey of a listed domain, with captures and versions in time order. `url` is that of its latest capture."""

    domain: str
    urlkey: str
    url: str
    captures: tuple[RecordedCapture, ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class RecordedCompany:
    """A company as the catalog has it.

    `unlisted` names the listings that were not read to their end.
    """

    name: str
    domains: tuple[str, ...]
    pages: tuple[RecordedPage, ...]
    unlisted: tuple[str, ...]
    coverage: Coverage = field(default_factory=Coverage)
    thin: tuple[ThinYears, ...] = ()
    """Years in which the archive has far fewer captures of it than of the others."""
    archives: tuple[ArchiveCounts, ...] = ()
    """What each archive has given of it; empty where there is one archive in the catalog."""

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions of all pages in the order of their first captures; a version's number is its place here."""
        found = [version for page in self.pages for version in page.versions]
        return tuple(sorted(found, key=lambda each: (each.first_seen, each.domain, each.page, each.variant or "")))


class Companies:
    """The companies of a catalog, with their pages that are searched for one kind of document.

    `db` is a connection to it (pipelines.catalog.queries), `root` the output folder. Captures and versions are read one
    company at a time. What is said of a domain as a whole (coverage, lost listings) is the first kind's.
    """

    def __init__(
        self,
        db: sa.Connection,
        root: Location,
        topics: Topics | None = None,
        kind: str = PRIVACY.name,
        takedown: Takedown = NOTHING,
        *,
        shared: SharedTexts | None = None,
    ) -> None:
        self._db = db
        self._kind = kind
        self._domains = domains_by_company(db)
        shared = shared_texts(db) if shared is None else shared
        self._read = partial(read_versions, db, root, topics=topics, kind=kind, takedown=takedown, shared=shared)
        is_first = kind == PRIVACY.name
        of_kind = sa.select(searched_pages.c.domain).where(searched_pages.c.kind == kind).distinct()
        self._begun = (
            {domain for of in self._domains.values() for domain in of} if is_first else set(db.scalars(of_kind))
        )
        self._has_several = is_first and has_several_archives(db)
        self._unlisted = self._unfinished_listings() if is_first else {}
        self._coverage = read_coverage(db) if is_first else {}
        self._thin = self._thin_years()

    def names(self) -> list[str]:
        """Return the names of the companies in alphabetical order."""
        return list(self._domains)

    def __iter__(self) -> Iterator[RecordedCompany]:
        return (self._company(name, tuple(sorted(of))) for name, of in self._domains.items())

    def _company(self, name: str, of: tuple[str, ...]) -> RecordedCompany:
        versions: defaultdict[tuple[str, str], list[Version]] = defaultdict(list)
        known = [domain for domain in of if domain in self._begun]
        for version in self._read(of=known) if known else ():
            versions[version.domain, version.page].append(version)
        found = (
            _page(domain, urlkey, list(group), tuple(versions.get((domain, urlkey), ())))
            for (domain, urlkey), group in groupby(self._rows(known), key=lambda row: (row.domain, row.urlkey))
        )
        pages = sorted(filter(None, found), key=lambda page: (page.captures[0].timestamp, page.urlkey))
        return RecordedCompany(
            name,
            of,
            tuple(pages),
            tuple(what for domain in of for what in self._unlisted.get(domain, ())),
            self._coverage.get(name, Coverage()),
            self._thin.get(name, ()),
            tuple(archive_counts(self._db, of)) if self._has_several else (),
        )

    def _rows(self, of: Sequence[str]) -> Iterator[sa.Row[Any]]:
        """Yield the captures of the pages of some listed domains, by page and in time order."""
        key = (captures.c.domain, captures.c.urlkey, captures.c.timestamp, captures.c.digest)
        query = sa.select(*key, captures.c.fate, captures.c.cause, captures.c.archive, captures.c.original)
        query = query.select_from(captures.outerjoin(searched_pages, _IS_OF_PAGE)).where(captures.c.domain.in_(of))
        return iter(self._db.execute(query.where(_is_of(self._kind)).order_by(*key)) if of else ())

    def _thin_years(self) -> dict[str, tuple[ThinYears, ...]]:
        """Return the years in which the archive was thin, by company; captures are those of pages with a text."""
        names = {domain: name for name, of in self._domains.items() for domain in of}
        since: dict[str, int] = {}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for (domain, _), years in groupby(self._years(), key=lambda row: (row[0], row[1])):
            of_page = list(years)
            first = min((int(text) for *_, text in of_page if text), default=None)
            if first is not None:
                name = names[domain]
                since[name] = min(since.get(name, first), first)
                counts[name].update({int(year): count for _, _, year, count, _ in of_page})
        return thin_years(counts, since)

    def _years(self) -> Iterator[tuple[str, str, str, int, str | None]]:
        """Yield domain, urlkey, year, captures in it, and the year of the first text among them, by page."""
        # PostgreSQL takes two parameters for two values
        year: sa.ColumnElement[str] = sa.literal_column("substr(captures.timestamp, 1, 4)")
        moment: sa.ColumnElement[str] = sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp)
        text_year = sa.func.substr(moment, 1, 4)
        first = sa.func.min(sa.case((documents.c.domain.is_not(None), text_year)))
        key = (captures.c.domain, captures.c.urlkey)
        joined = captures.outerjoin(searched_pages, _IS_OF_PAGE).outerjoin(documents, _IS_OF_TEXT)
        query = sa.select(*key, year, sa.func.count(), first).select_from(joined).where(_is_of(self._kind))
        query = query.group_by(*key, year).order_by(*key, year)
        found = self._db.execute(query, execution_options={"yield_per": _ROWS})
        return ((domain, urlkey, when, count, text) for domain, urlkey, when, count, text in found)

    def _unfinished_listings(self) -> dict[str, list[str]]:
        """Return, by listed domain, the query of each listing that no other one takes the place of."""
        query = sa.select(listings.c.domain, listings.c.url, listings.c.match).distinct()
        rows = self._db.execute(query.where(listings.c.finished.is_(None), listings.c.match.in_(_REQUIRED)))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for domain, url, match in sorted(tuple(row) for row in rows):
            found[domain].append(f"{url} ({match})")
        return found


_ROWS: Final = 500
"""Rows fetched at once."""
_IS_OF_PAGE: Final = sa.and_(searched_pages.c.domain == captures.c.domain, searched_pages.c.urlkey == captures.c.urlkey)
_IS_OF_TEXT: Final = sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256)


def _is_of(kind: str) -> sa.ColumnElement[bool]:
    """Return that a page is searched for a kind."""
    return sa.func.coalesce(searched_pages.c.kind, PRIVACY.name) == kind


def domains_by_company(db: sa.Connection) -> dict[str, list[str]]:
    """Return the listed domains of each company, in alphabetical order of names; one without a company is its own."""
    named = {row.domain: row.company for row in db.execute(sa.select(domains.c.domain, domains.c.company))}
    found: dict[str, list[str]] = defaultdict(list)
    for domain in named.keys() | set(domains_with_captures(db)):
        found[named.get(domain, domain)].append(domain)
    return dict(sorted(found.items(), key=lambda item: (item[0].casefold(), item[0])))


def _page(domain: str, urlkey: str, rows: Sequence[Any], versions: tuple[Version, ...]) -> RecordedPage | None:
    """Build a page from its captures. A home page keeps only its lost captures; None if it has none."""
    found = tuple(
        RecordedCapture(row.timestamp, Fate(row.fate) if row.fate else None, row.cause or "", row.archive)
        for row in rows
    )
    if not versions and any(capture.cause == HOME_PAGE for capture in found):
        found = tuple(capture for capture in found if capture.fate and capture.fate in _LOST)
    return RecordedPage(domain, urlkey, rows[-1].original, found, versions) if found else None
