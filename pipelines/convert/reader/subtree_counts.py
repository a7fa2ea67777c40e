"""What a subtree holds: the counts the reader's rules ask for, added up once and kept on the element.

Every rule is about lengths of text, links and counts of elements below a node. Asked one by one, each is a walk of the
subtree, and nested elements make them quadratic; so all are summed in one pass, children into parents, and forgotten
only where the tree changes (`Element.forget_facts`).

Lengths are JavaScript's: UTF-16 units, after trimming and collapsing white space, as the reference measures them.
"""

from __future__ import annotations

import re
from typing import Final

from pipelines.convert.tree import Element, Node, Text

SPACE: Final = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space as JavaScript's `\\s` and `trim()` know it (ECMA-262, WhiteSpace and LineTerminator)."""

_SPACES: Final = re.compile(f"[{SPACE}]+")
_UNLIKE_PYTHON: Final = re.compile("[\x1c-\x1f\x85\ufeff]")
"""White space in one of JavaScript and Python only."""
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_VIDEOS: Final = re.compile(
    r"//(www\.)?((dailymotion|youtube|youtube-nocookie|player\.vimeo|v\.qq)\.com|(archive|upload\.wikimedia)\.org"
    r"|player\.twitch\.tv)",
    re.IGNORECASE | re.ASCII,
)
EMBEDS: Final = frozenset(["object", "embed", "iframe"])


class Facts:
    """Sums over a subtree. `raw` is the length of its text; `solid` counts what is not white space, `gaps` runs of it."""

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
        """Length of the text, trimmed, each run of white space counted once."""
        return self.solid + self.gaps - self.blank_start - self.blank_end if self.solid else 0

    @property
    def link_density(self) -> float:
        """The share of the text that is inside links."""
        length = self.length
        return self.links / length if length else 0.0

    def add_text(self, text: Text) -> None:
        """Count a text node that follows what was counted so far."""
        if not text.data:
            return
        raw, solid, gaps, commas, blank_start, blank_end = text.measures or _measure(text)
        self._join(raw, solid, gaps, blank_start=blank_start, blank_end=blank_end)
        self.commas += commas

    def add_element(self, element: Element, inside: Facts) -> None:
        """Count an element that follows what was counted so far, and what is inside it."""
        if inside.raw:
            self._join(
                inside.raw, inside.solid, inside.gaps, blank_start=inside.blank_start, blank_end=inside.blank_end
            )
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

    def _join(self, raw: int, solid: int, gaps: int, *, blank_start: bool, blank_end: bool) -> None:
        if self.raw:
            self.gaps += gaps - (self.blank_end and blank_start)
        else:
            self.gaps, self.blank_start = gaps, blank_start
        self.raw += raw
        self.solid += solid
        self.blank_end = blank_end


def _count_link(total: Facts, _element: Element, inside: Facts) -> None:
    total.links += inside.length


def _count_paragraph(total: Facts, _element: Element, _inside: Facts) -> None:
    total.paragraphs += 1


def _count_image(total: Facts, _element: Element, _inside: Facts) -> None:
    total.images += 1


def _count_item(total: Facts, _element: Element, _inside: Facts) -> None:
    total.items += 1


def _count_input(total: Facts, _element: Element, _inside: Facts) -> None:
    total.inputs += 1


def _count_break(total: Facts, _element: Element, _inside: Facts) -> None:
    total.breaks += 1


def _count_embed(total: Facts, element: Element, _inside: Facts) -> None:
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


def _measure(text: Text) -> tuple[int, int, int, int, bool, bool]:
    """Length, characters that are not white space, runs of white space, commas, and whether it starts or ends blank."""
    data = text.data
    blank_start, blank_end = data[0] in SPACE, data[-1] in SPACE
    pieces = [piece for piece in _SPACES.split(data) if piece] if _UNLIKE_PYTHON.search(data) else data.split()
    gaps = len(pieces) - 1 + blank_start + blank_end if pieces else 1
    raw = utf16_length(data)
    solid = sum(map(len, pieces)) + raw - len(data)
    text.measures = (raw, solid, gaps, data.count(","), blank_start, blank_end)
    return text.measures


def facts_of(element: Element) -> Facts:
    """The facts of what is below `element` (itself not counted), from memory where nothing changed."""
    if element.facts is not None:
        return element.facts
    unknown = [element]
    for parent in unknown:
        unknown.extend(child for child in parent.children if child.facts is None)
    for parent in reversed(unknown):
        facts = Facts()
        node: Node | None = parent.first
        while node is not None:
            if isinstance(node, Text):
                facts.add_text(node)
            elif isinstance(node, Element) and node.facts is not None:
                facts.add_element(node, node.facts)
            node = node.next
        parent.facts = facts
    return facts


def is_video(element: Element) -> bool:
    """Whether an embed shows a video worth keeping: one of its attributes names a known host."""
    return any(_VIDEOS.search(value) for value in element.attrs.values())


def utf16_length(text: str) -> int:
    """A string's length as JavaScript gives it."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def inner_text(element: Element) -> str:
    """The text below, trimmed, runs of two or more white space characters as one space."""
    return collapse(element.text)


def collapse(text: str) -> str:
    """Trim, and replace runs of two or more white space characters with one space."""
    return _SPACES.sub(lambda run: run[0] if len(run[0]) == 1 else " ", text.strip(SPACE))
