"""Counts over a subtree, computed once and cached on its element.

The reader's rules depend on lengths of text, links and counts of elements below a node. A walk per rule would be quadratic
for nested elements. One pass adds all counts up, children into parents, and a change of the tree drops only those of the
ancestors (`Element.invalidate_counts`).

Lengths are those of the reference: UTF-16 units, as in JavaScript, after trimming and collapsing white space.
"""

from __future__ import annotations

import re
from typing import Final

from pipelines.convert.tree import Element, Node, Text

SPACE: Final = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space of JavaScript's `\\s` and `trim()` (ECMA-262, WhiteSpace and LineTerminator)."""

_SPACES: Final = re.compile(f"[{SPACE}]+")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_VIDEOS: Final = re.compile(
    r"//(www\.)?((dailymotion|youtube|youtube-nocookie|player\.vimeo|v\.qq)\.com|(archive|upload\.wikimedia)\.org"
    r"|player\.twitch\.tv)",
    re.IGNORECASE | re.ASCII,
)
EMBEDS: Final = frozenset(["object", "embed", "iframe"])


class SubtreeCounts:
    """Counts over a subtree.

    `raw` is the length of its text, `solid` that without white space, `gaps` the number of runs of white space.
    """

    __slots__ = (
        "blank_end",
        "blank_start",
        "breaks",
        "commas",
        "embeds",
        "gaps",
        "images",
        "inputs",
        "items",
        "links",
        "paragraphs",
        "raw",
        "solid",
        "videos",
    )

    def __init__(self) -> None:
        self.raw = self.solid = self.gaps = self.commas = self.links = 0
        self.blank_start = self.blank_end = False
        self.paragraphs = self.images = self.items = self.inputs = self.embeds = self.videos = self.breaks = 0

    @property
    def length(self) -> int:
        """Length of the trimmed text, each run of white space counted as one."""
        return self.solid + self.gaps - self.blank_start - self.blank_end if self.solid else 0

    @property
    def link_density(self) -> float:
        """Share of the text that is inside links."""
        length = self.length
        return self.links / length if length else 0.0

    def add_text(self, text: Text) -> None:
        """Add a text node. Nodes are added in document order."""
        if not text.data:
            return
        raw, solid, gaps, commas, blank_start, blank_end = text.measures or measures_of(text)
        self._join(raw, solid, gaps, blank_start, blank_end)
        self.commas += commas

    def add_element(self, element: Element, inside: SubtreeCounts) -> None:
        """Add an element and the counts of its subtree."""
        if inside.raw:
            self._join(inside.raw, inside.solid, inside.gaps, inside.blank_start, inside.blank_end)
            self.commas += inside.commas
            self.links += inside.links
        self.paragraphs += inside.paragraphs
        self.images += inside.images
        self.items += inside.items
        self.inputs += inside.inputs
        self.embeds += inside.embeds
        self.videos += inside.videos
        self.breaks += inside.breaks
        if element.name in _COUNTED:
            _COUNTED[element.name](self, element, inside)

    def _join(self, raw: int, solid: int, gaps: int, blank_start: bool, blank_end: bool) -> None:  # noqa: FBT001
        if self.raw:
            self.gaps += gaps - (self.blank_end and blank_start)
        else:
            self.gaps, self.blank_start = gaps, blank_start
        self.raw += raw
        self.solid += solid
        self.blank_end = blank_end


def _count_link(total: SubtreeCounts, _element: Element, inside: SubtreeCounts) -> None:
    total.links += inside.length


def _count_paragraph(total: SubtreeCounts, _element: Element, _inside: SubtreeCounts) -> None:
    total.paragraphs += 1


def _count_image(total: SubtreeCounts, _element: Element, _inside: SubtreeCounts) -> None:
    total.images += 1


def _count_item(total: SubtreeCounts, _element: Element, _inside: SubtreeCounts) -> None:
    total.items += 1


def _count_input(total: SubtreeCounts, _element: Element, _inside: SubtreeCounts) -> None:
    total.inputs += 1


def _count_break(total: SubtreeCounts, _element: Element, _inside: SubtreeCounts) -> None:
    total.breaks += 1


def _count_embed(total: SubtreeCounts, element: Element, _inside: SubtreeCounts) -> None:
    total.embeds += 1
    total.videos += is_video(element)


_COUNTED: Final = {
    "a": _count_link,
    "p": _count_paragraph,
    "img": _count_image,
    "li": _count_item,
    "input": _count_input,
    "br": _count_break,
    "hr": _count_break,
    **dict.fromkeys(EMBEDS, _count_embed),
}


def measures_of(text: Text) -> tuple[int, int, int, int, bool, bool]:
    """Return length, length without white space, runs of it, commas, and whether the text starts and ends with it."""
    if text.measures is not None:
        return text.measures
    data = text.data
    if not data:
        return 0, 0, 0, 0, False, False
    blank_start, blank_end = data[0] in SPACE, data[-1] in SPACE
    pieces = [piece for piece in _SPACES.split(data) if piece] if _is_unlike_python(data) else data.split()
    gaps = len(pieces) - 1 + blank_start + blank_end if pieces else 1
    raw = len(data) if data.isascii() else utf16_length(data)
    solid = len("".join(pieces)) + raw - len(data)
    text.measures = (raw, solid, gaps, data.count(","), blank_start, blank_end)
    return text.measures


def _is_unlike_python(data: str) -> bool:
    """Whether a text has a character that is white space in JavaScript or in Python, but not in both."""
    return (
        "\x1c" in data  # one by one: faster than a pattern, and a page has thousands of texts
        or "\x1d" in data
        or "\x1e" in data
        or "\x1f" in data
        or (not data.isascii() and ("\x85" in data or "\ufeff" in data))
    )


def counts_of(element: Element) -> SubtreeCounts:
    """Return the counts of the descendants of `element`, from the cache where the tree is unchanged."""
    if element.counts is not None:
        return element.counts
    unknown = [element]
    for parent in unknown:
        child = parent.first
        while child is not None:
            if isinstance(child, Element) and child.counts is None:
                unknown.append(child)
            child = child.next
    for parent in reversed(unknown):
        counts = SubtreeCounts()
        node: Node | None = parent.first
        while node is not None:
            if isinstance(node, Text):
                counts.add_text(node)
            elif isinstance(node, Element) and node.counts is not None:
                counts.add_element(node, node.counts)
            node = node.next
        parent.counts = counts
    return counts


def is_video(element: Element) -> bool:
    """Whether an embedded element is a video to keep: one of its attributes names a known host."""
    return any(_VIDEOS.search(value) for value in element.attrs.values())


def utf16_length(text: str) -> int:
    """Return a string's length in UTF-16 units, as in JavaScript."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def inner_text(element: Element) -> str:
    """Return the text of the descendants, collapsed."""
    return collapse(element.text)


def collapse(text: str) -> str:
    """Return a text trimmed, with runs of two or more white space characters replaced by one space."""
    return _SPACES.sub(lambda run: run[0] if len(run[0]) == 1 else " ", text.strip(SPACE))
