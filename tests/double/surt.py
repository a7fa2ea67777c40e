"""urlkeys as the CDX server of the Wayback Machine makes them, as far as tests need them.

The rules are those of internetarchive/surt (IAURLCanonicalizer): everything in lower case, `www` and its digits, default
ports, user names, session ids, the fragment and a trailing slash dropped, arguments sorted.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WWW = re.compile(r"^www\d*\.")
_DEFAULT_PORT = {"http": 80, "https": 443}
_PATH_SESSIONS = (
    re.compile(r"^(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/(.*\.aspx.*)$"),
    re.compile(r"^(.*/)\([0-9a-z]{24}\)/(.*\.aspx.*)$"),
    re.compile(r"^(.*);jsessionid=[0-9a-z$.]{32}(.*)$"),
)
_QUERY_SESSION = re.compile(
    r"^(?:jsessionid=[0-9a-z$.]{32}|phpsessid=[0-9a-z]{32}|sid=[0-9a-z]{32}"
    r"|aspsessionid[a-z]{8}=[a-z]{24}|cfid=[^&]+|cftoken=[^&]+)$"
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
    path = re.sub("/{2,}", "/", path.lower())
    for session in _PATH_SESSIONS:
        path = session.sub(r"\1\2", path)
    return path.rstrip("/") or "/"


def _query(query: str) -> str:
    kept = sorted(arg for arg in query.lower().split("&") if arg and not _QUERY_SESSION.match(arg))
    return "?" + "&".join(kept) if kept else ""
