"""Checking and cleaning of untrusted text. Pure; the worker processes use it too.

Rows, headers, links, titles and bodies pass through here once, at the border. The result can be encoded, stored in any
database and sent to an archive.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

MAX_URL: Final = 2083
"""Characters of a URL, percent-encoded. Heritrix archives none that is longer (webarchive-commons, UsableURIFactory).

Encoded once more, as an index query's `url=`, so many fit into the 8 KiB that servers accept of a request line (nginx,
large_client_header_buffers), and as a key into the 2,704 bytes that PostgreSQL accepts for a row of an index.
"""

TOO_LONG: Final = "URL too long"
NOT_WEB: Final = "not a web address"
NO_HOST: Final = "URL without a usable host"
CONTROLS: Final = "control characters"
SURROGATES: Final = "half of a surrogate pair"

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_SHOWN_AS_MARK: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SHOWN_AS_MARK_ON_TERMINALS: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""ESC and CSI start terminal commands. Overrides of the direction of text change how it reads."""
_NOT_SENDABLE: Final = re.compile(r"[^\x21-\x7e]+|#")
_PLAIN: Final = re.compile(
    r"https?://(?:[a-z0-9_-]++\.)++[a-z][a-z0-9-]*+(?::[0-9]{1,4}+)?(?:[/?][\x21\x22\x24-\x7e]*+)?",
    re.IGNORECASE | re.ASCII,
)
"""The form of nearly all URLs. Every URL of this form is usable."""
_WEB: Final = re.compile(r"https?://(?!mailto:)", re.IGNORECASE)
_NO_HOST_HAS: Final = re.compile(r"""[\s%<>"\\^`{|}]""")
_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")  # full stops that IDNA takes for a dot (RFC 3490, 3.1)
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")


def encodable(text: str) -> str:
    """Return `text` in a form for every encoding and database: lone surrogates become U+FFFD, and NUL is removed."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # halves that meet are a pair
    return text.replace("\0", "")


def printable(text: str, *, terminal: bool = True) -> str:
    """Return `text` with U+FFFD for control characters other than tab and newline.

    For a `terminal`, also for C1 controls and characters that override the direction of text. Real pages have those
    (windows-1252 taken for ISO 8859-1), so that output which goes to a file keeps them.
    """
    return (_SHOWN_AS_MARK_ON_TERMINALS if terminal else _SHOWN_AS_MARK).sub("\ufffd", text)


def text_problem(text: str) -> str:
    """Return why a text of one line can't be used: CONTROLS or SURROGATES; empty if it can."""
    if _CONTROL.search(text):
        return CONTROLS
    return SURROGATES if _SURROGATE.search(text) else ""


def percent_encoded(url: str) -> str:
    """Return `url` as it is sent: `#` and characters that HTTP can't carry are encoded. `%XX` is not encoded again."""
    return _NOT_SENDABLE.sub(lambda match: quote(match[0], safe=""), url)


def url_problem(url: str) -> str:
    """Return why a URL can't be used, in a few words that are equal for all URLs of a kind; empty if it can.

    A usable URL is http or https, has a host that a browser accepts, and has at most MAX_URL characters. Spaces and
    other characters that have to be percent-encoded are no problem, because archives list such URLs.
    """
    if len(url) > MAX_URL:
        return TOO_LONG
    if _PLAIN.fullmatch(url):
        return ""
    if not _WEB.match(url):
        return NOT_WEB
    if problem := text_problem(url):
        return f"URL with {problem}"
    if not _is_host(_host(url)):
        return NO_HOST
    return TOO_LONG if len(percent_encoded(url)) > MAX_URL else ""


def _host(url: str) -> str:
    """Return the host of a URL; empty if it has none, or brackets without an address, or no port after its colon."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return "" if "[" in parts.netloc and not _is_address(host) else host


def _is_host(host: str) -> bool:
    """Whether a host can be a name, or is an address written out in full.

    A host whose last label is a number is an address (WHATWG URL, "ends in a number"). Shorter ways to write one are
    refused: clients and archives read them differently.
    """
    if ":" in host:
        return _is_address(host)
    labels = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).lower().rstrip(".").split(".")
    if not labels[-1] or _NO_HOST_HAS.search(host):
        return False
    return not _NUMBER.fullmatch(labels[-1]) or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
