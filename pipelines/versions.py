"""The versions of an output folder: the public interface for Python programs (docs/python.md has an example)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import sqlalchemy as sa

from pipelines.catalog.page_address import address_of
from pipelines.catalog.read_only import reading
from pipelines.catalog.schema import documents
from pipelines.catalog.version_rows import BY_PAGE, version_rows
from pipelines.columns import About, Column, columns_of
from pipelines.document import Document, parse
from pipelines.errors import OutputError, TextWithheld
from pipelines.items import moment_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.measures import Measures
from pipelines.output.location import Location, named_location
from pipelines.output.object_errors import ObjectStoreError
from pipelines.output.storage import open_storage
from pipelines.takedown import NOTHING, load_takedown
from pipelines.topics.topics_file import load_topics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from pipelines.measures import Change, Measure, TextFacts
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics

BY_TIME: Final = "first_seen, domain, page, coalesce(variant, ''), number"
NEWS_FIRST: Final = "coalesce(run, '') DESC, first_seen DESC, id"
"""Orders of versions, as SQL, besides BY_PAGE. Versions without a run are the oldest news, on each database."""

SharedTexts: TypeAlias = "Mapping[str, Sequence[str]]"
"""The files, by text_sha256, of texts that several listed domains have."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A maximal run of a page's captures, in time order, with the same text. All moments are UTC.

    A page that gives several texts side by side has such runs in each variant.
    """

    id: Annotated[str, About("Names the version: domain, page, first_seen and the text's first 8 hex digits")]
    previous_id: Annotated[
        str | None, About("The page's version before this one, of the same variant; empty for the first")
    ]
    change: Annotated[
        str, About("first (of its page and variant), changed (to a new text) or returned (to a text it had before)")
    ]
    change_class: Annotated[
        str | None,
        About("What differs from the version before: substantive, dates, punctuation, links, markup or moved"),
    ]
    company: Annotated[str, About("Name of the company, as listed")]
    domain: Annotated[str, About("The company's listed domain under which the page was found")]
    kind: Annotated[str, About("What sort of document it is, as the kinds under pipelines/kinds/ are named")]
    page: Annotated[str, About("The page: its URL in SURT form, as the CDX index keys it")]
    variant: Annotated[
        str | None,
        About("Which of the texts that the page gives side by side, by language: de, en, en-2; empty if it gives one"),
    ]
    number: Annotated[int, About("Place among the versions of the page and the variant, from 1", "versions")]
    first_seen: Annotated[datetime, About("First capture with this text: read, or known by the digest of one that was")]
    last_seen: Annotated[datetime, About("Last capture with this text before one with another")]
    interval: Annotated[str, About("Half-year of first_seen as the Princeton-Leuven corpus writes it: 2019_A, 2019_B")]
    captures: Annotated[
        int, About("Captures that archives list of the page in that time, read or not, without errors", "captures")
    ]
    mimetype: Annotated[str | None, About("Media type of the captures, as the CDX index gives it")]
    timestamp: Annotated[str, About("When the memento that the text was read from was captured: 14 digits (UTC)")]
    archive: Annotated[str, About("Archive that the memento was read from")]
    url: Annotated[str, About("URL of that memento")]
    snapshot_url: Annotated[str, About("Where the Wayback Machine plays that memento back raw")]
    source_url: Annotated[str, About("Where it was read")]
    path: Annotated[str, About("The text file, under the output folder; versions with the same text share it")]
    text_sha256: Annotated[str, About("SHA-256 of title and body without link targets, in hex: tells texts apart")]
    title: Annotated[str | None, About("The page's title; empty if it has none")]
    words: Annotated[int, About("Visible words of the body: those outside link targets", "words")]
    words_added: Annotated[
        int,
        About("Words that it has more often than the version before; 0 where change_class is empty", "words"),
    ]
    words_removed: Annotated[int, About("Words that the version before has more often, in the same way", "words")]
    words_moved: Annotated[int, About("Words that both have, in another order", "words")]
    topics: Annotated[str | None, About("Topics that the text speaks of, in order, with spaces between")]
    topics_changed: Annotated[
        str | None, About("Topics of the sentences added and removed against the version before, with spaces between")
    ]
    effective_date: Annotated[
        str | None,
        About("Date from which the text says it holds, or else of its last update: YYYY-MM-DD; empty if not sure"),
    ]
    language: Annotated[str, About("Language of the text: ISO 639-1, or und")]
    flesch: Annotated[float | None, About("Flesch reading ease; English only, with the extra readability")]
    flesch_kincaid: Annotated[float | None, About("Flesch-Kincaid grade, in the same way", "school years")]
    smog: Annotated[float | None, About("SMOG grade, of texts of 30 sentences and more", "school years")]
    reading: Annotated[
        str | None, About("What found the text: corpus (as the Princeton-Leuven corpus reads a page) or full")
    ]
    reading_coverage: Annotated[float | None, About("Share of the page's reachable text that it holds, from 0 to 1")]
    policy_score: Annotated[float, About("How much it reads like a privacy policy, from 0 to 1")]
    policy_threshold: Annotated[
        float | None,
        About("Score from which a text of this page is one: lower the more is known of it; empty for other kinds"),
    ]
    is_policy: Annotated[
        bool | None, About("Whether it is one; false only for other kinds, and for pages that the companies file gives")
    ]
    near_duplicate_of: Annotated[
        str | None, About("text_sha256 of the domain's earliest text that this one is near to")
    ]
    converter_version: Annotated[str, About("Version of the converter that made the text")]
    recorded: Annotated[datetime | None, About("Start of the run of this program that first saw the version")]
    same_text_in: Annotated[
        str | None, About("Text files under other listed domains that have the same text, with spaces between")
    ]
    searched_as: str = field(repr=False, compare=False)
    """The kind that the page is searched for. `kind` says what its text is: a given page may hold something else."""
    folder: Location = field(repr=False, compare=False)
    run: str | None = field(default=None, repr=False, compare=False)
    """Moment of the run that first saw it, as the catalog has it; None if that was not recorded."""
    is_withheld: bool = field(default=False, repr=False, compare=False)
    """Whether the takedown list withholds its text; it has no title then."""

    @property
    def place(self) -> str:
        """Where the text stood: its URL; or its page's address, where the text was first read on another page or earlier."""
        if f"{self.first_seen:%Y%m%d%H%M%S}" <= self.timestamp <= f"{self.last_seen:%Y%m%d%H%M%S}":
            return self.url
        return f"{address_of(self.page)}, with the text of {self.url} of {moment_of(self.timestamp):%Y-%m-%d}"

    @property
    def is_doubted(self) -> bool:
        """Whether the text is not what its page is searched as: a page of the companies file, whose texts are kept."""
        return self.is_policy is False if self.searched_as == PRIVACY.name else self.kind != self.searched_as

    def text(self) -> str:
        """Return the content of the text file.

        Raises OutputError if the file is gone: a run may have moved it after the catalog was read. Raises TextWithheld if
        the takedown list has it.
        """
        if self.is_withheld:
            raise TextWithheld(f"the text of {self.url} of {self.timestamp} is withheld (TAKEDOWN_FILE)")
        return self._stored()

    def body_to_count(self) -> str:
        """Return the body for counts of words and characters, which are no text: also of one that is withheld."""
        return parse(self._stored()).body

    def _stored(self) -> str:
        storage = open_storage(self.folder)
        try:
            return storage.read(self.path).decode()
        except ObjectStoreError:  # that says nothing of the file
            raise
        except (OSError, UnicodeDecodeError) as error:
            reason = (error.strerror or error) if isinstance(error, OSError) else "not UTF-8"
            problem = f"{storage.location(self.path)}: can't be read ({reason})"
            raise OutputError(f"{problem}; if a run is working here, try again when it has ended") from error

    def document(self) -> Document:
        """Return the text file, parsed. Raises OutputError and TextWithheld like `text`."""
        return parse(self.text())


