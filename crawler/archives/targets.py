"""Where a response leads: references to URLs as a browser resolves them (WHATWG URL), within the archive.

Raw bytes beyond ASCII are percent-encoded as they stand, backslashes are slashes, white space around and line ends within
a reference are dropped, and so is its fragment.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ada_url import URL

from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.playback_urls import joined
from crawler.archives.response_headers import header_of
from pipelines.untrusted import MAX_URL, percent_encoded, text_problem, url_problem

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.archives.base import Archive

Target = tuple[str, str]
"""Timestamp and URL of a playback request."""

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_ORIGINAL = re.compile(r'\s*;.*\brel="?[^",;]{0,200}\boriginal\b', re.DOTALL)
_ESCAPE = re.compile(r"&(?:amp|AMP|lt|gt|quot|apos|#(?:3[489]|6[02])|#[xX](?:2[267]|3[cCeE]));")
_NOT_ASCII = re.compile("[\x80-\xff]")
_VARIANT = re.compile(r"https?://(?:www[0-9]*\.)?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_LONGEST = 4 * MAX_URL
"""Characters of a reference that is resolved: an archive's address and a URL in it, both encoded."""


def browser_url(reference: str, base: str | None = None) -> str:
    """Return the URL that a reference leads to from `base`, without its fragment; empty if it leads nowhere."""
    if len(reference) > _LONGEST or text_problem(reference.strip().translate(_DROPPED)):
        return ""
    try:
        url = URL(reference, base)
        url.hash = ""
    except (ValueError, UnicodeError):
        return ""
    return str(url.href)


_DROPPED = dict.fromkeys(map(ord, "\t\r\n"))  # as a browser drops them from a reference


def raw_reference(header: str) -> str:
    """Return a header's reference, of which each character is a byte, with the bytes beyond ASCII percent-encoded."""
    return _NOT_ASCII.sub(lambda match: f"%{ord(match[0]):02X}", header.strip())


def archived_target(archive: Archive, asked: str, at: Target, reference: str) -> Target | None:
    """Return the target of a reference in a memento: rewritten by the archive, or as captured.

    `asked` is the address of the playback, `at` the memento's timestamp and URL. None for an empty reference; a reference
    that can't be resolved is returned as it is, so that it gets its cause.
    """
    if not reference.strip():
        return None
    timestamp, url = at
    rewritten = archive.playback_target(browser_url(reference, asked) or reference)
    if rewritten and (_SCHEME.match(reference.lstrip()) or reference.lstrip()[:1] in {"/", "\\"}):
        return valid_timestamp(rewritten[0]) or timestamp, _normalised(rewritten[1])
    return timestamp, browser_url(reference, url) or joined(url, reference) or reference


def _normalised(url: str) -> str:
    """Return the URL of a playback address as a browser has it."""
    named = with_scheme(url)
    return browser_url(named) or url


def with_scheme(url: str) -> str:
    """Return the URL of a playback address. One without a scheme is a web address."""
    return url if _SCHEME.match(url) or not urlsplit(f"//{url}").hostname else f"http://{url}"


def location_of(response: Response, archive: Archive, at: Target) -> Target | None:
    """Return where an archived redirect leads, None without a Location header."""
    for name in ("Location", "X-Archive-Orig-Location"):
        if target := archived_target(archive, response.url, at, raw_reference(header_of(response, name))):
            return target
    return None


def same_url(one: str, other: str) -> bool:
    """Whether two URLs are the same to a browser."""
    return one == other or (browser_url(one) or one) == (browser_url(other) or other)


def same_page(one: str, other: str) -> bool:
    """Whether two URLs differ in their scheme, a `www.` and a slash at the end at most: an index has them as one page."""
    return _page(one) == _page(other)


def _page(url: str) -> str:
    return _VARIANT.sub("", (browser_url(url) or url).lower()).rstrip("/")


def original_of(response: Response, asked: str) -> str:
    """Return the URL really captured, as the Link header has it; empty if it has none that can be used.

    Recorded headers of 2020 have `&amp;` for `&`. URLs with a real `&amp;` exist, so that the URL asked for decides, and
    only a header that escapes every `&` is taken for an escaped one.
    """
    links = _LINK.findall(_text(b", ".join(response.headers.getlist("Link"))))
    found = next((url for url, parameters in links if _ORIGINAL.match(parameters) and not url_problem(url)), "")
    if "&" not in found or percent_encoded(found) == asked:
        return found
    plain = _ESCAPE.sub(lambda match: unescape(match[0]), found)
    is_escaped = _ESCAPE.sub("", found).count("&") == 0
    return plain if percent_encoded(plain) == asked or is_escaped else found


def _text(header: bytes) -> str:
    """Return a header as text: UTF-8 if it is that, else Latin-1."""
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")
