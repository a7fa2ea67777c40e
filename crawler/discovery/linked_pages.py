"""Listing queries for the pages that home pages link to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives import Match, Query
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.listings import listing_key, relist_days
from crawler.discovery.site_owner import registered_domain

if TYPE_CHECKING:
    from crawler.run import Run

MAX_LINKED = 20
"""Linked pages listed for a domain at most: home pages are foreign input, and must not cause unbounded requests."""


async def linked_queries(run: Run, domain: str) -> list[Query]:
    """Return exact queries for linked pages that are not listed, or not within RELIST_DAYS; new ones come first."""
    folder, dates = run.folder, (run.arguments.since, run.arguments.until)
    links = await folder.links(domain)
    listed = {urlkey for urlkey, _ in await folder.pages(domain, run.archive.name)}
    new = [url for url in links if urlkey_of(url) not in listed]
    elsewhere = [
        url for url in links if urlkey_of(url) in listed and registered_domain(url) != registered_domain(domain)
    ]
    queries = [Query(url, Match.EXACT, *dates) for url in (*new, *elsewhere)][:MAX_LINKED]
    days = relist_days(run)
    keys = [listing_key(run.archive, query) for query in queries]
    lately = [await folder.is_listed(key, within_days=days) for key in keys]
    return [query for query, is_listed in zip(queries, lately, strict=True) if not is_listed]
