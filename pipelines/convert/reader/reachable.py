"""Reachable text of a page: all but scripts, styles, templates, navigation and consent dialogs, shown or not.

Lengths are UTF-16 units without white space, which `subtree_counts` needs anyway.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.consent import ConsentDialogs
from pipelines.convert.reader.nodes import next_in_document
from pipelines.convert.reader.styles import is_visible
from pipelines.convert.reader.subtree_counts import counts_of, measures_of
from pipelines.convert.tree import Element, Node, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

UNREADABLE: Final = frozenset(
    "audio base canvas datalist embed head iframe input link meta meter noembed noframes object progress script select "
    "style svg template title video".split()
)
"""Elements whose content is no text of the page, or stands in for what browsers show."""
_NAVIGATION_ROLES: Final = frozenset(["navigation", "menu", "menubar", "banner", "contentinfo", "search", "directory"])
_LANDMARKS: Final = frozenset(["header", "footer"])
_SECTIONING: Final = frozenset(["main", "article", "section"])
_MAX_LEVELS: Final = 50
_LISTS: Final = frozenset(["ul", "ol"])
_NAVIGATIONAL: Final = _LANDMARKS | _LISTS | {"nav"}
"""Elements that can be navigation without a role. Any other with none is told apart at once: pages have thousands."""
_LINKED: Final = 0.7
"""Share of a list's text in links that makes it navigation."""
_INTRODUCTION: Final = 40
"""Characters of a paragraph that introduces the list after it."""


class Reach:
    """What of a page is out of reach. `controls` are the page's buttons, by which dialogs are found."""

    def __init__(self, controls: Iterable[Element]) -> None:
        self.dialogs = ConsentDialogs(controls)
        self.texts: list[str] = []
        """The reachable text that `measure` has met so far."""
        self.dialog_length = 0
        """Length of the consent dialogs that `measure` has met so far."""

    def measure(self, root: Element) -> tuple[int, int]:
        """Return the length of the reachable text below `root`, and of that part of it which browsers do not show."""
        total = unseen = 0
        hidden: Element | None = None
        node: Node | None = root.first
        while node is not None:
            if isinstance(node, Text):
                length = measures_of(node)[1]
                total += length
                self.texts.append(node.data)
                unseen += length if hidden is not None else 0
            elif isinstance(node, Element) and node.first is not None and not self.excludes(node):
                if hidden is None and (node.tag == "noscript" or (node.attrs and not is_visible(node))):
                    hidden = node
                node = node.first
                continue
            following = node.next
            while following is None:
                parent = node.parent
                if parent is None or parent is root:
                    return total, unseen
                hidden = None if parent is hidden else hidden
                node, following = parent, parent.next
            node = following
        return total, unseen

    def excluded_length(self, root: Element) -> int:
        """Return the length of the text below `root` that is out of reach. Faster than `measure` where counts are cached."""
        total = 0
        element = root.first_element
        while element is not None and element is not root:
            excluded = self.excludes(element)
            if excluded:
                total += counts_of(element).solid
            following = next_in_document(element, skip_inside=excluded)
            element = following
        return total

    def excludes(self, element: Element) -> bool:
        """Whether an element's text does not count: no text of the page, navigation or a consent dialog."""
        name, attrs = element.name, element.attrs
        if name in UNREADABLE or ((name in _NAVIGATIONAL or "role" in attrs) and is_navigation(element)):
            return True
        may_be_dialog = attrs or self.dialogs.has_unnamed  # a call for each of a page's elements would count
        if may_be_dialog and element in self.dialogs:
            self.dialog_length += counts_of(element).solid
            return True
        return False


def is_navigation(element: Element) -> bool:
    """Whether an element is navigation: by its name or role, a page's header or footer, or a list of links."""
    tag = element.tag
    if tag in _LISTS:
        return counts_of(element).link_density > _LINKED and not is_introduced(element)
    if tag in _LANDMARKS:
        return not any(ancestor.tag in _SECTIONING for ancestor in islice(element.ancestors, _MAX_LEVELS))
    return tag == "nav" or ("role" in element.attrs and element.attrs["role"] in _NAVIGATION_ROLES)


def is_introduced(element: Element) -> bool:
    """Whether prose stands right before a list, so that the list is part of it: partners, further policies."""
    before = element.previous_element
    if before is None or before.tag not in {"p", "div", "span"}:
        return False
    counts = counts_of(before)
    return counts.length >= _INTRODUCTION and counts.link_density < _LINKED / 2
