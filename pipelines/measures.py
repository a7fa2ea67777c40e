"""What is measured of versions: their topics, dates and readability, and of each change its class, words and topics.

It follows from the texts alone. A run keeps it in the catalog (`text_topics`, `text_facts`, `text_changes`); a reader
computes what is not there, or was found by other patterns, from the text files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.schema import documents, measured
from pipelines.document import parse
from pipelines.errors import OutputError
from pipelines.output.storage import open_storage
from pipelines.similarity.change_class import ChangeClass, change_class
from pipelines.similarity.compared_text import ComparedText
from pipelines.similarity.effective_date import effective_date
from pipelines.similarity.readability import LANGUAGE, NO_READABILITY, readability, syllables_by
from pipelines.similarity.sentences import sentence_change
from pipelines.similarity.word_changes import change_of_words
from pipelines.topics.topics_file import default_topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.output.location import Location
    from pipelines.topics.topics_file import Topics

    Row = Mapping[str, Any] | sa.RowMapping

METHOD: Final = "2"
"""Version of the measure. Raise it with every change of what a text's measure is: catalogs then compute it anew."""

FACTS_METHOD: Final = "2"
"""The same of `TextFacts`."""

_TEXTS_KEPT: Final = 8
"""Texts in memory. Versions come page by page in time order, so that two would do but for texts that return."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change from one text to another: its class, words by the one measure, and the topics of its sentences."""

    change_class: str
    words_added: int
    words_removed: int
    words_moved: int
    topics: str


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What a text says of its own date (ISO 8601; empty for nothing sure), and how well it reads."""

    effective_date: str
    flesch: float | None
    flesch_kincaid: float | None
    smog: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of a version; None where a text file is not there, and a change for the first of a page."""

    topics: str | None
    change: Change | None
    facts: TextFacts | None


def change_between(old: ComparedText, new: ComparedText, topics: Topics) -> Change:
    """Return the change from one text to another. Only sentences added or removed give it topics."""
    words, found = change_of_words(old.words, new.words), change_class(old, new)
    named: tuple[str, ...] = ()
    if found in {ChangeClass.SUBSTANTIVE, ChangeClass.MOVED}:
        sentences = sentence_change(old.sentences, new.sentences)
        named = topics.of_sentences([*sentences.added, *sentences.removed])
    return Change(found.value, words.added, words.removed, words.moved, " ".join(named))


def facts_of(text: ComparedText, language: str) -> TextFacts:
    """Return the facts of a text in a language (ISO 639-1)."""
    found = readability(text.body_sentences) if language == LANGUAGE else NO_READABILITY
    return TextFacts(effective_date(text.title, text.plain, language), found.flesch, found.flesch_kincaid, found.smog)


def facts_by() -> str:
    """Return what finds the facts of texts here: method, and the counter of syllables if there is one."""
    return f"{FACTS_METHOD} {syllables_by()}".rstrip()


def measured_by(topics: Topics) -> str:
    """Return what tells measures apart that were found by other patterns, or in another way."""
    return f"{METHOD} {topics.digest}"


class Measures:
    """The measures of an output folder's versions.

    `texts`, `facts` and `changes` hold those that the catalog does not have yet.
    """

    def __init__(self, connection: sa.Connection, folder: Location, topics: Topics | None = None) -> None:
        self._db = connection
        self._storage = open_storage(folder)
        self._topics = topics or default_topics()
        self.by = measured_by(self._topics)
        """Names the method and the patterns."""
        self.is_known = connection.execute(sa.select(measured.c.by)).scalar() == self.by
        """Whether what the catalog has was measured in the same way."""
        self.facts_by = facts_by()
        """Names the method of facts."""
        self.texts: dict[tuple[str, str], str] = {}
        """Topics by text and kind."""
        self.facts: dict[str, TextFacts] = {}
        self.changes: dict[tuple[str, str, str], Change] = {}
        """By the earlier text, the later one, and their kind."""
        self._text = lru_cache(_TEXTS_KEPT)(self._read)

    def forget(self) -> None:
        """Begin anew with what the catalog does not have: it has now what was found so far, by this method."""
        self.is_known = True
        self.texts, self.facts, self.changes = {}, {}, {}

    def of(self, row: Row) -> Measure:
        """Return the measure of a row of the view `versions`."""
        before, sha = row["previous_text_sha256"], row["text_sha256"]
        change = self._change(row, before, sha) if before else None
        return Measure(self._topics_of(row, sha), change, self._facts_of(row, sha))

    def _facts_of(self, row: Row, sha: str) -> TextFacts | None:
        if self._has_facts(row["facts_by"]):
            return TextFacts(row["effective_date"] or "", *(row[name] for name in ("flesch", "flesch_kincaid", "smog")))
        if sha not in self.facts:
            text = self._text(row["domain"], sha)
            if text is None:
                return None
            self.facts[sha] = facts_of(text, row["language"])
        return self.facts[sha]

    def _has_facts(self, by: str | None) -> bool:
        """Whether facts found earlier are as good as ours: what counted syllables then may not be installed now."""
        can_count = self.facts_by != FACTS_METHOD
        return by is not None and (by == self.facts_by or (not can_count and by.startswith(f"{FACTS_METHOD} ")))

    def _topics_of(self, row: Row, sha: str) -> str | None:
        if self.is_known and row["topics"] is not None:
            return str(row["topics"])
        kind = row["searched_as"]
        if (sha, kind) not in self.texts:
            text = self._text(row["domain"], sha)
            if text is None:
                return None
            self.texts[sha, kind] = " ".join(self._topics.of(kind).of_sentences(text.sentences))
        return self.texts[sha, kind]

    def _change(self, row: Row, before: str, sha: str) -> Change | None:
        if self.is_known and row["change_class"] is not None:
            added, removed, moved = (int(row[f"words_{which}"]) for which in ("added", "removed", "moved"))
            return Change(row["change_class"], added, removed, moved, row["topics_changed"])
        key = before, sha, row["searched_as"]
        if key not in self.changes:
            old, new = self._text(row["domain"], before), self._text(row["domain"], sha)
            if old is None or new is None:
                return None
            self.changes[key] = change_between(old, new, self._topics.of(row["searched_as"]))
        return self.changes[key]

    def _read(self, domain: str, sha: str) -> ComparedText | None:
        """Return a text of a domain; None if its file is not there: a run that works meanwhile may have moved it."""
        query = sa.select(documents.c.path).where(documents.c.domain == domain, documents.c.text_sha256 == sha)
        path = self._db.execute(query).scalar()
        try:
            return ComparedText.of(parse(self._storage.read(path).decode(errors="replace"))) if path else None
        except (OSError, OutputError):  # or the catalog names a file outside the folder
            return None
