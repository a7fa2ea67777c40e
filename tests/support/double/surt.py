"""urlkeys of the Wayback Machine's CDX server, as far as tests need them.

The rules are those of internetarchive/surt (IAURLCanonicalizer): everything in lower case, `www` and its digits, default
ports, user names, session ids, the fragment and a trailing slash dropped, arguments sorted.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WWW = re.compile(r"^www\d*\.")
_DEFAULT_PORT = {"http": 80, "https": 443}
_PATH_SESSION = re.compile(r"^(.*/)\((?:[0-9a-z]{24}|(?:[a-z]\([0-9a-z]{24}\))+)\)/(.*\.aspx.*)$")
_QUERY_SESSION = re.compile(
    r"(?:jsessionid=[0-9a-z]{32}|phpsessid=[0-9a-z]{32}|sid=[0-9a-z]{32}"
    r"|aspsessionid[a-z]{8}=[a-z]{24}|cfid=[^&]+&cftoken=[^&]+)(?:&|$)"
)


def urlkey(url: str) -> str:
    """Return the sort-friendly key of a URL: `http://www.Example.com:80/A/?b&a#c` becomes `com,example)/a?a&b`."""
    parts = urlsplit(url if _SCHEME.match(url) else f"http://{url}")
    return f"{_host(parts.netloc, parts.scheme.lower())}){_path(parts.path)}{_query(parts.query)}"


def _host(netloc: str, scheme: str) -> str:
    host, _, port = netloc.rpartition("@")[2].lower().partition(":")
    host = ",".join(reversed(_WWW.sub("", host.strip(".")).split(".")))
    return f"{host}:{port}" if port and port != str(_DEFAULT_PORT.get(scheme)) else host


def _path(path: str) -> str:
    path = re.sub("/{2,}", "/", _escaped(path).lower())
    return _PATH_SESSION.sub(r"\1\2", path).rstrip("/") or "/"


def _query(query: str) -> str:
    kept = _QUERY_SESSION.sub("", _escaped(query).lower())
    return "?" + "&".join(sorted(kept.split("&"))) if kept else ""


def _escaped(text: str) -> str:
    """Escape once the characters that need it."""
    return quote(unquote_to_bytes(text), safe="!$&'()*+,/:;=?@[]~")
