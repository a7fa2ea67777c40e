"""changes.atom and feeds/<company>.atom: projections of the catalog and the text files, as versions.jsonl is.

Other kinds of documents have feeds of their own: changes.terms.atom and feeds/<company>.terms.atom.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.catalog.read_only import reading
from pipelines.catalog.schema import captures
from pipelines.digest.atom_feed import FeedEntry, FeedHead, atom, differences_of, texts_key
from pipelines.digest.excerpts import excerpts
from pipelines.digest.formats import difference_html
from pipelines.document import parse
from pipelines.errors import OutputError
from pipelines.kinds import KINDS, suffix_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.storage import open_storage
from pipelines.report.page_names import FEEDS, feed_of, page_of, slugs
from pipelines.report.recorded import domains_by_company
from pipelines.similarity.change_class import NOISE
from pipelines.similarity.compared_text import ComparedText
from pipelines.similarity.sentences import sentence_change
from pipelines.takedown import NOTHING
from pipelines.versions import NEWS_FIRST, Withheld, read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from pipelines.kinds.base import Kind
    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts, Version

FEED_ENTRIES: Final = 200
"""Entries of the feed: a reader that looks in once a week misses none of some thirty changes a day."""
COMPANY_ENTRIES: Final = 50
"""Entries of a company's feed."""
EVER: Final = "0"
"""A moment before all others, as the catalog writes them."""
_REPORT: Final = "report/index.html"
_MAX_BYTES: Final = 16_000_000
"""Of a feed that is read for the differences in it."""


def write_feeds(
    root: Location,
    catalog_url: str = "",
    *,
    topics: Topics | None = None,
    address: str = "",
    takedown: Takedown = NOTHING,
) -> None:
    """Write the feeds of an output folder from a read-only catalog. Raises OutputError.

    `address` is the setting PUBLIC_URL.
    """
    with reading(root, catalog_url) as connection:
        try:
            write_feeds_of(
                connection, root, topics=topics, shared=shared_texts(connection), address=address, takedown=takedown
            )
        except OSError as error:
            raise OutputError(f"{root}: can't write: {error.strerror or error}; see OUTPUT_DIR") from error


def write_feeds_of(
    connection: Connection,
    root: Location,
    *,
    topics: Topics | None,
    shared: SharedTexts,
    address: str = "",
    takedown: Takedown = NOTHING,
) -> None:
    """Write all feeds, and delete those of companies that have none any more."""
    begun = connection.execute(sa.select(sa.func.min(captures.c.recorded)).where(captures.c.recorded > EVER)).scalar()
    storage, names = open_storage(root), slugs(domains_by_company(connection))
    maker = _Maker(
        storage, _Places(connection, Withheld(connection, takedown)), names, address.rstrip("/"), _known(storage)
    )
    read = partial(read_versions, connection, root, after=EVER, topics=topics, shared=shared, takedown=takedown)
    written = set()
    for kind in KINDS.values():
        written |= set(_write_kind(kind, maker, read, begun or ""))
    for name in {*storage.list(FEEDS), *map(feed_of, KINDS)} - written:
        if name.endswith(".atom"):
            storage.delete(name)


def _write_kind(kind: Kind, maker: _Maker, read: Callable[..., Iterator[Version]], begun: str) -> Iterator[str]:
    """Write a kind's feeds of all companies and of each; yield their names. But for the first kind, none is empty."""
    is_first, suffix = kind is PRIVACY, suffix_of(kind.name)
    newest, noise = _newest(read(order=NEWS_FIRST, kind=kind.name), FEED_ENTRIES)
    if newest or is_first:
        name = feed_of(kind.name)
        title = "Changes of privacy policies" if is_first else f"Changes of {kind.header_noun}"
        head = FeedHead(title, f"{begun}{suffix}", maker.address(name), maker.page(""), noise)
        maker.storage.write(name, atom(head, [maker.entry(version) for version in newest]))
        yield name
    found = read(order=f"company, {NEWS_FIRST}", kind=kind.name)
    for company, of in groupby(found, key=lambda version: version.company):
        name = feed_of(kind.name, maker.slugs[company])
        newest, noise = _newest(of, COMPANY_ENTRIES)
        title = f"{company}: changes of its {'policy' if is_first else kind.header_noun}"
        page = maker.page(company, "../", kind=kind.name)
        head = FeedHead(title, f"{begun} {company}{suffix}", maker.address(name), page, noise)
        maker.storage.write(name, atom(head, [maker.entry(version, "../") for version in newest]))
        yield name


