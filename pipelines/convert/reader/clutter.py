"""Removal of hidden, unlikely and empty elements and of the byline before scoring. Divs of text become paragraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.nodes import (
    has_ancestor,
    has_single_child,
    is_blank,
    is_phrasing,
    next_in_document,
    trim_end,
)
from pipelines.convert.reader.rules import match_string
from pipelines.convert.reader.styles import is_visible
from pipelines.convert.reader.subtree_counts import SPACE, counts_of
from pipelines.convert.tree import Element

if TYPE_CHECKING:
    from pipelines.convert.reader.rules import Strictness

_SCORED: Final = frozenset(["section", "h2", "h3", "h4", "h5", "h6", "p", "td", "pre"])
_REMOVED_IF_EMPTY: Final = frozenset(["div", "section", "header", "h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS: Final = frozenset(["a", "blockquote", "dl", "div", "img", "ol", "p", "pre", "table", "ul", "select"])
_MAX_BYLINE: Final = 100


def strip_and_collect(html: Element, rules: Strictness) -> list[Element]:
    """Remove the clutter of a page and turn divs of text into paragraphs, in one walk. Returns the elements to score."""
    scored: list[Element] = []
    element: Element | None = html
    while element is not None:
        if _is_clutter(element, rules):
            following = next_in_document(element, skip_inside=True)
            element.detach()
            element = following
            continue
        if element.tag in _SCORED:
            scored.append(element)
        if element.tag == "div":
            element = _normalise_div(element, scored)
        element = next_in_document(element)
    return scored


def _is_clutter(element: Element, rules: Strictness) -> bool:
    if not is_visible(element):
        return True
    names = match_string(element) if element.attrs else ""  # half of a page's elements have none
    if not rules.byline_seen and _is_byline(element, names, rules):
        rules.byline_seen = True
        return True
    if rules.strip_unlikely and _is_unlikely(element, names, rules):
        return True
    return element.tag in _REMOVED_IF_EMPTY and _is_empty(element)


def _is_byline(element: Element, names: str, rules: Strictness) -> bool:
    attrs = element.attrs
    if not attrs:
        return False
    said = attrs.get("rel") == "author" or "author" in attrs.get("itemprop", "")
    if not said and not rules.byline[names]:
        return False
    return counts_of(element).solid > 0 and 0 < len(element.text.strip(SPACE)) < _MAX_BYLINE


def _is_unlikely(element: Element, names: str, rules: Strictness) -> bool:
    if not element.attrs:
        return False
    if element.attrs.get("role") == "complementary":
        return True
    return rules.unlikely[names] and element.tag not in {"body", "a"} and not has_ancestor(element, "table")


def _is_empty(element: Element) -> bool:
    """Whether an element has no text and no elements except line breaks and rules."""
    counts = counts_of(element)
    if counts.solid:
        return False
    children = sum(1 for _ in element.children)
    return children in {0, counts.breaks}


def _normalise_div(div: Element, scored: list[Element]) -> Element:
    """Wrap a div's loose text in paragraphs. Returns the div, its only paragraph, or the div renamed to a paragraph."""
    _wrap_phrasing(div)
    if has_single_child(div, "p") and counts_of(div).link_density < 0.25:  # noqa: PLR2004 - the reader's own number
        paragraph = div.only_child
        if paragraph is not None:
            div.replace_with(paragraph)
            scored.append(paragraph)
            return paragraph
    if not _has_block_inside(div):
        scored.append(div.rename("p"))
    return div


def _wrap_phrasing(div: Element) -> None:
    paragraph: Element | None = None
    for node in div.child_nodes:
        if is_phrasing(node):
            if paragraph is not None:
                paragraph.append(node)
            elif not is_blank(node):
                paragraph = Element("p")
                node.replace_with(paragraph)
                paragraph.append(node)
        elif paragraph is not None:
            trim_end(paragraph)
            paragraph = None


def _has_block_inside(element: Element) -> bool:
    return any(isinstance(node, Element) and node.tag in _BLOCKS for node in element.nodes())
