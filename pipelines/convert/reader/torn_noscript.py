"""Detection of `<noscript>` elements that take in the page after them when scripting is off."""

from __future__ import annotations

import re
from typing import Final

_NOSCRIPT: Final = re.compile(r"<(/?)noscript(?=[\s/>])", re.IGNORECASE)
_SWALLOWING: Final = re.compile(
    r"<(/?)(iframe|noembed|noframes|plaintext|script|select|style|svg|template|textarea|title|xmp)(?=[\s/>])",
    re.IGNORECASE,
)


def has_torn_noscript(html: str) -> bool:
    """Whether a noscript holds an element or a comment that does not end inside it.

    A browser with scripting skips to `</noscript>`. Without, the element's own end tag is what ends it.
    """
    start: int | None = None
    for tag in _NOSCRIPT.finditer(html):
        if not tag[1]:
            start = tag.end() if start is None else start
        elif start is not None:
            if _is_torn(html[start : tag.start()]):
                return True
            start = None
    return False


def _is_torn(inside: str) -> bool:
    open_elements = sum(-1 if end else 1 for end, _ in _SWALLOWING.findall(inside))
    return open_elements != 0 or inside.count("<!--") != inside.count("-->")
