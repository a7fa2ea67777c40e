"""A text with what comparisons need of it, each computed once: a version is compared with both of its neighbours."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from pipelines.similarity.dates import words_without_dates
from pipelines.similarity.plain_text import plain_text, unlinked
from pipelines.similarity.sentences import sentences_of
from pipelines.similarity.words import visible_words, words

if TYPE_CHECKING:
    from pipelines.document import Document

MAX_CHARS: Final = 1_000_000
"""Characters of a body that are compared. The longest known policy has 280,000 (pipelines.similarity.fingerprint)."""


class ComparedText:
    """The title and body of a document in markdown, without its header."""

    def __init__(self, title: str, body: str) -> None:
        self.title = " ".join(title.split())
        self.body = body[:MAX_CHARS]

    @classmethod
    def of(cls, document: Document) -> ComparedText:
        return cls(document.title or "", document.body)

    @cached_property
    def words(self) -> list[str]:
        """The visible words of the body."""
        return visible_words(self.body)

    @cached_property
    def plain(self) -> str:
        """The body as plain text."""
        return plain_text(self.body)

    @cached_property
    def unlinked(self) -> str:
        """The body with links as their text."""
        return unlinked(self.body)

    @cached_property
    def folded_words(self) -> list[str]:
        """The words of the plain text in lower case."""
        return words(self.plain.casefold())

    @cached_property
    def dateless_words(self) -> list[str]:
        """The same with `0` for each date."""
        return words_without_dates(self.plain.casefold())

    @cached_property
    def body_sentences(self) -> tuple[str, ...]:
        """The sentences of the body, as plain text."""
        return tuple(sentences_of("", self.plain))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The title and the sentences of the body, as plain text."""
        return (*((self.title,) if words(self.title) else ()), *self.body_sentences)
