"""changes.atom and feeds/<company>.atom: projections of the catalog and the text files, as versions.jsonl is.

Other kinds of documents have feeds of their own: changes.terms.atom and feeds/<company>.terms.atom.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.catalog.read_only import reading
from pipelines.catalog.schema import captures
from pipelines.catalog.version_rows import domains_with_text
from pipelines.digest.atom_feed import FeedEntry, FeedHead, atom, differences_of, texts_key
from pipelines.digest.excerpts import excerpts
from pipelines.digest.formats import difference_html
from pipelines.document import parse
from pipelines.errors import OutputError
from pipelines.kinds import KINDS, suffix_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.storage import open_storage
from pipelines.report.page_names import FEEDS, feed_of, page_of, public_address, slugs
from pipelines.report.recorded import domains_by_company
from pipelines.similarity.change_class import NOISE
from pipelines.similarity.compared_text import ComparedText
from pipelines.similarity.sentences import sentence_change
from pipelines.takedown import NOTHING
from pipelines.versions import read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
    """Write all feeds, and delete those of companies that have none any more.

    The versions of one company are in memory at a time, and the newest of all.
    """
    query = sa.select(captures.c.recorded).where(captures.c.recorded > EVER).order_by(captures.c.recorded).limit(1)
    begun = connection.execute(query).scalar() or ""
    storage, companies = open_storage(root).listed_once(FEEDS), domains_by_company(connection)
    differences, has_report = _known(storage, *map(feed_of, KINDS)), storage.size(_REPORT) is not None
    maker = _Maker(storage, slugs(companies), address, differences, has_report=has_report)
    written = set[str]()
    read = partial(read_versions, connection, root, topics=topics, shared=shared, takedown=takedown)
    newest = {name: _Newest(FEED_ENTRIES) for name in KINDS}
    with_text = set(domains_with_text(connection))
    for company, of in companies.items():
        known = [domain for domain in of if domain in with_text]
        placed = _placed(read(of=known)) if known else []
        for kind in KINDS.values():
            of_kind = sorted((each for each in placed if each.version.searched_as == kind.name), key=_news_first)
            if of_kind:
                newest[kind.name].add(of_kind)
                written.add(_write_company(maker, kind, company, of_kind, begun))
    for kind in KINDS.values():
        written |= set(_write_all(maker, kind, newest[kind.name], begun))
    for name in {*storage.list(FEEDS), *map(feed_of, KINDS)} - written:
        if name.endswith(".atom"):
            storage.delete(name)


def _write_company(maker: _Maker, kind: Kind, company: str, placed: Iterable[_Placed], begun: str) -> str:
    """Write a company's feed of a kind; return its name."""
    suffix, newest = suffix_of(kind.name), _Newest(COMPANY_ENTRIES)
    newest.add(placed)
    name = feed_of(kind.name, maker.slugs[company])
    title = f"{company}: changes of its {'policy' if kind is PRIVACY else kind.header_noun}"
    page = maker.page(company, "../", kind=kind.name)
    head = FeedHead(title, f"{begun} {company}{suffix}", maker.address(name), page, newest.noise)
    maker.write(name, head, newest.entries, "../")
    return name


def _write_all(maker: _Maker, kind: Kind, newest: _Newest, begun: str) -> Iterator[str]:
    """Write a kind's feed of all companies; yield its name. But for the first kind, none is empty."""
    if newest.entries or kind is PRIVACY:
        name = feed_of(kind.name)
        title = "Changes of privacy policies" if kind is PRIVACY else f"Changes of {kind.header_noun}"
        page = maker.page("")
        head = FeedHead(title, f"{begun}{suffix_of(kind.name)}", maker.address(name), page, newest.noise)
        maker.write(name, head, newest.entries)
        yield name


@dataclass(slots=True)
class _Placed:
    """A version with its number in the report, its name that never changes, the one before it, and how they differ."""

    version: Version
    number: int
    name: str
    before: Version | None
    difference: str | None = None
    """HTML; None until it is looked up, for the company's feed or for that of all."""