def _newest(versions: Iterable[Version], most: int) -> tuple[list[Version], Mapping[str, int]]:
    """Return the newest versions that say something new, and how many between them do not, by class."""
    newest: list[Version] = []
    noise: Counter[str] = Counter()
    for version in versions:
        if len(newest) == most:
            break
        if version.change_class in NOISE:
            noise[version.change_class] += 1
        else:
            newest.append(version)
    return newest, noise


def _known(storage: Storage) -> dict[str, str]:
    """Return the differences in the feeds that are there: they follow from two texts, and need not be found again."""
    feeds = (*map(feed_of, KINDS), *storage.list(FEEDS))
    names = [name for name in feeds if 0 < (storage.size(name) or 0) <= _MAX_BYTES]
    return {key: text for name in names for key, text in differences_of(storage.read(name)).items()}


@dataclass(frozen=True, slots=True)
class _Text:
    """A version's text: its hash, its file, its snapshot; and whether it is withheld."""

    text_sha256: str
    path: str
    snapshot_url: str
    is_withheld: bool


class _Places:
    """Of all versions: the number in the report (of its company and kind), the name that never changes, and the text."""

    def __init__(self, connection: Connection, withheld: Withheld) -> None:
        names = (
            "id, company, searched_as, domain, page, variant, first_seen, last_seen, run, text_sha256, path, snapshot_url, "
            "url, timestamp"
        )
        rows = connection.execute(sa.text(f"SELECT {names} FROM versions")).all()  # noqa: S608 - our own names
        self.number: dict[str, int] = {}
        self.name: dict[str, str] = {}
        self.text: dict[str, _Text] = {}
        counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        for row in sorted(rows, key=lambda row: (row.first_seen, row.domain, row.page, row.variant or "")):
            # Not by first_seen, as `id` is: an earlier capture may become known.
            name = f"{row.domain} {row.page} {row.text_sha256} {row.run}"
            counts[row.company, row.searched_as] += 1
            counts[name, ""] += 1
            self.number[row.id] = counts[row.company, row.searched_as]
            self.name[row.id] = f"{name} {counts[name, '']}"
            self.text[row.id] = _Text(row.text_sha256, row.path, row.snapshot_url, withheld.has(row._mapping))  # noqa: SLF001 - its name


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes entries. `where` is PUBLIC_URL without its last slash; without it, links are relative to the feed."""

    storage: Storage
    places: _Places
    slugs: Mapping[str, str]
    where: str
    known: dict[str, str]

    def address(self, name: str) -> str:
        return f"{self.where}/{name}" if self.where else name.rpartition("/")[2]

    def page(self, company: str, up: str = "", fragment: str = "", kind: str = PRIVACY.name) -> str:
        """Return where the report shows a company, or all of them; empty if there is no report."""
        if self.storage.size(_REPORT) is None:
            return ""
        page = f"report/companies/{page_of(self.slugs[company], kind)}" if company else _REPORT
        return f"{f'{self.where}/' if self.where else up}{page}{fragment}"

    def entry(self, version: Version, up: str = "") -> FeedEntry:
        page = self.page(version.company, up, f"#v{self.places.number[version.id]}", version.searched_as)
        before = self.places.text.get(version.previous_id or "")
        return FeedEntry(
            version,
            self.places.name[version.id],
            page or version.snapshot_url.replace("id_/", "/", 1),  # as the Wayback Machine shows it, not raw
            before.snapshot_url if before else "",
            texts_key(before.text_sha256, version.text_sha256) if before else "",
            self._difference(before, version) if before else "",
            is_withheld=version.is_withheld or bool(before and before.is_withheld),
        )

    def _difference(self, before: _Text, version: Version) -> str:
        key = texts_key(before.text_sha256, version.text_sha256)
        if before.is_withheld or version.is_withheld:
            return ""
        if key not in self.known:
            try:
                old, new = (ComparedText.of(parse(self._read(path))) for path in (before.path, version.path))
            except (OSError, OutputError):  # a file is gone: the next feed has it
                return ""
            self.known[key] = "\n".join(difference_html(excerpts(sentence_change(old.sentences, new.sentences))))
        return self.known[key]

    def _read(self, path: str) -> str:
        return self.storage.read(path).decode(errors="replace")
