"""ColumnarArchive: Common Crawl, listed from its columnar index (Parquet) in the place of the index API.

Listings and look-ups are answered in this process by ColumnsHandler, from the rows of all listed domains that were read from
the files at the beginning; records come from the data server. The index server is not asked at all.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from scrapy import Request

from crawler.archives.base import LOCAL, ListingPage, Match, Query, listing_meta, playback_meta
from crawler.archives.cdx_rows import first_line, first_rows
from crawler.archives.columns_files import ColumnsFiles
from crawler.archives.columns_index import RESUME_KEY
from crawler.archives.commoncrawl import NAME, CommonCrawlArchive
from crawler.archives.commoncrawl_rows import captures_of
from crawler.archives.json_rows import json_lines
from pipelines.errors import UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.http import Response

    from crawler.archives.base import Pace
    from crawler.archives.columns_files import RemoteFile
    from crawler.archives.commoncrawl_addresses import Sites
    from crawler.archives.commoncrawl_crawls import CrawlChoice

BASE: Final = "columns://index/rows"
NOT_IN_COLUMNS: Final = "not in the columnar index of the listed domains"
"""The cause if a redirect's target is not known: the files are read for the listed domains alone."""


class ColumnarArchive(CommonCrawlArchive):
    """Common Crawl by the files that `spec` (COMMONCRAWL_PARQUET) names. `index_file` is the database of their rows."""

    is_relisted = True
    not_found = NOT_IN_COLUMNS

    def __init__(self, choice: CrawlChoice, sites: Sites, pace: Pace, *, spec: str, index_file: Path) -> None:
        super().__init__(choice, sites, pace)
        self.spec = spec
        self.index_file = index_file
        self.hosts = self.hosts | {"index"}
        self._files = hashlib.sha256(spec.encode()).hexdigest()[:8]

    def files(self, remote: Callable[[str], RemoteFile]) -> ColumnsFiles:
        """Return the files that are read; `remote` makes one of an address on the data server."""
        return ColumnsFiles(self.spec, self._sites.data, self._choice, remote)

    @property
    def listing_name(self) -> str:
        """The name with the files and the crawls chosen: listings of others are other listings."""
        return f"{NAME} columns {self._files} {self._choice.text}".rstrip()

    def parts(self, since: str, until: str) -> int:
        """Return 1: a listing is one question, which costs nothing."""
        del since, until
        return 1

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        return self._asking(query, {"after": resume_key or ""}, {})

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read the rows. Raises UnexpectedResponse."""
        try:
            found, incomplete = first_rows(json_lines(response.body))
        except ValueError as error:
            raise UnexpectedResponse("listing line is not a JSON object", line=str(error), query=str(query)) from None
        captures, unusable = captures_of(found, self.name)
        key = (response.headers.get(RESUME_KEY) or b"").decode() or None
        if response.status != 200 or incomplete:  # noqa: PLR2004
            raise UnexpectedResponse(f"HTTP {response.status}", line=first_line(response.body), query=str(query))
        return ListingPage(captures, key, unusable, is_part=True)

    def _look_up(self, timestamp: str, url: str) -> Request:
        target = playback_meta(self, (timestamp, url))["target"]
        return self._asking(Query(url, Match.EXACT), {}, {"target": target, "place": None})

    def _asking(self, query: Query, more: dict[str, str], meta: dict[str, Any]) -> Request:
        asked = {
            "url": query.url,
            "matchType": str(query.match),
            "from": query.since,
            "to": query.until,
            "filter": query.filter,
            **more,
        }
        address = f"{BASE}?{urlencode({name: value for name, value in asked.items() if value})}"
        local = {"service": LOCAL, "download_slot": f"{self.name} {LOCAL}"}
        return Request(address, meta={**listing_meta(self, rows=self.limit), **local, **meta}, dont_filter=True)
