"""The class of a change: what sort of difference is between two texts. Pure.

From what says least to what says most, so that a change has exactly one class, the same in both directions:

* `links`: the text of the links is the same; a link was set, removed or set around other words
* `markup`: the words and their punctuation are the same; emphasis, headings, lists, line ends or the title differ
* `punctuation`: the words are the same, but for upper and lower case
* `dates`: dates, years or clock times differ, nothing else
* `moved`: whole sentences stand in another place; each is the same but for dates
* `substantive`: words were added, removed or exchanged

Only the last is what a reader of the policy has to know. The others are NOISE.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pipelines.similarity.dates import words_without_dates
from pipelines.similarity.sentences import sentences_of
from pipelines.similarity.words import words

if TYPE_CHECKING:
    from pipelines.similarity.compared_text import ComparedText


class ChangeClass(StrEnum):
    """What sort of difference is between two texts."""

    SUBSTANTIVE = "substantive"
    DATES = "dates"
    PUNCTUATION = "punctuation"
    LINKS = "links"
    MARKUP = "markup"
    MOVED = "moved"


NOISE: Final = frozenset(ChangeClass) - {ChangeClass.SUBSTANTIVE}
"""The classes that say nothing new. What is shown without being asked for leaves them out, and says how many."""


def change_class(old: ComparedText, new: ComparedText) -> ChangeClass:
    """Return the class of the change from one text to another. Linear in their length.

    Two texts without any difference have no class; `links` is returned for them.
    """
    if old.words == new.words:
        return _without_words(old, new)
    if old.folded_words == new.folded_words:  # or a mark stands within a word: **W**e
        return ChangeClass.PUNCTUATION
    if old.dateless_words == new.dateless_words:
        return ChangeClass.DATES
    is_moved = Counter(old.dateless_words) == Counter(new.dateless_words) and _dateless(old) == _dateless(new)
    return ChangeClass.MOVED if is_moved else ChangeClass.SUBSTANTIVE


def _without_words(old: ComparedText, new: ComparedText) -> ChangeClass:
    """Return the class of a change that alters no word of the body."""
    if old.title == new.title and old.unlinked == new.unlinked:
        return ChangeClass.LINKS
    if old.plain.split() != new.plain.split():
        return ChangeClass.PUNCTUATION
    dateless = [words_without_dates(each.title.casefold()) for each in (old, new)]
    is_dated = dateless[0] == dateless[1] and words(old.title.casefold()) != words(new.title.casefold())
    return ChangeClass.DATES if is_dated else ChangeClass.MARKUP


def _dateless(text: ComparedText) -> Counter[tuple[str, ...]]:
    """Return how often each sentence stands in a text, whatever its dates."""
    return Counter(tuple(words_without_dates(each.casefold())) for each in sentences_of("", text.plain))
