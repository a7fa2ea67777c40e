"""Text that a page holds outside of its tree, put where a browser would show it.

The tree is that of a browser with scripting, in which a `<noscript>` is raw text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.convert.parse import parse_inside
from pipelines.convert.reader.subtree_counts import counts_of
from pipelines.convert.tree import Text

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_LONG_NOSCRIPT: Final = 300
"""Characters of a noscript or noframes that is read. Shorter ones ask for scripts or frames."""


def unfold(body: Element) -> None:
    """Read noscript, noframes, documents inside iframes and shadow roots as parts of the page."""
    found = body.find_each("noscript", "noframes", "iframe", "template")
    for element in (*found["noscript"], *found["noframes"]):
        _read_markup(element, element.text)
        if counts_of(element).length < _LONG_NOSCRIPT:
            element.detach()
    for iframe in found["iframe"]:
        if iframe.attrs.get("srcdoc"):
            _read_markup(iframe, iframe.attrs["srcdoc"])
    for template in found["template"]:
        if "shadowrootmode" in template.attrs and template.template is not None:
            template.take_children(template.template)
            template.template = None
            template.rename("div")


def read_text_areas(body: Element, reachable: int) -> None:
    """Turn a text area with half the page's text into preformatted text, and remove the others.

    Forms of the 2000s show agreements in one. Others are fields, or hold a copy of the page to paste elsewhere.
    """
    for area in body.find_all("textarea"):
        if 2 * counts_of(area).solid >= reachable:
            area.rename("pre")
        else:
            area.detach()


def _read_markup(element: Element, markup: str) -> None:
    """Turn an element into a hidden div with the elements of `markup`."""
    element.rename("div").attrs["hidden"] = ""
    if "<" in markup:
        parse_inside(element, markup)
    elif markup.strip() and element.first is None:
        element.append(Text(markup))
