"""The Wayback Machine's CDX server and playback, and servers with the same layout (`/cdx/search/cdx`, `/web/`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scrapy import Request
from waybackpy.cdx_utils import check_match_type, full_url

from crawler.archives.base import LISTING_SLOT, PLAYBACK_SLOT, ListingPage, Query, slot
from crawler.archives.cdx_rows import FIELDS, read_rows
from crawler.archives.playback_urls import playback_address, read_playback_address
from pipelines.errors import ListingExcluded, ListingRefused, ListingTooSlow, ResumeKeyRefused, UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.http import Response

LISTING_ROWS = 10_000
"""Rows a page. Slow queries end in 504; the Internet Archive recommends a lower limit (edgi PR#209)."""

_FAILURES = {400: ResumeKeyRefused, 504: ListingTooSlow}


class WaybackArchive:
    """An archive at `base` (scheme and host) in the Wayback Machine's layout. Every request carries `headers`."""

    def __init__(
        self, base: str, *, name: str | None = None, limit: int = LISTING_ROWS, headers: Mapping[str, str] | None = None
    ) -> None:
        self.name = name or base
        self.base = base
        self._headers = dict(headers or {})
        self.limit = limit
        self.playback_prefix = f"{base}/web/"

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return a CDX request. Without `limit` and `showResumeKey` the server cuts the listing silently (edgi#65)."""
        check_match_type(query.match, query.url)
        parameters = {
            "url": query.url,
            "matchType": str(query.match),
            "output": "json",
            "fl": ",".join(FIELDS),
            "from": query.since,
            "to": query.until,
            "limit": self.limit,
            "showResumeKey": "true",
            "resumeKey": resume_key,
        }
        address = full_url(f"{self.base}/cdx/search/cdx", {name: value for name, value in parameters.items() if value})
        meta = {"verbatim_url": True, "download_slot": slot(self.base, LISTING_SLOT)}
        return Request(address, headers=self._headers, meta=meta, dont_filter=True)

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read a JSON page: a header row, rows, an empty row and the resume key. Each of them may be missing."""
        _raise_for_refusal(response, query)
        table = _table(response, query)
        if not table:
            return ListingPage(())
        rows, resume_key = _split_resume_key(table)
        if rows and tuple(rows[0]) != FIELDS:
            raise UnexpectedResponse("listing without the header row", line=str(rows[0]), query=str(query))
        captures, unusable = read_rows(rows[1:])
        return ListingPage(captures, resume_key, unusable)

    def snapshot_request(self, timestamp: str, url: str) -> Request:
        """Return an `id_` request: playback returns the body as captured, without banner and rewritten links."""
        address = playback_address(self.playback_prefix, timestamp, url)
        meta = {"verbatim_url": True, "download_slot": slot(self.base, PLAYBACK_SLOT)}
        return Request(address, headers=self._headers, meta=meta)

    def playback_target(self, address: str) -> tuple[str, str] | None:
        return read_playback_address(self.playback_prefix, address)


def _raise_for_refusal(response: Response, query: Query) -> None:
    """Raise the exception for a listing response that is no listing.

    Status 403 means ListingExcluded (the site is not shown) or ListingRefused (this kind of query needs a permission).
    Raises ResumeKeyRefused for 400, ListingTooSlow for 504, UnexpectedResponse for any other status but 200.
    """
    message = response.headers.get("X-Archive-Wayback-Runtime-Error") or b""
    if response.status != 200:  # noqa: PLR2004 - the rows of a listing can contain the exceptions' names
        message += response.body[:2000]
    if b"AdministrativeAccessControlException" in message:
        raise ListingExcluded(f"the archive excludes this site: {query}")
    if b"RobotAccessControlException" in message:
        raise ListingExcluded(f"the archive excludes this site for its robots.txt: {query}")
    if response.status == 403:  # noqa: PLR2004
        raise ListingRefused(f"the archive refuses this kind of listing: {query}")
    if response.status != 200:  # noqa: PLR2004
        line, kind = _first_line(response.body), _FAILURES.get(response.status, UnexpectedResponse)
        raise kind(f"HTTP {response.status}", line=line, query=str(query))


def _table(response: Response, query: Query) -> list[list[Any]]:
    if not response.body.strip():
        return []
    try:
        table = json.loads(response.body)
    except ValueError as error:
        raise UnexpectedResponse("listing is not JSON", line=_first_line(response.body), query=str(query)) from error
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        raise UnexpectedResponse("listing is not a list of rows", line=_first_line(response.body), query=str(query))
    return table


def _split_resume_key(rows: list[list[Any]]) -> tuple[list[list[Any]], str | None]:
    if len(rows) >= 2 and rows[-2] == [] and len(rows[-1]) == 1:  # noqa: PLR2004
        return rows[:-2], str(rows[-1][0])
    return rows, None


def _first_line(body: bytes) -> str:
    return body.decode("utf-8", "replace").strip().partition("\n")[0]


WAYBACK = WaybackArchive("https://web.archive.org", name="wayback")
