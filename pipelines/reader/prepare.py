"""Before anything is scored: noscript images, scripts and styles go, `<br><br>` becomes a paragraph, font a span."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.reader.facts import SPACE
from pipelines.tree import Comment, Element, Node, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

PHRASING: Final = frozenset(
    "abbr audio b bdo br button cite code data datalist dfn em embed i img input kbd label mark math meter noscript "
    "object output progress q ruby samp script select small span strong sub sup textarea time var wbr".split()
)
_PHRASING_IF_INSIDE: Final = frozenset(["a", "del", "ins"])
_IMAGE_NAME: Final = re.compile(r"\.(jpg|jpeg|png|webp)", re.IGNORECASE | re.ASCII)
_IMAGE_SOURCES: Final = ("src", "srcset", "data-src", "data-srcset")


def prepare(html: Element) -> None:
    """Tidy the whole page in place. Metadata in scripts must have been read before."""
    remove_all(html.find_all("style", "script", "noscript"))
    found = html.find_each("br", "font")
    _paragraphs_from_breaks(found["br"])
    for font in found["font"]:
        font.rename("span")


def body_of(html: Element) -> Element | None:
    """The DOM's `document.body`."""
    return next((child for child in html.children if child.tag in {"body", "frameset"}), None)


def remove_all(nodes: Iterable[Node]) -> None:
    """Take each node out of the tree."""
    for node in nodes:
        node.detach()


def unwrap_noscript_images(images: Iterable[Element], noscripts: Iterable[Element]) -> None:
    """Drop images that name no source, and put the image of a `<noscript>` in place of the image before it."""
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
    """Whether an image is all there is, however deeply wrapped."""
    inner: Element | None = element
    while inner is not None and inner.tag != "img":
        if any(isinstance(node, Text) and node.data.strip(SPACE) for node in inner.child_nodes):
            return False
        inner = inner.only_child
    return inner is not None


def _paragraphs_from_breaks(breaks: Iterable[Element]) -> None:
    """Replace each run of two or more `<br>` by a `<p>` that takes in the phrasing content after it."""
    for br in breaks:
        following = _next_solid(br.next)
        run = False
        while isinstance(following, Element) and following.tag == "br":
            run = True
            after = following.next
            following.detach()
            following = _next_solid(after)
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
    following = _next_solid(node.next)
    return isinstance(following, Element) and following.tag == "br"


def _next_solid(node: Node | None) -> Node | None:
    """The node itself or the nearest sibling after it that is an element or more than white space (comments too)."""
    while isinstance(node, Text | Comment) and not node.data.strip(SPACE):
        node = node.next
    return node


def next_after_blank(element: Element) -> Node | None:
    """What follows an element, white space ignored."""
    return _next_solid(element.next)


def is_phrasing(node: Node) -> bool:
    """Whether a node is phrasing content: text, inline elements, and links, ins, del with nothing else inside."""
    pending = [node]
    while pending:
        candidate = pending.pop()
        if isinstance(candidate, Text):
            continue
        if not isinstance(candidate, Element):
            return False
        if candidate.tag in _PHRASING_IF_INSIDE:
            pending.extend(candidate.child_nodes)
        elif candidate.tag not in PHRASING:
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
