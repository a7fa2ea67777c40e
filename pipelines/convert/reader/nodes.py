"""Predicates and steps on a node and its neighbours, for the reader's rules."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.subtree_counts import SPACE
from pipelines.convert.tree import Comment, Element, Node, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_PHRASING: Final = frozenset(
    "abbr audio b bdo br button cite code data datalist dfn em embed i img input kbd label mark math meter noscript "
    "object output progress q ruby samp script select small span strong sub sup textarea time var wbr".split()
)
_PHRASING_IF_INSIDE: Final = frozenset(["a", "del", "ins"])


def remove_all(nodes: Iterable[Node]) -> None:
    """Remove each node from the tree."""
    for node in nodes:
        node.detach()


def next_solid(node: Node | None) -> Node | None:
    """Return the first of the node and its later siblings that is an element, or a text or comment with more than space."""
    while isinstance(node, Text | Comment) and not node.data.strip(SPACE):
        node = node.next
    return node


def is_phrasing(node: Node) -> bool:
    """Whether a node is phrasing content: text, inline elements, or a link, ins or del with only such content."""
    pending = [node]
    while pending:
        candidate = pending.pop()
        if isinstance(candidate, Text):
            continue
        if not isinstance(candidate, Element):
            return False
        if candidate.tag in _PHRASING_IF_INSIDE:
            pending.extend(candidate.child_nodes)
        elif candidate.tag not in _PHRASING:
            return False
    return True


def is_blank(node: Node | None) -> bool:
    """Whether a node is white space or a line break."""
    if isinstance(node, Text):
        return not node.data.strip(SPACE)
    return isinstance(node, Element) and node.tag == "br"


def trim_end(element: Element) -> None:
    """Remove white space and line breaks from an element's end."""
    while element.last is not None and is_blank(element.last):
        element.last.detach()


def has_ancestor(element: Element, tag: str) -> bool:
    """Whether one of the four nearest ancestors is a `tag`."""
    return any(ancestor.tag == tag for ancestor in islice(element.ancestors, 4))


def has_single_child(element: Element, tag: str) -> bool:
    """Whether the only child element is a `tag`, and every child text ends in white space."""
    child = element.only_child
    if child is None or child.tag != tag:
        return False
    return not any(isinstance(node, Text) and node.data and node.data[-1] not in SPACE for node in element.child_nodes)


def next_in_document(element: Element, *, skip_inside: bool = False) -> Element | None:
    """Return the next element in document order; with `skip_inside`, the next one outside this element."""
    following: Node | None = None if skip_inside else element.first
    node: Element | None = element
    while True:
        while following is not None and not isinstance(following, Element):
            following = following.next
        if following is not None or node is None:
            return following
        following, node = node.next, node.parent
