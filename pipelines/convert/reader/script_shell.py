"""Recognition of pages that need a script: their HTML is a shell, and the text comes from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.subtree_counts import counts_of

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_MOUNT: Final = re.compile(
    r"(?:__next|__nuxt|___gatsby|root|app|app-?root|react-?root|main-?app|application|svelte|q-app|ember\d*|page-?root)",
    re.IGNORECASE,
)
"""Ids of the element that a framework fills: React, Next, Nuxt, Gatsby, Vue, Angular, Svelte, Quasar."""
_ASKS_FOR_SCRIPT: Final = re.compile(
    r"java\s?-?script|enable scripts?|doesn't work properly without|スクリプトを有効|자바스크립트|джаваскрипт|脚本",
    re.IGNORECASE,
)
_MAX_ASKED: Final = 1_000
"""Characters of a text that is searched for the request to enable scripts."""


def needs_script(html: Element) -> bool:
    """Whether a page, parsed with scripting, has scripts and an element for them to fill, or asks for them."""
    found = html.find_each("script", "noscript", "body", "main", "div")
    if not any(script.attrs.get("src") or script.first is not None for script in found["script"]):
        return False
    if any(_ASKS_FOR_SCRIPT.search(each.text[:_MAX_ASKED]) for each in (*found["noscript"], *found["body"][:1])):
        return True
    return any(
        _is_mount(each) and not counts_of(each).solid for each in (*found["main"], *found["div"], *_custom(html))
    )


def _is_mount(element: Element) -> bool:
    return element.tag != "div" or bool(_MOUNT.fullmatch(element.attrs.get("id", "")))


def _custom(html: Element) -> list[Element]:
    """Return the custom elements of the page (`<app-root>`)."""
    return [each for each in html.find_all() if "-" in each.tag]