COLUMNS: Final[tuple[Column, ...]] = columns_of(Version)
"""The columns of a version, for exports and their descriptions."""


def versions(
    output_dir: str | Path = "output",
    *,
    catalog_url: str = "",
    topics_file: str | Path = "",
    takedown_file: str | Path = "",
) -> Iterator[Version]:
    """Yield the versions of an output folder by domain, page and time.

    They are read one by one, all from the state of the catalog at the first. No lock is taken, so a crawl may run
    meanwhile. `catalog_url`, `topics_file` and `takedown_file` are the settings of these names. Raises OutputError if the
    catalog is missing or unreadable, TopicsError and TakedownError for a fault in these files.
    """
    topics, takedown = load_topics(topics_file), load_takedown(takedown_file)
    location = named_location(output_dir)
    with reading(location, catalog_url) as connection:
        yield from read_versions(connection, location, topics=topics, takedown=takedown)


def read_versions(
    connection: sa.Connection,
    folder: Location,
    *,
    order: str = BY_PAGE,
    after: str = "",
    of: Collection[str] = (),
    kind: str = "",
    limit: int = -1,
    topics: Topics | None = None,
    measures: Measures | None = None,
    shared: SharedTexts | None = None,
    takedown: Takedown = NOTHING,
) -> Iterator[Version]:
    """Yield the versions in an `order`, at most `limit` if it is not negative.

    `after` (a moment as in the table `runs`) selects those of later runs, `of` those of listed domains, `kind` those of
    pages that are searched for a kind. `topics` are
    searched for in texts that the catalog does not have them of; `measures` takes their place for a caller that keeps
    what is found. `shared` is what `shared_texts` returns, for callers that read versions several times.
    `takedown` withholds texts.
    """
    measures = measures or Measures(connection, folder, topics)
    shared = shared_texts(connection) if shared is None else shared
    withheld = Withheld(connection, takedown)
    rows = version_rows(connection, order=order, after=after, of=of, kind=kind)
    for row in rows if limit < 0 else islice(rows, limit):
        elsewhere = " ".join(path for path in shared.get(row["text_sha256"], ()) if path != row["path"])
        yield _version(row, elsewhere, folder, measures.of(row), is_withheld=withheld.has(row))


