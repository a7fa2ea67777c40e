"""The Wayback Machine's CDX server and playback, and servers with the same layout (`/cdx/search/cdx`, `/web/`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request
from waybackpy.cdx_utils import check_match_type, full_url

from crawler.archives.base import Archive, ListingPage, Query, listing_meta, playback_meta
from crawler.archives.cdx_rows import FIELDS, first_line, first_rows, is_resume_key, read_rows
from crawler.archives.json_rows import MAX_SHOWN, json_rows
from crawler.archives.playback_urls import host_of, playback_address, query_url, read_playback_address
from pipelines.errors import ListingExcluded, ListingRefused, ListingTooSlow, ResumeKeyRefused, UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.http import Response

LISTING_ROWS = 10_000
"""Rows a page. Slow queries end in 504; the Internet Archive recommends a lower limit (edgi PR#209)."""

_FAILURES = {400: ResumeKeyRefused, 504: ListingTooSlow}


class WaybackArchive(Archive):
    """An archive at `base` (scheme and host) in the Wayback Machine's layout. Every request carries `headers`."""

    def __init__(
        self, base: str, *, name: str | None = None, limit: int = LISTING_ROWS, headers: Mapping[str, str] | None = None
    ) -> None:
        self.name = name or base
        self.base = base
        self.hosts = frozenset({host_of(base)})
        self._headers = dict(headers or {})
        self.limit = limit
        self.playback_prefix = f"{base}/web/"

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return a CDX request. Without `limit` and `showResumeKey` the server cuts the listing silently (edgi#65)."""
        url = query_url(query.url)
        check_match_type(query.match, url)
        parameters = {
            "url": url,
            "matchType": str(query.match),
            "output": "json",
            "fl": ",".join(FIELDS),
            "from": query.since,
            "to": query.until,
            "filter": query.filter,
            "collapse": query.collapse,
            "limit": self.limit,
            "showResumeKey": "true",
            "resumeKey": resume_key,
        }
        address = full_url(f"{self.base}/cdx/search/cdx", {name: value for name, value in parameters.items() if value})
        meta = listing_meta(self, rows=self.limit)
        return Request(address, headers=self._headers, meta=meta, dont_filter=True)

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read a JSON page: a header row, rows, an empty row and the resume key. Each of them may be missing."""
        _raise_for_refusal(response, query)
        rows, incomplete = _rows(response, query)
        rows, resume_key = (rows, None) if incomplete else _split_resume_key(rows, query)
        if rows and rows[0] != list(FIELDS):
            raise UnexpectedResponse("listing without the header row", line=str(rows[0])[:MAX_SHOWN], query=str(query))
        captures, unusable = read_rows(rows[1:], self.name)
        if incomplete and not captures:
            line = first_line(response.body)
            raise UnexpectedResponse(f"{incomplete}, none of them usable", line=line, query=str(query))
        return ListingPage(captures, resume_key, unusable, incomplete)

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request:  # noqa: ARG002 - needs none
        """Return an `id_` request: playback returns the body as captured, without banner and rewritten links."""
        address = playback_address(self.playback_prefix, timestamp, url)
        return Request(address, headers=self._headers, meta=playback_meta(self, (timestamp, url)))

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
        line, kind = first_line(response.body), _FAILURES.get(response.status, UnexpectedResponse)
        raise kind(f"HTTP {response.status}", line=line, query=str(query))


def _rows(response: Response, query: Query) -> tuple[list[Any], str]:
    """Return the rows of an answer, and in words whether some were left out."""
    if not response.body.strip():
        return [], ""
    try:
        return first_rows(json_rows(response.body))
    except ValueError as error:
        raise UnexpectedResponse(f"listing is {error}", line=first_line(response.body), query=str(query)) from error


def _split_resume_key(rows: list[Any], query: Query) -> tuple[list[Any], str | None]:
    """Return the rows before the empty one near the end, and the key that stands after that."""
    if len(rows) < 2 or rows[-2] != [] or (isinstance(rows[-1], list) and len(rows[-1]) != 1):  # noqa: PLR2004
        return rows, None
    key = rows[-1][0] if isinstance(rows[-1], list) else None
    if not is_resume_key(key):
        line = str(rows[-1])[:MAX_SHOWN]
        raise UnexpectedResponse("listing with a resume key that can't be used", line=line, query=str(query))
    return rows[:-2], key


WAYBACK = WaybackArchive("https://web.archive.org", name="wayback")
