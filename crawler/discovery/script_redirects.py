"""Where a page's script sends its reader at once, where the page is nothing but that: `location.replace("/en/")`. Pure.

Splash pages, language switches and moved pages of all times do it. A page that scripts make is none: its scripts are files
of the site's own, and an address in one of them is one of many.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.discovery.elements import attribute

if TYPE_CHECKING:
    import turbohtml

MAX_PAGE: Final = 16_384
"""Bytes of a page that is nothing but a redirect."""
MAX_WORDS: Final = 40
"""Words that it shows, such as "If you are not redirected, click here"."""
_MAX_SCRIPT: Final = 4_096
"""Characters of all its scripts: a program has more."""

_GOES: Final = re.compile(rb"\blocation\b(?:\.href)?\s*(?:=(?!=)|\.(?:replace|assign)\s*\()")
_TO: Final = re.compile(
    r"(?<![\w.])(?:(?:window|document|self|top|parent|this)\.){0,2}location(?:\.href)?\s*(?:=(?!=)|\.(?:replace|assign)\s*\()\s*(['\"])([^'\"\s<>]{1,500})\1"
)
_OF_FRAMES: Final = re.compile(
    r"\b(?:top|parent|self|opener)(?:\.\w+){0,3}\s*[!=]=|\bframes\b|[!=]=\s*(?:window\.)?(?:top|parent|self)\b"
)
_COMMENT: Final = re.compile(r"/\*.{0,4096}?\*/|(?<![:'\"\w])//[^\n]{0,500}", re.DOTALL)
_COUNTERS: Final = re.compile(
    r"(?:^|\.)(?:google-analytics|googletagmanager|gstatic|cloudflareinsights|statcounter|hs-scripts)\."
)


def may_go_on(page: bytes) -> bool:
    """Whether a page may be nothing but a script's redirect: a cheap look at its bytes."""
    return len(page) <= MAX_PAGE and _GOES.search(page) is not None


def script_target(root: turbohtml.Element) -> str:
    """Return the address that a page's scripts go to, if they do nothing else; else an empty string.

    Of several addresses, the last one counts: what is left when no condition holds. A page that goes to its frameset,
    because it stands alone, is read as it is.
    """
    scripts = [*islice(root.find_all("script"), 20)]
    if any(_is_program(attribute(each, "src")) or attribute(each, "type") == "module" for each in scripts):
        return ""
    body = root.find("body")
    texts = [each.text for each in scripts] + ([attribute(body, "onload")] if body is not None else [])
    if sum(map(len, texts)) > _MAX_SCRIPT or any(map(_OF_FRAMES.search, texts)):
        return ""
    found = [match[2] for text in texts for match in _TO.finditer(_COMMENT.sub(" ", text))]
    return found[-1] if found else ""


def _is_program(source: str) -> bool:
    """Whether a script file is one of the site's own, and not a counter's."""
    return bool(source) and not _COUNTERS.search(urlsplit(source).netloc)
