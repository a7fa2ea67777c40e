"""Sentences that were added and removed, each beside the one it took the place of, shortened to where they differ. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.similarity.sentences import SentenceChange

MAX_CHARS: Final = 280
"""Characters of a sentence that are shown."""
MAX_LINES: Final = 12
"""Sentences of a change that are shown, added and removed together."""
_LIKE: Final = 60
"""Likeness, to 100, from which a sentence added is a new wording of one removed."""
_COMPARED: Final = 200
"""Sentences of a change that are compared with each other; more than that are never shown."""
_BEFORE: Final = 60
"""Characters shown before the first difference of two wordings."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence, shortened; `sign` is `+` or `-`."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Excerpts:
    """The sentences of a change that are shown, and how many are left out."""

    shown: tuple[Excerpt, ...]
    more: int


def excerpts(change: SentenceChange) -> Excerpts:
    """Return the sentences of a change, removed ones before what took their place."""
    lines = [line for pair in _pairs(change) for line in _lines(*pair)]
    count = len(change.added) + len(change.removed)
    shown = lines[:MAX_LINES]
    return Excerpts(tuple(shown), count - len(shown))


def _pairs(change: SentenceChange) -> Iterator[tuple[str, str]]:
    """Yield each sentence removed with the one that is a new wording of it, or with nothing; then the others added."""
    left = dict(enumerate(change.added[:_COMPARED]))
    for removed in change.removed[:_COMPARED]:
        found = process.extractOne(removed, left, scorer=fuzz.ratio, score_cutoff=_LIKE)
        yield removed, left.pop(found[2]) if found else ""
    for added in left.values():
        yield "", added


def _lines(removed: str, added: str) -> Iterator[Excerpt]:
    same = (at for at, (one, other) in enumerate(zip(removed, added, strict=False)) if one != other)
    start = next(same, min(len(removed), len(added)))
    if removed:
        yield Excerpt("-", shortened(removed, start))
    if added:
        yield Excerpt("+", shortened(added, start))


def shortened(sentence: str, start: int = 0) -> str:
    """Return a sentence of at most MAX_CHARS characters that shows what is at `start`."""
    if len(sentence) <= MAX_CHARS:
        return sentence
    begin = 0
    if start + _BEFORE > MAX_CHARS:
        begin = sentence.find(" ", max(0, min(start - _BEFORE, len(sentence) - MAX_CHARS))) + 1
    part = sentence[begin : begin + MAX_CHARS]
    if begin + MAX_CHARS < len(sentence) and " " in part[MAX_CHARS // 2 :]:
        part = part[: part.rindex(" ")]
    return ("… " if begin else "") + part + (" …" if begin + len(part) < len(sentence) else "")


_AS_THEY_ARE: Final = {"moved", "substantive", "first"}
"""Classes whose names say how a change is, not what it is in."""


def counted(counts: Sequence[tuple[str, int]]) -> str:
    """Return counts of classes in a row: `3 in dates, 1 in markup, 2 moved`."""
    return ", ".join(f"{count:,} {name if name in _AS_THEY_ARE else f'in {name}'}" for name, count in counts)
