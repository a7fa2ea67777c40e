"""Playback addresses: writing them so that the archive sees the URL as captured, and reading them back."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from pipelines.untrusted import percent_encoded, text_problem

_PLAYBACK_PATH = re.compile(r"(?:([0-9]{1,14})(?:[a-z]{2}_)?/)?(.+)", re.DOTALL)


def playback_address(prefix: str, timestamp: str, url: str) -> str:
    """Return where the archive with playback `prefix` (ends in `/`) plays a capture back raw.

    Existing %XX are never encoded again (raycast/extensions#29067), `?` and `&` stay (edgi's springer cassette).
    """
    return f"{prefix}{timestamp}id_/{percent_encoded(url)}"


def query_url(url: str) -> str:
    """Return `url` as the parameter of an index, for which an asterisk in it would stand for anything."""
    return url.replace("*", "%2A")


def joined(base: str, reference: str) -> str:
    """Return where a reference leads from `base`; empty where it is none."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def read_playback_address(prefix: str, address: str) -> tuple[str, str] | None:
    """Return timestamp (empty where none is given) and URL of a playback address under `prefix`, else None.

    The scheme of the archive itself is not compared: recorded redirects mix http, https and `//`.
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
    """Return `url` with the double slash that some proxies and servers fold into one."""
    return re.sub(r"^(https?):/(?!/)", r"\1://", url)
