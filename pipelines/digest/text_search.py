"""Sentences of versions that have all of some patterns of words (`pipelines.topics.word_pattern`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.catalog.read_only import reading
from pipelines.document import parse
from pipelines.errors import OutputError
from pipelines.similarity.compared_text import ComparedText
from pipelines.takedown import NOTHING
from pipelines.topics.word_pattern import WordIndex, parse_pattern
from pipelines.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.topics.word_pattern import WordPattern
    from pipelines.versions import Version

BY_COMPANY: Final = "company, domain, page, coalesce(variant, ''), number"
"""The order in which hits are found, as SQL."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A version, and its sentences that have the patterns. `is_new` if the version before, where there is one, has none.

    A version whose text is withheld has no sentences, whether it has the patterns or not; the next one is new if the one
    before both has none.
    """

    version: Version
    sentences: tuple[str, ...]
    is_new: bool


def search(
    root: Location,
    patterns: Sequence[str],
    *,
    of: Collection[str] = (),
    since: str = "",
    catalog_url: str = "",
    topics: Topics | None = None,
    takedown: Takedown = NOTHING,
) -> Iterator[Hit]:
    """Yield the versions with a sentence that has all patterns, by company, page and time.

    `of` are listed domains, empty for all; `since` is the date (ISO 8601) from which a version was first seen. Raises
    ValueError for a pattern that can't be read, OutputError without a catalog. A text whose file is gone is passed
    over; one that `takedown` withholds is not searched.
    """
    wanted = [parse_pattern(pattern) for pattern in patterns]
    literals = [_longest(pattern) for pattern in wanted]
    last: tuple[str, tuple[str, ...]] = ("", ())  # of the version before, or of one with the same text
    with reading(root, catalog_url) as connection:
        for version in read_versions(connection, root, order=BY_COMPANY, of=of, topics=topics, takedown=takedown):
            found = _sentences(version, wanted, literals)
            before = last[1] if version.previous_id == last[0] else ()
            last = version.id, before if version.is_withheld else found
            if (found or version.is_withheld) and f"{version.first_seen:%Y-%m-%dT%H:%M:%S}" >= since:
                yield Hit(version, found, not before)


def _longest(pattern: WordPattern) -> tuple[str, ...]:
    """Return the words one of which a text must contain to have a pattern: those of its place with the longest ones."""
    places = ((*place.whole, *place.beginnings) for place in pattern.places)
    return max(places, key=lambda words: min(map(len, words)))


def _sentences(
    version: Version, patterns: Sequence[WordPattern], literals: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    try:
        text = version.text()
    except OutputError:
        return ()
    folded = text.casefold()
    if not all(any(word in folded for word in words) for words in literals):  # a hundred times faster than the index
        return ()
    sentences = ComparedText.of(parse(text)).sentences
    index = WordIndex(sentences)
    return tuple(sentences[at] for at in sorted(set.intersection(*map(index.find, patterns))))
