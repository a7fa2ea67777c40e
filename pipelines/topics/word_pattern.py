"""Patterns of words, found by the places of words in a text. Pure, and bounded for any pattern: nothing backtracks.

    word    this word               word*   a word that begins so
    a|b     one of these words      ...     up to GAP words between

Upper and lower case are the same. A pattern is cut into words as texts are (`pipelines.similarity.words`): `opt-out` is the
two words `opt out`, and each kana and Han character is a word.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GAP: Final = 6
"""Most words that `...` stands for. Within six words most verbs have their object; beyond, most hits are chance."""
MAX_PLACES: Final = 12
"""Most words of a pattern."""
MAX_ALTERNATIVES: Final = 40
MAX_CHARS: Final = 400
"""Most characters of a pattern."""
MIN_PREFIX: Final = 2
"""Fewest characters before a `*`."""

_ANY: Final = "..."


@dataclass(frozen=True, slots=True)
class Place:
    """One word of a pattern: whole words and beginnings, one of which has to stand there, after up to `gap` others."""

    whole: tuple[str, ...]
    beginnings: tuple[str, ...]
    gap: int


@dataclass(frozen=True, slots=True)
class WordPattern:
    """A pattern: its places in their order."""

    places: tuple[Place, ...]


def parse_pattern(text: str) -> WordPattern:
    """Return the pattern that is written so. Raises ValueError with the fault and the remedy."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"a pattern of more than {MAX_CHARS} characters; write several")
    places: list[Place] = []
    gap = 0
    parts = text.casefold().split()
    if not parts or parts[0] == _ANY or parts[-1] == _ANY:
        raise ValueError(f"{text!r}: a pattern begins and ends with a word")
    for part in parts:
        if part == _ANY:
            gap = GAP
            continue
        for place in _places(part, text, gap):
            places.append(place)
            gap = 0
    if len(places) > MAX_PLACES:
        raise ValueError(f"{text!r:.80}: more than {MAX_PLACES} words; write several patterns")
    return WordPattern(tuple(places))


def _places(part: str, text: str, gap: int) -> Iterator[Place]:
    """Yield the places of a part between spaces: one, or several for one such as `opt-out`."""
    alternatives = part.split("|")
    if len(alternatives) > MAX_ALTERNATIVES:
        raise ValueError(f"{text!r:.80}: more than {MAX_ALTERNATIVES} alternatives; write several patterns")
    read = [_words_of(alternative, text) for alternative in alternatives]
    if len(read) > 1 and any(len(each) > 1 for each in read):
        raise ValueError(f"{text!r:.80}: an alternative is one word; write a pattern of its own for several words")
    for number in range(len(read[0])):
        chosen = [each[number] for each in read]
        yield Place(
            tuple(word for word in chosen if not word.endswith("*")),
            tuple(word[:-1] for word in chosen if word.endswith("*")),
            0 if number else gap,
        )


def _words_of(alternative: str, text: str) -> list[str]:
    """Return the words of an alternative; the last one with its `*`."""
    found = words(alternative)
    is_beginning = alternative.endswith("*")
    if not found or "*" in alternative.removesuffix("*") or re.search(r"[()\[\]{}^$+?\\]", alternative):
        raise ValueError(
            f"{text!r:.80}: no pattern; write words, word* for a beginning, a|b for one of two, ... for a gap"
        )
    if is_beginning and len(found[-1]) < MIN_PREFIX:
        raise ValueError(f"{text!r:.80}: a beginning has at least {MIN_PREFIX} characters before the *")
    return [*found[:-1], f"{found[-1]}*"] if is_beginning else found


class WordIndex:
    """The places of each word in sentences. A pattern never reaches from one sentence into the next."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._starts: list[int] = []
        self._beginnings: dict[str, list[int]] = {}
        place = 0
        for sentence in sentences:
            self._starts.append(place)
            for word in words(sentence.casefold()):
                self._places[word].append(place)
                place += 1
            place += GAP + 1

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._places)

    def find(self, pattern: WordPattern) -> set[int]:
        """Return the numbers, from 0, of the sentences that have a pattern."""
        ends: Sequence[int] | set[int] = ()
        for number, place in enumerate(pattern.places):
            here = self._at(place)
            if number:
                wanted = set(here)
                ends = {end + step for end in ends for step in range(1, place.gap + 2) if end + step in wanted}
            else:
                ends = here
            if not ends:
                return set()
        return {bisect_right(self._starts, end) - 1 for end in ends}

    def _at(self, place: Place) -> list[int]:
        found = [at for word in place.whole for at in self._places.get(word, ())]
        for beginning in place.beginnings:
            found += self._at_beginning(beginning)
        return found

    def _at_beginning(self, beginning: str) -> list[int]:
        if beginning not in self._beginnings:
            first = bisect_left(self._vocabulary, beginning)
            last = bisect_left(self._vocabulary, beginning + "\U0010ffff")
            self._beginnings[beginning] = [at for word in self._vocabulary[first:last] for at in self._places[word]]
        return self._beginnings[beginning]
