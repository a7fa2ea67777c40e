"""What is known of a domain's pages besides their texts: given, linked, named so by their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.url_scores import policy_score
from pipelines.gate.prior import Evidence

if TYPE_CHECKING:
    from pipelines.output.folder import OutputFolder


async def evidence_of(folder: OutputFolder, domain: str) -> dict[str, Evidence]:
    """Return what the catalog knows of each page of a listed domain besides texts, by urlkey."""
    linked = {urlkey_of(url) for url in await folder.links(domain)}
    given = await folder.given_pages(domain)
    return {
        urlkey: Evidence(given=urlkey in given, linked=urlkey in linked, address_score=min(1.0, policy_score(url)))
        for urlkey, url in await folder.pages(domain)
    }
