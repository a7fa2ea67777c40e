"""Changes to an article of the fuller reading that let markdown show it: headings of collapsed sections, block elements."""

from __future__ import annotations

from itertools import islice
from typing import Final

from pipelines.convert.reader.subtree_counts import collapse
from pipelines.convert.tree import Element, Text

_BLOCKS: Final = frozenset(
    "address article aside center dd details dialog fieldset figcaption figure footer form header hgroup legend main search "
    "section summary".split()
)
"""Elements that browsers show as blocks, and markdown does not know as such."""
_HEADINGS: Final = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"])
_MAX_LEVELS: Final = 4
_TOGGLES: Final = frozenset(["aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle"])


def open_headings(body: Element) -> None:
    """Turn the controls of collapsed sections into text, and remove all other buttons."""
    for control in body.find_all("button", "a"):
        in_heading = any(ancestor.tag in _HEADINGS for ancestor in islice(control.ancestors, _MAX_LEVELS))
        toggles = not _TOGGLES.isdisjoint(control.attrs)
        if control.tag == "a":
            if (toggles or in_heading) and control.attrs.get("href", "#").startswith("#"):
                control.rename("span")
        elif in_heading:
            control.rename("span")
        elif toggles:
            control.rename("p")
        else:
            control.detach()


def drop_title(main: Element, title: str) -> None:
    """Remove the first h1 if it repeats the document's title, as the corpus does without any h1."""
    heading = main.find("h1")
    if heading is not None and collapse(heading.text).lower() in title.lower():
        heading.detach()


def mark_blocks(main: Element) -> None:
    """Rename block elements that markdown does not know to div, and fonts to span."""
    for element in main.find_all():
        if element.tag in _BLOCKS:
            element.rename("div")
        elif element.tag == "font":
            element.rename("span")
        elif "-" in element.tag and not _stands_in_text(element):
            element.rename("div")


def _stands_in_text(element: Element) -> bool:
    return any(isinstance(node, Text) and node.data.strip() for node in (element.prev, element.next))