def _placed(found: Iterable[Version]) -> list[_Placed]:
    """Return the versions of one company that a run is known to have recorded. Those of each kind are numbered."""
    numbers: Counter[str] = Counter()
    names: Counter[str] = Counter()
    ordered = sorted(found, key=lambda each: (each.first_seen, each.domain, each.page, each.variant or ""))
    by_id = {version.id: version for version in ordered}
    placed = []
    for version in ordered:
        # Not by first_seen, as `id` is: an earlier capture may become known.
        name = f"{version.domain} {version.page} {version.text_sha256} {version.run}"
        numbers[version.searched_as] += 1
        names[name] += 1
        before = by_id.get(version.previous_id or "")
        placed.append(_Placed(version, numbers[version.searched_as], f"{name} {names[name]}", before))
    return [each for each in placed if each.version.run is not None]


def _news_first(placed: _Placed) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Return what sorts versions as NEWS_FIRST does: the latest run, the latest version, then by id."""
    version = placed.version
    moments = version.run or "", f"{version.first_seen:%Y%m%d%H%M%S}"
    run, first_seen = (tuple(-ord(sign) for sign in moment) for moment in moments)
    return run, first_seen, version.id


class _Newest:
    """The newest versions that say something new, at most so many, and how many between them do not, by class."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.entries: list[_Placed] = []
        self._noise: list[_Placed] = []

    def add(self, placed: Iterable[_Placed]) -> None:
        """Take versions of one company."""
        new = list(placed)
        self._noise += [each for each in new if each.version.change_class in NOISE]
        self.entries += [each for each in new if each.version.change_class not in NOISE]
        self.entries = sorted(self.entries, key=_news_first)[: self._most]
        if len(self.entries) == self._most:
            last = _news_first(self.entries[-1])
            self._noise = [each for each in self._noise if _news_first(each) < last]

    @property
    def noise(self) -> Mapping[str, int]:
        return Counter(str(each.version.change_class) for each in sorted(self._noise, key=_news_first))


def _known(storage: Storage, *names: str) -> dict[str, str]:
    """Return the differences in feeds that are there: they follow from two texts, and need not be found again."""
    there = [name for name in names if 0 < (storage.size(name) or 0) <= _MAX_BYTES]
    return {key: text for name in there for key, text in differences_of(storage.read(name)).items()}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes entries. `where` is PUBLIC_URL; without it, links are relative to the feed."""

    storage: Storage
    slugs: Mapping[str, str]
    where: str
    known: Mapping[str, str]
    """The differences in the feeds of all companies."""
    has_report: bool

    def write(self, name: str, head: FeedHead, newest: Iterable[_Placed], up: str = "") -> None:
        known = {**self.known, **_known(self.storage, name)}
        self.storage.write(name, atom(head, [self.entry(each, known, up) for each in newest]))

    def address(self, name: str) -> str:
        return public_address(self.where, name, name.rpartition("/")[2])

    def page(self, company: str, up: str = "", fragment: str = "", kind: str = PRIVACY.name) -> str:
        """Return where the report shows a company, or all of them; empty if there is no report."""
        if not self.has_report:
            return ""
        page = f"report/companies/{page_of(self.slugs[company], kind)}" if company else _REPORT
        return f"{public_address(self.where, page, f'{up}{page}')}{fragment}"

    def entry(self, placed: _Placed, known: Mapping[str, str], up: str = "") -> FeedEntry:
        version, before = placed.version, placed.before
        page = self.page(version.company, up, f"#v{placed.number}", version.searched_as)
        key = texts_key(before.text_sha256, version.text_sha256) if before else ""
        is_withheld = version.is_withheld or bool(before and before.is_withheld)
        if before and placed.difference is None and not is_withheld:  # nor one in the feed that is there
            placed.difference = known[key] if key in known else self._difference(before, version)
        return FeedEntry(
            version,
            placed.name,
            page or version.snapshot_url.replace("id_/", "/", 1),  # as the Wayback Machine shows it, not raw
            before.snapshot_url if before else "",
            key,
            placed.difference or "",
            is_withheld=is_withheld,
        )

    def _difference(self, before: Version, version: Version) -> str:
        try:
            old, new = (ComparedText.of(parse(self._read(each.path))) for each in (before, version))
        except (OSError, OutputError):  # a file is gone: the next feed has it
            return ""
        return "\n".join(difference_html(excerpts(sentence_change(old.sentences, new.sentences))))

    def _read(self, path: str) -> str:
        return self.storage.read(path).decode(errors="replace")
