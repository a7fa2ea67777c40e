"""Readability of English texts: Flesch reading ease, Flesch-Kincaid grade, SMOG grade.

Flesch 1948; Kincaid et al. 1975 (Navy Research Branch report 8-75); McLaughlin 1969. Syllables are counted by pyphen
(the extra `readability`), which knows where words can be hyphenated: as in the Princeton-Leuven corpus, they come out
somewhat too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LANGUAGE: Final = "en"
"""The language that the formulas are for."""
_MIN_WORDS: Final = 100
"""The length of the samples that Flesch and Kincaid counted."""
_MIN_SENTENCES: Final = 30
"""The number of sentences that McLaughlin's formula is for."""
_SHORTEST: Final = 3
"""Words of a sentence; shorter ones are headings and marks of lists."""
_POLYSYLLABLE: Final = 3
_LONGEST: Final = 60
"""Letters of a word that are looked at; a longer one is none."""


@dataclass(frozen=True, slots=True)
class Readability:
    """The three measures, rounded to hundredths; None where a text is too short for one."""

    flesch: float | None
    flesch_kincaid: float | None
    smog: float | None


NO_READABILITY: Final = Readability(None, None, None)


def syllables_by() -> str:
    """Return the name and version of what counts syllables; empty if it is not installed."""
    try:
        return f"pyphen {version('pyphen')}"
    except PackageNotFoundError:
        return ""


@cache
def _counter() -> Callable[[str], int] | None:
    try:
        from pyphen import Pyphen  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    places = Pyphen(lang="en_US").positions

    @cache
    def count(word: str) -> int:
        return len(places(word)) + 1

    return count


def readability(sentences: Iterable[str]) -> Readability:
    """Return the measures of a text's sentences, all of them None without pyphen. Linear in the text."""
    count = _counter()
    if count is None:
        return NO_READABILITY
    lengths = [
        [count(word) for word in found]
        for found in (_spoken(sentence) for sentence in sentences)
        if len(found) >= _SHORTEST
    ]
    total, syllables = sum(map(len, lengths)), sum(map(sum, lengths))
    if total < _MIN_WORDS:
        return NO_READABILITY
    by_sentence, by_word = total / len(lengths), syllables / total
    long_words = sum(each >= _POLYSYLLABLE for sentence in lengths for each in sentence)
    smog = 3.1291 + 1.0430 * (long_words * 30 / len(lengths)) ** 0.5
    return Readability(
        flesch=round(206.835 - 1.015 * by_sentence - 84.6 * by_word, 2),
        flesch_kincaid=round(0.39 * by_sentence + 11.8 * by_word - 15.59, 2),
        smog=round(smog, 2) if len(lengths) >= _MIN_SENTENCES else None,
    )


def _spoken(sentence: str) -> list[str]:
    """Return the words with a letter, in lower case."""
    return [word for word in words(sentence.lower()) if len(word) <= _LONGEST and any(map(str.isalpha, word))]
