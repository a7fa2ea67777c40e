"""A pywb collection: its CDX server API and its `id_` playback (pywb docs/manual/cdxserver_api.rst)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from scrapy import Request

from crawler.archives.base import Archive, ListingPage, Query, listing_meta, playback_meta
from crawler.archives.cdx_rows import FIELDS, first_line, first_rows, read_rows
from crawler.archives.json_rows import Unreadable, json_lines
from crawler.archives.playback_urls import host_of, playback_address, query_url, read_playback_address
from pipelines.errors import UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.http import Response

PYWB_LIMIT = 100_000
"""Rows. pywb's default limit (query.py). pywb has no resume key and does not report that it cut a listing."""

_NAMES = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")
"""pywb's names of FIELDS, in the same order."""


class PywbArchive(Archive):
    """A pywb collection at `base`, e.g. `http://localhost:8080/policies`. Every request carries `headers`."""

    def __init__(self, base: str, *, limit: int = PYWB_LIMIT, headers: Mapping[str, str] | None = None) -> None:
        self.name = f"pywb+{base}"
        self.base = base
        self.hosts = frozenset({host_of(base)})
        self._headers = dict(headers or {})
        self.limit = limit
        self.playback_prefix = f"{base}/"

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return a request for the whole listing. Raises ValueError for a resume key, which pywb does not have."""
        if resume_key is not None:
            raise ValueError("pywb has no resume key")
        parameters = {
            "url": query_url(query.url),
            "matchType": str(query.match),
            "output": "json",
            "fields": ",".join(_NAMES),
            "from": query.since,
            "to": query.until,
            "limit": str(self.limit),
            "filter": _filter(query.filter),
            "collapseTime": query.collapse.partition(":")[2],
        }
        address = f"{self.base}/cdx?{urlencode({name: value for name, value in parameters.items() if value})}"
        return Request(address, headers=self._headers, meta=listing_meta(self, rows=self.limit), dont_filter=True)

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read a page of JSON objects, one a line. A 404 "No Captures" and an empty body both mean no captures."""
        if response.status == 404 and b"No Captures" in response.body:  # noqa: PLR2004
            return ListingPage(())
        if response.status != 200:  # noqa: PLR2004
            raise UnexpectedResponse(f"HTTP {response.status}", line=first_line(response.body), query=str(query))
        try:
            found, incomplete = first_rows(json_lines(response.body))
        except ValueError as error:
            raise UnexpectedResponse("listing line is not a JSON object", line=str(error), query=str(query)) from None
        captures, unusable = read_rows(map(_row, found), self.name)
        if len(found) >= self.limit:
            incomplete = f"pywb cut the listing at {self.limit} rows"
        return ListingPage(captures, unusable=unusable, incomplete=incomplete)

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request:  # noqa: ARG002 - needs none
        address = playback_address(self.playback_prefix, timestamp, url)
        return Request(address, headers=self._headers, meta=playback_meta(self, (timestamp, url)))

    def playback_target(self, address: str) -> tuple[str, str] | None:
        if address.startswith(f"{self.base}/cdx?"):  # a listing, which stands below the same address
            return None
        return read_playback_address(self.playback_prefix, address)


def _filter(query_filter: str) -> str:
    """Return a filter in pywb's words: `~field:regex` is matched at the beginning of the field only (pywb's query.py)."""
    field, _, regex = query_filter.partition(":")
    return f"~{field}:(?:{regex})$" if query_filter else ""


def _row(found: dict[str, Any] | Unreadable) -> tuple[Any, ...] | Unreadable:
    return found if isinstance(found, Unreadable) else tuple(found.get(name, "-") for name in _NAMES)


assert len(_NAMES) == len(FIELDS)  # noqa: S101 - both name the same fields
