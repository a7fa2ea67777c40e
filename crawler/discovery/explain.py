"""Why these pages: what spoke for each candidate of a company, and what was chosen when. Reads the catalog only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.archives.cdx_rows import urlkey_of
from crawler.discovery.url_scores import best_pages, given_pages, page_score, policy_score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.catalog.writer import Catalog


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that can be the policy: its scores, its captures, and the first and last of them that were a policy.

    `captures` is 0, and the timestamps are empty, for a given page that no listing has shown.
    """

    urlkey: str
    url: str
    score: float
    from_url: float
    linked: int
    captures: int
    first: str
    last: str
    policy_from: str
    policy_to: str
    chosen: bool
    given: bool


def candidates(catalog: Catalog, domain: str, given: Iterable[str] = ()) -> Iterator[Candidate]:
    """Yield a listed domain's candidates, those searched first; `given` are the URLs under `pages:` that belong to it."""
    links = {urlkey_of(url): times for url, times in catalog.links(domain).items()}
    pages = dict(catalog.pages(domain))
    named = given_pages(pages.items(), given)
    chosen = best_pages(pages.items(), links, named)
    others = sorted(set(pages) - set(chosen) - {urlkey_of(domain)})
    missing = [urlkey for urlkey in named if urlkey not in pages]
    pages = named | pages
    for urlkey in (*chosen, *missing, *others):
        known = catalog.page(domain, urlkey)
        policies = [capture.timestamp for capture, answer in known if answer and answer.fate.has_text]
        yield Candidate(
            urlkey,
            pages[urlkey],
            page_score(pages[urlkey], links.get(urlkey, 0)),
            policy_score(pages[urlkey]),
            links.get(urlkey, 0),
            len(known),
            known[0][0].timestamp if known else "",
            known[-1][0].timestamp if known else "",
            policies[0] if policies else "",
            policies[-1] if policies else "",
            urlkey in chosen,
            urlkey in named,
        )
