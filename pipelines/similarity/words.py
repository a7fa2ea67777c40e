"""The words of a text: the one definition, for the gate, fingerprints, word counts and changes."""

from __future__ import annotations

import re
from typing import Final

from pipelines.similarity.markdown_links import strip_link_targets

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters, digits and underscores; each kana and Han character is a word."""
    return _WORD.findall(text)


def visible_words(markdown: str) -> list[str]:
    """Return the words that a reader of a document sees: those outside the targets of its links."""
    return words(strip_link_targets(markdown))
