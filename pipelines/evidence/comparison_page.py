"""A page that compares two texts, to be read and printed: no script, no other file. Archived text is escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from pipelines.columns import plain
from pipelines.document import snapshot_url
from pipelines.items import moment_of
from pipelines.report.page_templates import templates_of
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Environment

    from pipelines.document import Document
    from pipelines.evidence.subject import Subject
    from pipelines.measures import Change

_SHAPES: Final = (
    *((f"h{level}", re.compile(f"#{{{level}}} ")) for level in range(1, 7)),
    ("item", re.compile(r"\s*(?:[*+-]|\d+\\?\.) ")),
    ("quote", re.compile(r"\s*> ")),
    ("table", re.compile(r"\s*(?:\||-{3,}|(?:-+\|)+)")),
)
"""How lines of markdown look, by how they begin."""
_MARKS: Final = re.compile(r"(\*\*|\\(?=[\W_])|(?<!\w)_|_(?!\w))")
_TAGS: Final = {KEPT: "", REMOVED: "del", ADDED: "ins", MOVED_HERE: "", MOVED_AWAY: ""}
_NAMES: Final = {KEPT: "kept", REMOVED: "removed", ADDED: "added", MOVED_HERE: "here", MOVED_AWAY: "away"}
_OLD: Final = {REMOVED, MOVED_AWAY}
_NEW: Final = {ADDED, MOVED_HERE}
"""Kinds of rows whose lines only the one text has at this place."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a line: unchanged (an empty tag), `del` or `ins`. A `mark` is markdown's own, no word of the text."""

    tag: str
    text: str
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either text or both: its kind (kept, removed, added, changed, here, away), how it looks, and its parts.

    `here` and `away` are the new and the old place of a line that moved.
    """

    kind: str
    shape: str
    parts: tuple[Part, ...]


def comparison_page(subject: Subject, change: Change | None) -> bytes:
    """Return the page. `change` is None without two texts: then the one there is stands alone."""
    template = _environment().get_template("comparison.html")
    lines = list(_lines(*(version.document for version in subject.versions)))
    counts = {kind: sum(line.kind == kind for line in lines) for kind in (*_NAMES.values(), "changed")}
    return template.render(subject=subject, change=change, lines=lines, counts=counts).encode(errors="replace")


def _lines(*documents: Document | None) -> Iterator[Line]:
    texts = [lines_of(each.title or "", each.body) for each in documents if each is not None]
    if len(texts) < len(("before", "after")):
        yield from (_whole("kept", line, KEPT) for text in texts for line in text)
        return
    yield from _compared(*texts)


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    old = new = 0
    for row in compare(before, after):
        kind, count = row[0], 1 if row[0] == CHANGED else row[1]
        if kind == CHANGED:
            parts = (part for tag, text in parts_of(row, before[old], after[new]) for part in _parts(tag, text))
            yield Line("changed", _shape(after[new]), tuple(parts))
        elif kind in _OLD:
            yield from (_whole(_NAMES[kind], line, kind) for line in before[old : old + count])
        else:
            yield from (_whole(_NAMES[kind], line, kind) for line in after[new : new + count])
        old += 0 if kind in _NEW else count
        new += 0 if kind in _OLD else count


def _whole(name: str, line: str, kind: int) -> Line:
    return Line(name, _shape(line), tuple(_parts(kind, line)))


def _shape(line: str) -> str:
    return next((name for name, pattern in _SHAPES if pattern.match(line)), "")


def _parts(kind: int, text: str) -> Iterator[Part]:
    """Yield a run of words, and markdown's marks within it apart from them."""
    head = re.match(r"\s*(?:#{1,6}|>) ", text)
    if head:
        yield Part(_TAGS[kind], head[0], mark=True)
    for place, part in enumerate(_MARKS.split(text[head.end() if head else 0 :])):
        if part:
            yield Part(_TAGS[kind], part, mark=place % 2 == 1)


@cache
def _environment() -> Environment:
    environment = templates_of("pipelines.evidence")
    environment.filters["moment"] = lambda moment: str(plain(moment)).replace("T", " ").replace("Z", " UTC")
    environment.filters["digits"] = lambda timestamp: f"{moment_of(timestamp):%Y-%m-%d %H:%M:%S} UTC"
    environment.filters["snapshot"] = lambda memento: snapshot_url(memento.url, memento.timestamp)
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment
