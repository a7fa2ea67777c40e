"""The sentences of a document, and which of them two texts do not share. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable

Key: TypeAlias = tuple[str, ...]
"""The words of a sentence, by which it is told apart: marks, spaces and line ends do not count."""

_QUOTES: Final = "\"'\u2019\u201d"
_OPENING: Final = "\"'\u201c\u2018(\\[¿¡"
_END: Final = re.compile(
    rf"(?:(?<=[.!?])|(?<=[.!?][{_QUOTES})\]]))\s+(?=[^\s\W_a-z]|[{_OPENING}])|(?<=[\u3002\uff01\uff1f])|[\n\t]+"
)
"""Where a sentence ends: before a capital, a figure or a letter without case; after a CJK full stop; with the line.

An abbreviation before a name ("Acme Inc. Ltd") ends one too: both texts of a comparison are cut in the same way.
"""


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """The sentences that the one text has more often than the other, in their order."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def sentences_of(title: str, plain: str) -> list[str]:
    """Return the title and the sentences of a plain text, without those that have no word. Spaces are collapsed."""
    found = (" ".join(part.split()) for part in _END.split(plain))
    return [each for each in (title, *found) if words(each)]


def key(sentence: str) -> Key:
    """Return what tells a sentence apart from others."""
    return tuple(words(sentence))


def sentence_change(old: Iterable[str], new: Iterable[str]) -> SentenceChange:
    """Return what was added and removed between the sentences of two texts. A sentence that moved is neither."""
    before, after = ([(key(each), each) for each in side] for side in (old, new))
    return SentenceChange(added=tuple(_more(after, before)), removed=tuple(_more(before, after)))


def _more(these: list[tuple[Key, str]], others: list[tuple[Key, str]]) -> Iterable[str]:
    left = Counter(each for each, _ in others)
    for each, sentence in these:
        if left[each]:
            left[each] -= 1
        else:
            yield sentence
