"""Preparation of a page before scoring: images of noscript, scripts and styles, `<br><br>`, font elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.nodes import is_phrasing, next_solid, remove_all, trim_end
from pipelines.convert.reader.subtree_counts import SPACE
from pipelines.convert.tree import Element, Node, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IMAGE_NAME: Final = re.compile(r"\.(jpg|jpeg|png|webp)", re.IGNORECASE | re.ASCII)
_IMAGE_SOURCES: Final = ("src", "srcset", "data-src", "data-srcset")


def prepare(found: Mapping[str, Iterable[Element]]) -> None:
    """Remove styles, scripts and noscript, and replace `<br><br>` and font, in place. Metadata in scripts is lost.

    `found` has the page's elements by name: those that are removed, `br` and `font`.
    """
    for name in ("style", "script", "noscript"):
        remove_all(found[name])
    _paragraphs_from_breaks(found["br"])
    for font in found["font"]:
        font.rename("span")


def body_of(html: Element) -> Element | None:
    """Return the DOM's `document.body`."""
    return next((child for child in html.children if child.tag in {"body", "frameset"}), None)


def unwrap_noscript_images(images: Iterable[Element], noscripts: Iterable[Element]) -> None:
    """Remove images without source, and replace an image by that of the `<noscript>` after it."""
    for image in images:
        named = any(image.attrs.get(name) is not None for name in _IMAGE_SOURCES)
        if not named and not any(_IMAGE_NAME.search(value) for value in image.attrs.values()):
            image.detach()
    for noscript in noscripts:
        before = noscript.previous_element
        if before is not None and _is_single_image(before) and _holds_single_image(noscript):
            inside = noscript.first_element
            if inside is not None:
                before.replace_with(inside)


def _is_single_image(element: Element) -> bool:
    return element.tag == "img" or _holds_single_image(element)


def _holds_single_image(element: Element) -> bool:
    """Whether an element contains one image and nothing else, at any depth."""
    inner: Element | None = element
    while inner is not None and inner.tag != "img":
        if any(isinstance(node, Text) and node.data.strip(SPACE) for node in inner.child_nodes):
            return False
        inner = inner.only_child
    return inner is not None


def _paragraphs_from_breaks(breaks: Iterable[Element]) -> None:
    """Replace each run of two or more `<br>` by a `<p>` with the phrasing content after it."""
    for br in breaks:
        following = next_solid(br.next)
        run = False
        while isinstance(following, Element) and following.tag == "br":
            run = True
            after = following.next
            following.detach()
            following = next_solid(after)
        if run:
            _paragraph_from(br)


def _paragraph_from(br: Element) -> None:
    paragraph = Element("p")
    br.replace_with(paragraph)
    node = paragraph.next
    while node is not None and not _starts_break_run(node) and is_phrasing(node):
        following = node.next
        paragraph.append(node)
        node = following
    trim_end(paragraph)
    if paragraph.parent is not None and paragraph.parent.tag == "p":
        paragraph.parent.rename("div")


def _starts_break_run(node: Node) -> bool:
    if not (isinstance(node, Element) and node.tag == "br"):
        return False
    following = next_solid(node.next)
    return isinstance(following, Element) and following.tag == "br"
