"""The catalog as the report needs it: companies with their pages, captures and versions. Only reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.archive_counts import archive_counts, has_several_archives
from pipelines.catalog.schema import captures, domains, listings
from pipelines.catalog.schema import pages as searched_pages
from pipelines.coverage import Coverage, read_coverage
from pipelines.items import HOME_PAGE, Fate
from pipelines.kinds.privacy import PRIVACY
from pipelines.report.density import thin_years
from pipelines.takedown import NOTHING
from pipelines.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.catalog.archive_counts import ArchiveCounts
    from pipelines.output.location import Location
    from pipelines.report.density import ThinYears
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

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

    `db` is a connection to it (pipelines.catalog.queries), `root` the output folder. Captures are read one company at a
    time, all versions at the start. What is said of a domain as a whole (coverage, lost listings) is the first kind's.
    """

    def __init__(
        self,
        db: sa.Connection,
        root: Location,
        topics: Topics | None = None,
        kind: str = PRIVACY.name,
        takedown: Takedown = NOTHING,
    ) -> None:
        self._db = db
        self._kind = kind
        searched = db.execute(sa.select(searched_pages.c.domain, searched_pages.c.urlkey, searched_pages.c.kind))
        self._searched = {(domain, urlkey): name for domain, urlkey, name in searched}
        self._versions: dict[tuple[str, str], list[Version]] = defaultdict(list)
        for version in read_versions(db, root, topics=topics, kind=kind, takedown=takedown):
            self._versions[version.domain, version.page].append(version)
        self._domains = domains_by_company(db)
        self._has_several = kind == PRIVACY.name and has_several_archives(db)
        is_first = kind == PRIVACY.name
        self._unlisted = self._unfinished_listings() if is_first else []
        self._coverage = read_coverage(db) if is_first else {}
        self._thin = self._thin_years()

    def names(self) -> list[str]:
        """Return the names of the companies in alphabetical order."""
        return list(self._domains)

    def __iter__(self) -> Iterator[RecordedCompany]:
        return (self._company(name, tuple(sorted(of))) for name, of in self._domains.items())

    def _company(self, name: str, of: tuple[str, ...]) -> RecordedCompany:
        query = (
            sa.select(captures)
            .where(captures.c.domain.in_(of))
            .order_by(captures.c.domain, captures.c.urlkey, captures.c.timestamp, captures.c.digest)
        )
        rows = self._db.execute(query).mappings()
        found = (
            _page(domain, urlkey, list(group), tuple(self._versions.get((domain, urlkey), ())))
            for (domain, urlkey), group in groupby(rows, key=lambda row: (row["domain"], row["urlkey"]))
            if self._searched.get((domain, urlkey), PRIVACY.name) == self._kind
        )
        pages = sorted(filter(None, found), key=lambda page: (page.captures[0].timestamp, page.urlkey))
        unlisted = tuple(what for domain, what in self._unlisted if domain in of)
        return RecordedCompany(
            name,
            of,
            tuple(pages),
            unlisted,
            self._coverage.get(name, Coverage()),
            self._thin.get(name, ()),
            tuple(archive_counts(self._db, of)) if self._has_several else (),
        )

    def _thin_years(self) -> dict[str, tuple[ThinYears, ...]]:
        """Return the years in which the archive was thin, by company; captures are those of pages with a text."""
        names = {domain: name for name, of in self._domains.items() for domain in of}
        since: dict[str, int] = {}
        for (domain, _), versions in self._versions.items():
            first = min(version.first_seen.year for version in versions)
            since[names[domain]] = min(since.get(names[domain], first), first)
        year: sa.ColumnElement[str] = sa.literal_column(
            "substr(captures.timestamp, 1, 4)"
        )  # PostgreSQL takes two parameters for two values
        query = sa.select(captures.c.domain, captures.c.urlkey, year, sa.func.count()).group_by(
            captures.c.domain, captures.c.urlkey, year
        )
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for domain, urlkey, when, count in self._db.execute(query):
            if (domain, urlkey) in self._versions:
                counts[names[domain]][int(when)] += count
        return thin_years(counts, since)

    def _unfinished_listings(self) -> list[tuple[str, str]]:
        """Return the listed domain and the query of each listing that no other one takes the place of."""
        query = sa.select(listings.c.domain, listings.c.url, listings.c.match).distinct()
        rows = self._db.execute(query.where(listings.c.finished.is_(None), listings.c.match.in_(_REQUIRED)))
        return [(domain, f"{url} ({match})") for domain, url, match in sorted(tuple(row) for row in rows)]


def domains_by_company(db: sa.Connection) -> dict[str, list[str]]:
    """Return the listed domains of each company, in alphabetical order of names; one without a company is its own."""
    named = {row.domain: row.company for row in db.execute(sa.select(domains.c.domain, domains.c.company))}
    found: dict[str, list[str]] = defaultdict(list)
    for domain in named.keys() | set(db.scalars(sa.select(captures.c.domain).distinct())):
        found[named.get(domain, domain)].append(domain)
    return dict(sorted(found.items(), key=lambda item: (item[0].casefold(), item[0])))


def _page(domain: str, urlkey: str, rows: Sequence[Any], versions: tuple[Version, ...]) -> RecordedPage | None:
    """Build a page from its captures. A home page keeps only its lost captures; None if it has none."""
    found = tuple(
        RecordedCapture(
            row["timestamp"], Fate(row["fate"]) if row["fate"] else None, row["cause"] or "", row["archive"]
        )
        for row in rows
    )
    if not versions and any(capture.cause == HOME_PAGE for capture in found):
        found = tuple(capture for capture in found if capture.fate and capture.fate in _LOST)
    return RecordedPage(domain, urlkey, rows[-1]["original"], found, versions) if found else None
