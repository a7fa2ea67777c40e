"""What the report is made from, read from the catalog without a lock and without writing, one company at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crawler.captures import HOME_PAGE, Fate
from pipelines.schema import captures, documents, domains, listings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Seen:
    """A capture and what became of it; `fate` is None where it was never asked for. `timestamp` is 14 digits (UTC)."""

    timestamp: str
    fate: Fate | None
    cause: str
    text_sha256: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A document's facts; `path` is under the output folder."""

    sha256: str
    path: str
    snapshot_url: str
    title: str
    words: int
    language: str
    dateless_sha256: str


@dataclass(frozen=True, slots=True)
class Version:
    """A maximal run of a page's captures, in time order, with the same text (the words of design.md)."""

    domain: str
    page: str
    first_seen: str
    last_seen: str
    captures: int
    text: Text


@dataclass(frozen=True, slots=True)
class Page:
    """One urlkey of a listed domain; captures and versions in time order. `url` is one of the URLs behind it."""

    domain: str
    urlkey: str
    url: str
    captures: tuple[Seen, ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the catalog; `unlisted` are the listings the archive did not give to their end."""

    name: str
    domains: tuple[str, ...]
    pages: tuple[Page, ...]
    unlisted: tuple[str, ...]

    @property
    def versions(self) -> tuple[Version, ...]:
        """All pages' versions by the time they were first seen; their numbers are their places here."""
        found = [version for page in self.pages for version in page.versions]
        return tuple(sorted(found, key=lambda version: (version.first_seen, version.domain, version.page)))


class Companies:
    """Every company of a catalog, read from a connection to it (pipelines.reading)."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db
        self._domains = self._by_company()
        self._unlisted = self._unfinished_listings()

    def names(self) -> list[str]:
        """Return the companies' names in their order."""
        return list(self._domains)

    def __iter__(self) -> Iterator[Company]:
        return (self._company(name, tuple(sorted(of))) for name, of in self._domains.items())

    def _by_company(self) -> dict[str, list[str]]:
        """Group the listed domains by company; one that has captures and no company is its own."""
        named = {row.domain: row.company for row in self._db.execute(sa.select(domains.c.domain, domains.c.company))}
        found: dict[str, list[str]] = defaultdict(list)
        for domain in named.keys() | set(self._db.scalars(sa.select(captures.c.domain).distinct())):
            found[named.get(domain, domain)].append(domain)
        return dict(sorted(found.items(), key=lambda item: (item[0].casefold(), item[0])))

    def _company(self, name: str, of: tuple[str, ...]) -> Company:
        texts = {
            (row["domain"], row["text_sha256"]): _text(row)
            for row in self._db.execute(sa.select(*_TEXT).where(documents.c.domain.in_(of))).mappings()
        }
        query = (
            sa.select(captures)
            .where(captures.c.domain.in_(of))
            .order_by(captures.c.domain, captures.c.urlkey, captures.c.timestamp, captures.c.digest)
        )
        rows = self._db.execute(query).mappings()
        found = (
            _page(domain, urlkey, list(group), texts)
            for (domain, urlkey), group in groupby(rows, key=lambda row: (row["domain"], row["urlkey"]))
        )
        pages = sorted(filter(None, found), key=lambda page: (page.captures[0].timestamp, page.urlkey))
        unlisted = tuple(what for host, what in self._unlisted if _is_under(host, of))
        return Company(name, of, tuple(pages), unlisted)

    def _unfinished_listings(self) -> list[tuple[str, str]]:
        query = sa.select(listings.c.url, listings.c.match).where(listings.c.finished.is_(None)).distinct()
        rows = sorted((row.url, row.match) for row in self._db.execute(query))
        return [(_host(url), f"{url} ({match})") for url, match in rows]


def _page(domain: str, urlkey: str, rows: Sequence[Any], texts: dict[tuple[str, str], Text]) -> Page | None:
    """Make a page of its captures. Of a home page only the losses count; None if it has none."""
    seen = tuple(
        Seen(row["timestamp"], Fate(row["fate"]) if row["fate"] else None, row["cause"] or "", row["text_sha256"])
        for row in rows
    )
    versions = tuple(_versions(domain, urlkey, seen, texts))
    if not versions and any(item.cause == HOME_PAGE for item in seen):
        seen = tuple(item for item in seen if item.fate and not item.fate.is_final)
    return Page(domain, urlkey, rows[-1]["original"], seen, versions) if seen else None


def _versions(domain: str, urlkey: str, seen: Iterable[Seen], texts: dict[tuple[str, str], Text]) -> Iterator[Version]:
    """Yield the runs as versions.jsonl has them: captures without a text do not end one."""
    with_text = [(item, texts[domain, item.text_sha256]) for item in seen if (domain, item.text_sha256) in texts]  # type: ignore[index]
    for _, run in groupby(with_text, key=lambda pair: pair[1].sha256):
        pairs = list(run)
        first, last = pairs[0][0].timestamp, pairs[-1][0].timestamp
        yield Version(domain, urlkey, first, last, len(pairs), pairs[0][1])


_TEXT = tuple(
    documents.c[name]
    for name in (
        "domain", "text_sha256", "path", "snapshot_url", "title", "words", "language", "dateless_sha256",
    )
)  # fmt: skip
"""The columns of a text, after its domain in the order of `Text`'s fields; no others, as an older catalog lacks some."""


def _text(row: Any) -> Text:
    return Text(*(row[column.name] for column in _TEXT[1:]))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] if "://" in url else url.partition("/")[0]


def _is_under(host: str, of: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in of)
