"""The evidence for each candidate page of a company, read from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.discovery.knowledge import read_known
from crawler.discovery.url_scores import page_score, policy_score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.catalog.queries import Queries


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate page: its scores, its captures, and the first and last capture that was stored as a policy.

    A given page that no listing has shown has 0 `captures` and empty timestamps.
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


def candidates(catalog: Queries, domain: str, given: Iterable[str] = ()) -> Iterator[Candidate]:
    """Yield the candidates of a listed domain, the searched ones first. `given` are its URLs under `pages:`."""
    known = read_known(catalog, domain, None, given=given)
    links, named = known.times_linked, known.given
    in_vain = [page.urlkey for page in known.pages.values() if page.in_vain and page.urlkey != known.home]
    chosen = list(dict.fromkeys([*known.chosen, *sorted(in_vain)]))
    pages = {urlkey: page.url for urlkey, page in known.pages.items()}
    others = sorted(set(pages) - set(chosen) - {known.home})
    missing = [urlkey for urlkey in named if urlkey not in pages]
    pages = {**named, **pages}
    for urlkey in (*chosen, *missing, *others):
        rows = catalog.page(domain, urlkey, as_it_is=True)
        policies = [capture.timestamp for capture, answer in rows if answer and answer.fate.has_text]
        yield Candidate(
            urlkey,
            pages[urlkey],
            page_score(pages[urlkey], links.get(urlkey, 0)),
            policy_score(pages[urlkey]),
            links.get(urlkey, 0),
            len(rows),
            rows[0][0].timestamp if rows else "",
            rows[-1][0].timestamp if rows else "",
            policies[0] if policies else "",
            policies[-1] if policies else "",
            urlkey in chosen,
            urlkey in named,
        )
