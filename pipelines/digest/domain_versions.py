"""One version of a domain by its number or a date, and the lines that differ between two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.measures import change_between
from pipelines.report.worddiff import (
    ADDED,
    CHANGED,
    KEPT,
    MOVED_AWAY,
    MOVED_HERE,
    REMOVED,
    compare,
    lines_of,
    parts_of,
)
from pipelines.similarity.compared_text import ComparedText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipelines.report.worddiff import Row
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

_CONTEXT: Final = 1
"""Lines shown before and after a change."""
_SIGNS: Final = {REMOVED: "-", ADDED: "+", MOVED_AWAY: "<", MOVED_HERE: ">"}
"""Signs at the beginning of lines that only one text has there. One that moved stands in the other text elsewhere."""
_MARKED: Final = {KEPT: "{}", REMOVED: "[-{}-]", ADDED: "{{+{}+}}"}
"""Words as git shows them."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A version and its number among those of its domain, from 1, in time order."""

    number: int
    version: Version

    def __str__(self) -> str:
        version = self.version
        return f"version {self.number}, {version.first_seen:%Y-%m-%d} to {version.last_seen:%Y-%m-%d}, {version.place}"


def numbered(found: Iterable[Version]) -> tuple[Numbered, ...]:
    """Return the versions of a domain with their numbers."""
    ordered = sorted(found, key=lambda each: (each.first_seen, each.domain, each.page, each.variant or ""))
    return tuple(Numbered(number, version) for number, version in enumerate(ordered, 1))


def as_of(found: Sequence[Numbered], prefix: str) -> Numbered | None:
    """Return the version that was there at the end of a time: a CDX timestamp prefix, empty for now. None before the first.

    Of several pages it is the one whose text was seen before and after that time; of several such, the one with the most
    captures.
    """
    until, since = prefix.ljust(14, "9"), prefix.ljust(14, "0" if prefix else "9")
    newest = {
        (each.version.domain, each.version.page, each.version.variant): each
        for each in found
        if _digits(each, "first_seen") <= until
    }
    return max(
        newest.values(),
        key=lambda each: (min(_digits(each, "last_seen"), since), each.version.captures, each.number),
        default=None,
    )


def is_seen(found: Numbered, prefix: str) -> bool:
    """Whether a version was still there at a time, as a later capture shows."""
    return _digits(found, "last_seen") >= prefix.ljust(14, "0")


def is_read_later(found: Numbered, prefix: str) -> bool:
    """Whether the text of a version was read from a capture after a time; until then its digest alone was captured."""
    return bool(prefix) and found.version.timestamp > prefix.ljust(14, "9")


def _digits(found: Numbered, name: str) -> str:
    return f"{getattr(found.version, name):%Y%m%d%H%M%S}"


def difference(old: Numbered, new: Numbered, topics: Topics) -> str:
    """Return what leads from one version to another, in lines as of `git diff --word-diff`. Raises OutputError."""
    documents = [each.version.document() for each in (old, new)]
    before, after = (lines_of(document.title or "", document.body) for document in documents)
    head = [f"--- {old}", f"    {old.version.snapshot_url}", f"+++ {new}", f"    {new.version.snapshot_url}"]
    if old.version.text_sha256 == new.version.text_sha256:
        return "\n".join([*head, "the same text"])
    change = change_between(
        ComparedText.of(documents[0]), ComparedText.of(documents[1]), topics.of(new.version.searched_as)
    )
    words = f"+{change.words_added:,} -{change.words_removed:,} words, {change.words_moved:,} moved"
    named = f"; topics: {', '.join(change.topics.split())}" if change.topics else ""
    return "\n".join(
        [*head, f"{change.change_class}: {words}{named}", "", *_lines(compare(before, after), before, after)]
    )


def _lines(rows: Sequence[Row], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    old = new = 0
    for place, row in enumerate(rows):
        kind, *rest = row
        if kind == CHANGED:
            yield f"~ {_words(row, before[old], after[new])}"
            old, new = old + 1, new + 1
        elif kind == KEPT:
            yield from _kept(after[new : new + rest[0]], is_first=not place, is_last=place == len(rows) - 1)
            old, new = old + rest[0], new + rest[0]
        elif kind in {REMOVED, MOVED_AWAY}:
            yield from (f"{_SIGNS[kind]} {line}" for line in before[old : old + rest[0]])
            old += rest[0]
        else:
            yield from (f"{_SIGNS[kind]} {line}" for line in after[new : new + rest[0]])
            new += rest[0]


def _kept(lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[str]:
    """Yield the lines beside changes, and how many are between."""
    head, tail = (0 if is_first else _CONTEXT), (0 if is_last else _CONTEXT)
    between = len(lines) - head - tail
    if between < 1:
        yield from (f"  {line}" for line in lines)
        return
    yield from (f"  {line}" for line in lines[:head])
    yield f"  … {between:,} unchanged"
    yield from (f"  {line}" for line in lines[len(lines) - tail :])


def _words(row: Row, old: str, new: str) -> str:
    return "".join(_MARKED[kind].format(text) for kind, text in parts_of(row, old, new))
