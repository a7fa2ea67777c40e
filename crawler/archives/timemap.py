"""An archive that speaks Memento (RFC 7089): a TimeMap of each URL, and its mementos by their own addresses.

A TimeMap lists one URL: no prefix, host or domain can be asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy import Request

from crawler.archives.base import Archive, ListingPage, Match, Query, listing_meta, playback_meta
from crawler.archives.cdx_rows import MAX_ROWS, first_line, read_rows, valid_timestamp
from crawler.archives.playback_urls import host_of, playback_address
from crawler.archives.timemap_pages import Paging, read_timemap
from crawler.archives.urlkey import urlkey_of
from crawler.options.argument_values import is_within
from pipelines.errors import UnexpectedResponse
from pipelines.untrusted import MAX_URL, percent_encoded, text_problem, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.http import Response

    from crawler.archives.timemap_pages import ListedMemento
    from pipelines.items import Capture

_PLAYBACK: Final = re.compile(r"(https?://[^/]+/(?:[^?#]*?/)??)([0-9]{14})(?:[a-z]{2}_)?/(https?:/.+)", re.DOTALL)
"""An address of a memento in the Wayback Machine's layout: what stands before the timestamp, timestamp, URL."""
_LONGEST: Final = 4 * MAX_URL
"""Characters of an address of the archive: its own, and a URL in it, both encoded."""
_TIMEMAP: Final = re.compile(r"/timemap(?:/|$)")


class TimeMapArchive(Archive):
    """An archive whose TimeMaps are at `base`, a slash and the URL, e.g. `http://localhost:8080/policies/timemap/link`.

    Mementos in the Wayback Machine's layout are asked for raw (`id_`), others as the TimeMap has them; only on the
    TimeMap's own host. Every request carries `headers`.
    """

    filters_dates = False

    def __init__(self, base: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.name = f"timemap+{base}"
        self.base = base
        self.hosts = frozenset({host_of(base)})
        self._headers = dict(headers or {})
        layout = _TIMEMAP.search(base)
        self._prefix = f"{base[: layout.start()]}/" if layout else ""
        """How addresses of mementos begin, in the Wayback Machine's layout; empty if it is not known."""
        self.can_list = frozenset({Match.EXACT, Match.NEAREST} if layout else {Match.EXACT})

    @property
    def may_collapse(self) -> bool:
        return False

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return the request for a URL's TimeMap, or for the next of several. Raises ValueError for another match."""
        if query.match not in self.can_list:
            raise ValueError(f"a TimeMap lists one URL; it can't be asked for a {query.match}")
        left = Paging.of(resume_key).left
        address = left[0] if left else f"{self.base}/{percent_encoded(query.url)}"
        meta = {**listing_meta(self, rows=MAX_ROWS), "resume_key": resume_key}
        return Request(address, headers=self._headers, meta=meta, dont_filter=True)

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read a TimeMap in link-format or JSON. A 404 means that there is no memento."""
        if response.status == 404:  # noqa: PLR2004
            return ListingPage(())
        if response.status != 200:  # noqa: PLR2004
            raise UnexpectedResponse(f"HTTP {response.status}", line=first_line(response.body), query=str(query))
        try:
            found = read_timemap(response.body, response.url)
        except ValueError as error:
            raise UnexpectedResponse(f"no TimeMap: {error}", line=first_line(response.body), query=str(query)) from None
        asked = Paging.of(response.request.meta.get("resume_key") if response.request else None)
        paging, problem = asked.after(response.url, map(self._own, found.further), bool)
        captures, unusable = self._captures(found.mementos, found.original or query.url, query)
        incomplete = found.incomplete or problem
        return ListingPage(tuple(captures), paging.key, found.unusable + unusable, incomplete, is_part=True)

    def _captures(
        self, mementos: Iterable[ListedMemento], original: str, query: Query
    ) -> tuple[list[Capture], Counter[str]]:
        """Return the mementos on the archive's host and within a query's dates as captures; count those without use."""
        found: list[Capture] = []
        unusable: Counter[str] = Counter()
        for each in mementos:
            locator = self._own(each.address)
            if each.address and not locator:
                unusable["memento on another host"] += 1
                continue
            rows, causes = read_rows([self._row(each, locator, original)], self.name)
            unusable += causes
            found += [
                replace(row, locator=locator) for row in rows if is_within(row.timestamp, query.since, query.until)
            ]
        return sorted(found, key=lambda capture: capture.timestamp), unusable

    def _row(self, listed: ListedMemento, locator: str, original: str) -> tuple[str, ...]:
        """Return a memento as the row of an index. Its address has the second of its capture, and the URL's spelling."""
        named = self.playback_target(locator) if locator else None
        timestamp = (valid_timestamp(named[0]) if named else None) or listed.timestamp
        url = (named[1] if named else "") or listed.original or original
        key = "-" if url_problem(url) else urlkey_of(url)  # such a row is counted
        return key, timestamp, url, listed.mimetype, listed.statuscode, listed.digest, listed.length

    def _own(self, address: str) -> str:
        """Return an address of the archive with the scheme that it is asked by; empty for an address on another host."""
        if len(address) > _LONGEST or text_problem(address) or host_of(address) not in self.hosts:
            return ""
        return f"{urlsplit(self.base).scheme}:{address.partition(':')[2]}"

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request | None:
        """Return the request for the memento at a locator, or for the one of a timestamp and URL in the known layout."""
        layout = _PLAYBACK.fullmatch(locator)
        address = f"{layout[1]}{layout[2]}id_/{percent_encoded(layout[3])}" if layout else percent_encoded(locator)
        if not address and self._prefix:
            address = playback_address(self._prefix, timestamp, url)
        return Request(address, headers=self._headers, meta=playback_meta(self, (timestamp, url))) if address else None

    def playback_target(self, address: str) -> tuple[str, str] | None:
        if text_problem(address) or host_of(address) not in self.hosts or address.startswith(f"{self.base}/"):
            return None
        match = _PLAYBACK.fullmatch(address)
        return (match[2], re.sub(r"^(https?):/(?!/)", r"\1://", match[3])) if match else None