class Withheld:
    """Which rows of the view `versions` a takedown list withholds the texts of."""

    def __init__(self, connection: sa.Connection, takedown: Takedown) -> None:
        self._takedown = takedown
        files: dict[str, str] = {}
        if takedown.hashes:
            named = documents.c.file_sha256.in_(takedown.hashes)
            rows = connection.execute(sa.select(documents.c.text_sha256, documents.c.file_sha256).where(named))
            files = {row.text_sha256: row.file_sha256 for row in rows}
        self._files = files

    def has(self, row: Mapping[str, Any] | sa.RowMapping) -> bool:
        """Whether it is so. The row has domain, page, url, timestamp, first_seen, last_seen and text_sha256."""
        sha = row["text_sha256"]
        place = {name: row[name] for name in ("domain", "page", "url", "timestamp", "first_seen", "last_seen")}
        return bool(self._takedown) and self._takedown.withholds(**place, hashes=(sha, self._files.get(sha, sha)))


def shared_texts(connection: sa.Connection) -> SharedTexts:
    """Return, by text_sha256, the files of each text that more than one listed domain has, in order."""
    several = sa.select(documents.c.text_sha256).group_by(documents.c.text_sha256).having(sa.func.count() > 1)
    query = sa.select(documents.c.text_sha256, documents.c.path).where(documents.c.text_sha256.in_(several))
    files: dict[str, list[str]] = {}
    for sha, path in connection.execute(query.order_by(documents.c.path)):
        files.setdefault(sha, []).append(path)
    return files


def _version(row: sa.RowMapping, elsewhere: str, folder: Location, measure: Measure, *, is_withheld: bool) -> Version:
    first_seen = datetime.fromisoformat(row["first_seen"])
    made: dict[str, Any] = {
        "first_seen": first_seen,
        "last_seen": datetime.fromisoformat(row["last_seen"]),
        "interval": f"{first_seen.year}_{'A' if first_seen.month < 7 else 'B'}",  # noqa: PLR2004 - July
        "title": None if is_withheld else row["title"] or None,
        "is_policy": None if row["is_policy"] is None else bool(row["is_policy"]),
        "recorded": datetime.fromisoformat(row["recorded"]) if row["recorded"] else None,
        "same_text_in": elsewhere or None,
        "topics": measure.topics or None,
        **_facts(measure.facts),
        **_changed(measure.change),
        "folder": folder,
        "is_withheld": is_withheld,
    }
    return Version(**{each.name: made[each.name] if each.name in made else row[each.name] for each in fields(Version)})


def _facts(facts: TextFacts | None) -> dict[str, Any]:
    return {
        "effective_date": (facts and facts.effective_date) or None,
        "flesch": facts and facts.flesch,
        "flesch_kincaid": facts and facts.flesch_kincaid,
        "smog": facts and facts.smog,
    }


def _changed(change: Change | None) -> dict[str, Any]:
    return {
        "change_class": change and change.change_class,
        "words_added": change.words_added if change else 0,
        "words_removed": change.words_removed if change else 0,
        "words_moved": change.words_moved if change else 0,
        "topics_changed": (change and change.topics) or None,
    }
