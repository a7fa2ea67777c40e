"""Playback addresses: made of a capture's timestamp and URL, and read back. Archive addresses with a login.

The URL in a playback address reaches the archive as it was captured.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from pipelines.untrusted import percent_encoded, text_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAYBACK_PATH = re.compile(r"(?:([0-9]{1,14})(?:[a-z]{2}_)?/)?(.+)", re.DOTALL)


def read_base(address: str) -> tuple[str, Mapping[str, str]]:
    """Return an archive's address without user name and password, and the headers that carry them.

    Both are percent-encoded in the address and sent with HTTP's Basic authentication (RFC 7617). Raises ValueError for an
    address without a valid host and port, and for an `@` in the path: it may belong to a password.
    """
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError("the address has no host")
    if parts.port == 0:
        raise ValueError("port 0 can't be asked")
    if parts.query or parts.fragment or "@" in parts.path:
        raise ValueError("leave out what follows a ? or #")
    login, _, host = parts.netloc.rpartition("@")
    base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    user, _, password = login.partition(":")
    token = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return base, {"Authorization": f"Basic {token}"} if login else {}


def playback_address(prefix: str, timestamp: str, url: str) -> str:
    """Return the address of a capture's raw playback; `prefix` is the archive's playback prefix and ends in `/`.

    Existing %XX are never encoded again (raycast/extensions#29067), `?` and `&` stay (edgi's springer cassette).
    """
    return f"{prefix}{timestamp}id_/{percent_encoded(url)}"


def query_url(url: str) -> str:
    """Return `url` as the parameter of an index, for which an asterisk in it would stand for anything."""
    return url.replace("*", "%2A")


def host_of(address: str) -> str:
    """Return the host with its port of an address, in lower case, and with a login if it has one; empty without a host."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def joined(base: str, reference: str) -> str:
    """Return where a reference leads from `base`; empty where it is none."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def read_playback_address(prefix: str, address: str) -> tuple[str, str] | None:
    """Return timestamp (may be empty) and URL of a playback address under `prefix`; None for any other address.

    The archive's scheme is not compared: recorded redirects mix http, https and `//`.
    """
    if text_problem(address):
        return None
    try:
        ours, theirs = urlsplit(prefix), urlsplit(address)
    except ValueError:
        return None
    if theirs.netloc.lower() != ours.netloc.lower():
        return None
    rest = address.split("//", 1)[1].partition("/")[2]
    path = ours.path.lstrip("/")
    if not rest.startswith(path):
        return None
    match = _PLAYBACK_PATH.fullmatch(rest[len(path) :])
    if match is None:
        return None
    return match[1] or "", _restore_slashes(match[2])


def _restore_slashes(url: str) -> str:
    """Return `url` with the double slash after its scheme, which some proxies and servers fold into one."""
    return re.sub(r"^(https?):/(?!/)", r"\1://", url)
