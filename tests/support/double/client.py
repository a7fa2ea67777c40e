"""A plain HTTP client for tests of the double. It follows no redirect, decodes no body and keeps repeated headers."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as received."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def fetch(url: str, **headers: str) -> Reply:
    """Return the answer to a GET request; header names with `_` for `-`."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        target = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
        connection.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Reply(response.status, tuple(response.getheaders()), response.read())
    finally:
        connection.close()


def search(base: str, **params: object) -> list[list[str]]:
    """Return the rows of a JSON query without the header; `from_` is `from`."""
    return search_page(base, **params)[0]


def search_page(base: str, **params: object) -> tuple[list[list[str]], str | None]:
    """Return the rows of a JSON query and its resume key."""
    query = urlencode({name.rstrip("_"): value for name, value in params.items()} | {"output": "json"}, doseq=True)
    reply = fetch(f"{base}/cdx/search/cdx?{query}")
    assert reply.status == 200, reply
    lines = json.loads(reply.body)
    key = lines[-1][0] if len(lines) > 1 and lines[-2] == [] else None
    return [line for line in (lines[:-2] if key else lines)[1:] if line], key


def play(base: str, timestamp: str, url: str) -> Reply:
    """Return the answer to a request for the raw memento of a URL."""
    return fetch(f"{base}/web/{timestamp}id_/{quote(url, safe=':/?&=%+,;@')}")
