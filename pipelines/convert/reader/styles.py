"""Visibility of elements by their own attributes. Style sheets are not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATION: Final = re.compile(
    r"""(?P<name>[^:{}]*):(?P<value>(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;"'(){}])*)(?:;|\Z)""",
)
_PRIORITY: Final = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_MAX_STYLE: Final = 10_000
"""Limit of the characters read of a style attribute."""


def is_visible(element: Element) -> bool:
    """Whether an element has none of `hidden`, `display: none` and `aria-hidden="true"` (allowed on fallback images)."""
    attrs = element.attrs
    if not attrs:
        return True
    if "hidden" in attrs:
        return False
    if attrs.get("aria-hidden") == "true" and (element.svg or "fallback-image" not in attrs.get("class", "")):
        return False
    style = attrs.get("style", "")
    return "none" not in style or not _has_style(element) or display_of(style) != "none"


def _has_style(element: Element) -> bool:
    return bool(element.tag) or element.svg


def display_of(style: str) -> str:
    """Return the last `display` of a style attribute, whatever its priority; empty if none or malformed.

    Parsing follows the reference's cssom: a name is everything before a colon (a stray `;` spoils the next declaration),
    values are case-sensitive, and an unclosed quote or bracket ends the parsing.
    """
    text = _COMMENT.sub("", style[:_MAX_STYLE])
    display, at = "", 0
    while (declaration := _DECLARATION.match(text, at)) is not None:
        at = declaration.end()
        if declaration["name"].strip().lower() == "display":
            display = _PRIORITY.sub("", declaration["value"]).strip()
    return "" if at < len(text) and text[at:].lstrip()[:1] in {"{", "}"} else display
