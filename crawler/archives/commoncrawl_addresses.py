"""Addresses of Common Crawl's two servers, and of servers of the same layout. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from crawler.archives.commoncrawl_rows import FIELDS
from crawler.archives.playback_urls import query_url

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.base import Query
    from crawler.archives.commoncrawl_position import Position

CRAWL_LIST: Final = "collinfo.json"


@dataclass(frozen=True, slots=True)
class Sites:
    """The addresses of the index server and of the data server, without a slash at the end."""

    index: str = "https://index.commoncrawl.org"
    data: str = "https://data.commoncrawl.org"


def index_address(sites: Sites, query: Query, position: Position) -> str:
    """Return the address of a result page of a crawl's index, or of the number of pages (pywb's CDX server API)."""
    parameters = {
        "url": query_url(query.url),
        "matchType": str(query.match),
        "output": "json",
        "fl": ",".join(FIELDS),
        "from": query.since,
        "to": query.until,
        "filter": _filter(query.filter),
        **position.parameters(query),
    }
    given = urlencode({name: value for name, value in parameters.items() if value})
    return f"{sites.index}/{position.crawl}-index?{given}"


def is_crawl_list(message: Request | Response) -> bool:
    """Whether this is a request for the list of crawls, or its answer."""
    return message.url.endswith(f"/{CRAWL_LIST}")


def _filter(query_filter: str) -> str:
    """Return a filter in the words of pywb, whose regular expressions match at the beginning of the field only."""
    name, _, regex = query_filter.partition(":")
    return f"~{name}:(?:{regex})$" if query_filter else ""
