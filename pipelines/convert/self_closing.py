"""Self-closed elements (`<script src="x"/>`), as XHTML means them.

An HTML parser takes `<script/>` for a start tag, and the page after it for the script. Pages served as XHTML are written
for an XML parser; pages served as HTML have such tags by mistake. Their markup is mended and then parsed as HTML, since an
XML parser would refuse most of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from pipelines.convert.tree import VOID

_XHTML_TYPES: Final = frozenset(
    ["application/vnd.wap.xhtml+xml", "application/xhtml+xml", "application/xml", "text/xml"]
)
_TAG: Final = re.compile(r"""<([A-Za-z][\w:.-]*+)((?:[^<>"'/]|"[^"<]*+"|'[^'<]*+'|/(?!>))*+)/>""")
_RAW: Final = "iframe|noembed|noframes|noscript|script|style|textarea|title|xmp"
_SELF_CLOSED_RAW: Final = re.compile(
    rf"""<({_RAW})((?:\s(?:[^<>"'/]|"[^"<]*+"|'[^'<]*+'|/(?!>))*+)?)/>""", re.IGNORECASE
)
_RAW_TAG: Final = re.compile(rf"<(/?)({_RAW})(?=[\s/>])", re.IGNORECASE)
_PREFIX: Final = re.compile(r"""xmlns:([A-Za-z][\w-]{0,20})\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""")
_WITHIN: Final = 10_000
"""Characters at the start of a page that are searched for a prefix of the XHTML namespace."""


def is_xhtml(content_type: str) -> bool:
    """Whether a Content-Type header says XHTML or XML."""
    return content_type.partition(";")[0].strip().lower() in _XHTML_TYPES


def as_html(xhtml: str) -> str:
    """Return an XHTML page with end tags for self-closed elements, and without a prefix of its namespace."""
    if prefix := _PREFIX.search(xhtml[:_WITHIN]):
        xhtml = re.sub(rf"(</?){prefix[1]}:", r"\1", xhtml)
    return _TAG.sub(_with_end_tag, xhtml)


def closed(html: str) -> str:
    """Return an HTML page with end tags for those self-closed raw elements that would take in what follows them."""
    if not _SELF_CLOSED_RAW.search(html):
        return html
    ended: defaultdict[str, bool] = defaultdict(bool)
    swallowing: set[int] = set()
    for tag in reversed(list(_RAW_TAG.finditer(html))):
        name = tag[2].lower()
        if not tag[1] and not ended[name]:
            swallowing.add(tag.start())
        ended[name] = bool(tag[1])
    return _SELF_CLOSED_RAW.sub(lambda tag: _with_end_tag(tag) if tag.start() in swallowing else tag[0], html)


def _with_end_tag(tag: re.Match[str]) -> str:
    name, attributes = tag[1], tag[2]
    return tag[0] if name.lower() in VOID else f"<{name}{attributes}></{name}>"
