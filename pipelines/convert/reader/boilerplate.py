"""Removal of what is around a page's main text, for the fuller reading.

Names of classes and ids only suggest. Sections of policies are called `cookies` or `sharing` too, so prose stays unless
the name belongs to parts that never are a policy's. Nothing goes that holds a large share of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.nodes import next_in_document
from pipelines.convert.reader.reachable import UNREADABLE, is_introduced
from pipelines.convert.reader.rules import DIALOGS, NAVIGATION, NEVER_PROSE, SELDOM_PROSE, match_string
from pipelines.convert.reader.subtree_counts import counts_of

if TYPE_CHECKING:
    from pipelines.convert.reader.reachable import Reach
    from pipelines.convert.tree import Element

_DIALOG_ROLES: Final = frozenset(["dialog", "alertdialog"])
_KEPT: Final = frozenset(["html", "body", "main", "article", "a", "h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS: Final = ("ul", "ol", "div", "section", "table", "dl", "p")
_MOST: Final = 0.5
"""Share of the page's text above which an aside or a dialog is no part around the main text."""
_MUCH: Final = 0.15
"""The same for a part that has only its name against it."""
_LIST_SHARE: Final = 0.3
_LINKED: Final = 0.6
_SOMEWHAT_LINKED: Final = 0.3
_PROSE: Final = 250
"""Characters outside links that make a part prose."""


def strip(body: Element, reach: Reach) -> None:
    """Remove what is out of reach, and asides, dialogs and boilerplate by name."""
    _remove_unreadable(body)
    total = plain_length(body)
    keeps_dialogs = _dialog_length(body, reach) > _MOST * total
    element = body.first_element
    while element is not None:
        unwanted = _is_unwanted(element, total, reach) and not (keeps_dialogs and _is_prose_dialog(element, reach))
        following = next_in_document(element, skip_inside=unwanted)
        if unwanted:
            element.detach()
        element = following if following is not body else None


def strip_links(main: Element) -> None:
    """Remove lists and blocks that are links for the most part, innermost first."""
    total = plain_length(main)
    for element in reversed(main.find_all(*_BLOCKS)):
        counts = counts_of(element)
        if (
            counts.link_density > _LINKED
            and counts.length - counts.links < _LIST_SHARE * total
            and not is_introduced(element)
        ):
            element.detach()


def plain_length(element: Element) -> int:
    """Return the length of an element's text outside links."""
    counts = counts_of(element)
    return counts.length - counts.links


def _remove_unreadable(body: Element) -> None:
    for element in body.find_all(*UNREADABLE):
        element.detach()


def _dialog_length(body: Element, reach: Reach) -> int:
    """Return the length of the prose in dialogs that do not ask for consent: sections may open in one each."""
    total = 0
    element = body.first_element
    while element is not None:
        is_dialog = _is_prose_dialog(element, reach)
        total += plain_length(element) if is_dialog else 0
        following = next_in_document(element, skip_inside=is_dialog)
        element = following if following is not body else None
    return total


def _is_prose_dialog(element: Element, reach: Reach) -> bool:
    if not element.attrs or not (element.attrs.get("role") in _DIALOG_ROLES or DIALOGS.search(match_string(element))):
        return False
    return plain_length(element) >= _PROSE and element not in reach.dialogs


def _is_unwanted(element: Element, total: int, reach: Reach) -> bool:
    plain = plain_length(element)
    if reach.excludes(element):
        return plain < _MOST * total or element in reach.dialogs
    if element.tag in _KEPT or (not element.attrs and element.tag != "aside"):
        return False
    if element.tag == "aside" or element.attrs.get("role") in {"dialog", "alertdialog", "tooltip", "complementary"}:
        return plain < _MOST * total
    return plain < _MUCH * total and _is_named_boilerplate(element, plain)


def _is_named_boilerplate(element: Element, plain: int) -> bool:
    names = match_string(element)
    if NEVER_PROSE.search(names):
        return True
    density = counts_of(element).link_density
    if NAVIGATION.search(names):
        return density > _SOMEWHAT_LINKED
    return bool(SELDOM_PROSE.search(names)) and (plain < _PROSE or density > _SOMEWHAT_LINKED)
