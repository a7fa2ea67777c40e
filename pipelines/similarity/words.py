"""The words of a text: the one definition, for the gate, fingerprints, word counts and changes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pipelines.similarity.markdown_links import strip_link_targets

_HAN: Final = r"\u3040-\u30ff\u3400-\u9fff"
_HAS_HAN: Final = re.compile(f"[{_HAN}]")
_WORD: Final = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+")
_SPACED_WORD: Final = re.compile(r"\w+")
"""The same for a text without kana and Han characters, in half of the time."""
_LETTER: Final = rf"[^\W_{_HAN}]"
_EMPHASIS: Final = re.compile(rf"_(?<!{_LETTER}_)(?<!__)_*+|_(?<!__)_*+(?!{_LETTER})")
"""Underscores at the edge of a word. Those within one (`user_id`) are the word's own. It begins with an underscore, so that
the search for one is fast."""

_INVISIBLE: Final = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphens, places where a line may or may not break, byte order marks: within a word they don't end it."""
_ACCENT: Final = re.compile("[\u0300-\u036f]")
_DECOMPOSED: Final = re.compile(rf"\w{_ACCENT.pattern}{{1,4}}")
"""A letter with its accents apart. Whole texts are not normalised: that takes quadratic time for many accents in a row."""


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters, digits and underscores; each kana and Han character is a word."""
    is_spaced = text.isascii() or not _HAS_HAN.search(text)
    return (_SPACED_WORD if is_spaced else _WORD).findall(text)


def strip_emphasis(markdown: str) -> str:
    """Return markdown without the underscores around its words, by which it marks emphasis. Linear in the input."""
    return _EMPHASIS.sub("", markdown) if "_" in markdown else markdown


def as_seen(text: str) -> str:
    """Return a text without characters that nobody sees, and letters with their accents in one (NFC). Linear."""
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", text)
    return _DECOMPOSED.sub(lambda found: unicodedata.normalize("NFC", found[0]), seen) if _ACCENT.search(seen) else seen


def visible_words(markdown: str) -> list[str]:
    """Return the words that a reader of a document sees: without the targets of its links and the marks of emphasis."""
    return words(as_seen(strip_emphasis(strip_link_targets(markdown))))
