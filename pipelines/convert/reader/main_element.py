"""The element that holds a page's main text, by landmarks and by where the text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.boilerplate import plain_length

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_MAIN_SHARE: Final = 0.3
_BODY_SHARE: Final = 0.3
_ARTICLE_SHARE: Final = 0.6
"""Shares of the text around them that a main element, an article body and an article need."""
_CHILD_SHARE: Final = 0.9
"""Share of an element's text that makes a child the main element instead."""
_TEXT_BLOCKS: Final = frozenset(["p", "ul", "ol", "dl", "table", "tbody", "tr", "pre", "blockquote"])


def main_element(body: Element) -> Element:
    """Return the element of the main text: the `main` landmark or an article with most of the text, else `body`."""
    elements = body.find_all()
    main = _fullest([each for each in elements if each.tag == "main" or each.attrs.get("role") == "main"])
    best = main if main is not None and plain_length(main) >= _MAIN_SHARE * plain_length(body) else body
    inside = body.find_all() if best is body else best.find_all()
    written = _fullest([each for each in inside if each.attrs.get("itemprop") == "articleBody"])
    if written is not None and plain_length(written) >= _BODY_SHARE * plain_length(best):
        return written
    article = _fullest([each for each in inside if each.tag == "article"])
    if article is not None and plain_length(article) >= _ARTICLE_SHARE * plain_length(best):
        return article
    return best


def descend(element: Element) -> Element:
    """Return the innermost element that still holds nearly all the text."""
    while (child := _fullest(list(element.children))) is not None:
        if child.tag in _TEXT_BLOCKS or plain_length(child) < _CHILD_SHARE * plain_length(element):
            break
        element = child
    return element


def _fullest(elements: list[Element]) -> Element | None:
    return max(elements, key=plain_length, default=None)
