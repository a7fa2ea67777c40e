"""What the text of a link says: whether it names the kind of document, and how plainly. Pure."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from pipelines.kinds.accents import without_accents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.kinds.base import LinkTexts

_AND: Final = re.compile(r"[&+/|]|\bund\b")
_INVISIBLE: Final = dict.fromkeys((0xAD, 0x200B, *range(0x200D, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF))
"""Soft hyphens, zero-width spaces and joiners, marks of direction. U+200C stays: in Persian it divides parts of words."""
_ASCII_DIVIDERS: Final = re.compile(r"[^a-z0-9]+")
_FILLERS: Final = frozenset(
    "our the read view see website site web online pdf opens open in a an new tab window company full your my global us "
    "please click here this page for link external and".split()
)
"""Words that go with a document's name and add nothing."""
_MAX_WORDS: Final = 15
"""Words of a text that is a name of something, and no sentence about it."""


class Wording(IntEnum):
    """What a text says of the kind, the plainer the greater."""

    OTHER = -1
    """Something else that is named with the same word."""
    NOTHING = 0
    NEIGHBOUR = 1
    """What is close to the kind: choices, rights, cookies."""
    NEAR = 2
    """A name of the kind among other words."""
    COMBINED = 3
    """A name of the kind with others that stand on one page with it."""
    EXACT = 4


def folded(text: str) -> str:
    """Return a text in lower case, without accents and punctuation, its words divided by one space."""
    text = _AND.sub(" and ", without_accents(text.lower().translate(_INVISIBLE)))
    if text.isascii():
        text = _ASCII_DIVIDERS.sub(" ", text)
    else:
        text = "".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in text)
    words = text.split()
    while words and words[-1] == "and":
        words.pop()
    return " ".join(words).removeprefix("and ")


def wording(texts: Iterable[str], own_words: frozenset[str], links: LinkTexts) -> Wording:
    """Return what a link's texts say: the plainest of them, unless another one speaks of something else."""
    said = [_wording(text, own_words, links) for text in map(folded, texts) if text]
    best = max(said, default=Wording.NOTHING)
    return Wording.OTHER if best < Wording.EXACT and Wording.OTHER in said else best


def _wording(text: str, own_words: frozenset[str], links: LinkTexts) -> Wording:
    ignored = _FILLERS | own_words
    if text in links.exact or " ".join(word for word in text.split() if word not in ignored) in links.exact:
        return Wording.EXACT
    if links.namesakes.search(text):
        return Wording.OTHER
    is_near = bool(links.neighbours.search(text))
    if not links.names.search(text):
        return Wording.NEIGHBOUR if is_near else Wording.NOTHING
    if len(text.split()) > _MAX_WORDS:
        return Wording.NOTHING
    rest = [word for word in links.names.sub(" ", text).split() if word not in ignored and word not in links.companions]
    if not rest:
        return Wording.COMBINED
    return Wording.NEIGHBOUR if is_near else Wording.NEAR
