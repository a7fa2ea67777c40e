"""Pages within a page: frames, and parts of it that scripts fetch or write. Pure.

Menus and footers, where the link to the policy is, have stood in frames, layers and objects, in scripts that write them
(`<script src="footer.js">`), and in parts that scripts fetch (`hx-get`, `w3-include-html`, `$("#foot").load("foot.html")`).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from crawler.discovery.anchor import Anchor, cleaned
from crawler.discovery.elements import attribute, first_attribute, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    import turbohtml

MAX_FRAMES: Final = 50

_SOURCES: Final = {
    "iframe": "src",
    "object": "data",
    "embed": "src",
    "ilayer": "src",
    "layer": "src",
    "turbo-frame": "src",
}
"""Elements that show another page within a page, by the attribute with its address."""
_TAGS: Final[list[Any]] = [*_SOURCES]
_PARTS: Final = ("hx-get", "w3-include-html", "include-html", "data-include", "data-load", "ic-src")
"""Attributes with the address of a part that a script fetches."""
_WITH_PART: Final = ",".join(f"[{name}]" for name in _PARTS)
_NO_PAGE: Final = ("image/", "video/", "audio/", "font/", "application/")
_MENU_SCRIPT: Final = re.compile(r"(?:foot|fuss|bottom|menu|navi|pied)\w*\.js(?:\?|$)", re.IGNORECASE)
_FETCHED: Final = re.compile(
    r"""(?:\.load|\bfetch|\.get|include)\(\s*["']([^"'\s<>]{1,200}\.(?:html?|php|inc|shtml|asp)\b)"""
)
"""The address of a part, in a script's call."""


def frames(root: turbohtml.Element, base: str, url: str) -> tuple[Anchor, ...]:
    """Return the pages within a page, each once: of a frameset its frames. What names one is its name, title and id."""
    is_frameset = root.find("frameset") is not None
    found = [*_elements(root, ["frame"])] if is_frameset else [*_elements(root, _TAGS), *_parts(root)]
    targets: dict[str, Anchor] = {}
    for source, named in islice(found, MAX_FRAMES):
        target = resolved(base, source, url) if source else None
        if target:
            targets.setdefault(target, Anchor(target, named))
    return tuple(targets.values())


def _elements(root: turbohtml.Element, tags: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for element in islice(root.find_all(tags), MAX_FRAMES):
        kind = attribute(element, "type").strip().lower()
        if element.tag in {"object", "embed"} and (kind.startswith(_NO_PAGE) or "shockwave" in kind):
            continue
        named = cleaned(attribute(element, name) for name in ("name", "title", "id"))
        yield attribute(element, _SOURCES.get(element.tag, "src")).strip(), named


def _parts(root: turbohtml.Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the parts that scripts fetch, and the scripts that write a menu or a footer."""
    for element in islice(root.select(_WITH_PART), MAX_FRAMES):
        yield first_attribute(element, _PARTS), cleaned([attribute(element, "id")])
    for script in islice(root.find_all("script"), MAX_FRAMES):
        source = attribute(script, "src").strip()
        if _MENU_SCRIPT.search(source):
            yield source, ()
        for match in islice(_FETCHED.finditer(script.text[:100_000]), 10):
            yield match[1], ()
