"""What is known of a domain's pages besides their texts: given, linked, named so by their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.discovery.knowledge import read_known
from crawler.discovery.url_scores import policy_score
from pipelines.gate.prior import Evidence
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from pipelines.kinds.base import Kind
    from pipelines.output.folder import OutputFolder
    from pipelines.output.store import OutputStore


async def evidence_of(folder: OutputFolder, domain: str) -> dict[str, Evidence]:
    """Return what the catalog knows of each page of a listed domain besides texts, by urlkey."""
    return await folder.run(_evidence_of, folder.store, domain)


def _evidence_of(store: OutputStore, domain: str) -> dict[str, Evidence]:
    searched = {urlkey: page.kind for urlkey, page in store.catalog.searched_pages(domain).items()}
    found: dict[str, Evidence] = {}
    for kind in KINDS.values():
        if kind is PRIVACY or kind.name in searched.values():
            of_kind = _evidence_of_kind(store, domain, kind)
            found |= {key: each for key, each in of_kind.items() if searched.get(key, PRIVACY.name) == kind.name}
    return found


def _evidence_of_kind(store: OutputStore, domain: str, kind: Kind) -> dict[str, Evidence]:
    known, given = read_known(store.catalog, domain, None, kind=kind), store.catalog.given_pages(domain)
    return {
        urlkey: Evidence(
            given=urlkey in given,
            linked=urlkey in known.links,
            address_score=min(1.0, policy_score(page.url, kind)),
            kind=kind.name,
        )
        for urlkey, page in known.pages.items()
    }
