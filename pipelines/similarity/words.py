"""The words of a text: the one definition, for the gate, fingerprints, word counts and changes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pipelines.similarity.markdown_links import strip_link_targets

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_LETTER: Final = r"[^\W_\u3040-\u30ff\u3400-\u9fff]"
_EMPHASIS: Final = re.compile(rf"(?<!_)(?<!{_LETTER})_++|(?<!_)_++(?!{_LETTER})")
"""Underscores at the edge of a word. Those within one (`user_id`) are the word's own."""

_INVISIBLE: Final = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphens, places where a line may or may not break, byte order marks: within a word they don't end it."""
_DECOMPOSED: Final = re.compile(r"\w[\u0300-\u036f]{1,4}")
"""A letter with its accents apart. Whole texts are not normalised: that takes quadratic time for many accents in a row."""


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters, digits and underscores; each kana and Han character is a word."""
    return _WORD.findall(text)


def strip_emphasis(markdown: str) -> str:
    """Return markdown without the underscores around its words, by which it marks emphasis. Linear in the input."""
    return _EMPHASIS.sub("", markdown) if "_" in markdown else markdown


def as_seen(text: str) -> str:
    """Return a text without characters that nobody sees, and letters with their accents in one (NFC). Linear."""
    if text.isascii():
        return text
    return _DECOMPOSED.sub(lambda found: unicodedata.normalize("NFC", found[0]), _INVISIBLE.sub("", text))


def visible_words(markdown: str) -> list[str]:
    """Return the words that a reader of a document sees: without the targets of its links and the marks of emphasis."""
    return words(as_seen(strip_emphasis(strip_link_targets(markdown))))
