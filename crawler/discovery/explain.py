"""The evidence for each candidate page of a company, read from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.discovery.coverage import half_years_between, index_of_name
from crawler.discovery.knowledge import read_known, texts_within
from crawler.discovery.url_scores import page_score, policy_score
from crawler.options.argument_values import is_within
from pipelines.catalog.queries import Queries
from pipelines.coverage import coverage_of, recorded_states
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import sqlalchemy as sa

    from pipelines.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate page: its scores, its captures, and the first and last capture that was stored as a policy.

    A given page that no listing has shown has 0 `captures` and empty timestamps. `redirected` are those of the two whose
    playback led to a capture of another moment: their timestamps, each with that of the capture that was read.
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
    redirected: tuple[tuple[str, str], ...] = ()


def explained_coverage(db: sa.Connection, domain: str, period: tuple[str, str]) -> Coverage:
    """Return the coverage of a listed domain in the dates of its company, as the last run that ended it left it."""
    owned = half_years_between(period)
    states = {name: state for name, state in recorded_states(db, domain).items() if index_of_name(name) in owned}
    return coverage_of(db, domain, states, texts_within(Queries(db), domain, PRIVACY.name, period))


def candidates(
    catalog: Queries, domain: str, given: Iterable[str] = (), period: tuple[str, str] = ("", "")
) -> Iterator[Candidate]:
    """Yield the candidates of a listed domain, the searched ones first.

    `given` are its URLs under `pages:`, and `period` the dates between which it was the company's: as in a crawl.
    """
    known = read_known(catalog, domain, None, given=given, period=period)
    links, named = known.times_linked, known.given
    in_vain = [page.urlkey for page in known.pages.values() if page.in_vain and page.urlkey != known.home]
    chosen = list(dict.fromkeys([*known.chosen, *sorted(in_vain)]))
    pages = {urlkey: page.url for urlkey, page in known.pages.items()}
    others = sorted(set(pages) - set(chosen) - {known.home})
    missing = [urlkey for urlkey in named if urlkey not in pages]
    pages = {**named, **pages}
    for urlkey in (*chosen, *missing, *others):
        of_page = catalog.page(domain, urlkey, as_it_is=True)
        rows = [row for row in of_page if is_within(row[0].timestamp, *period)]
        policies = [
            (capture.timestamp, (answer.memento or capture).timestamp)
            for capture, answer in rows
            if answer and answer.fate.has_text
        ]
        yield Candidate(
            urlkey,
            pages[urlkey],
            page_score(pages[urlkey], links.get(urlkey, 0)),
            policy_score(pages[urlkey]),
            links.get(urlkey, 0),
            len(rows),
            rows[0][0].timestamp if rows else "",
            rows[-1][0].timestamp if rows else "",
            policies[0][0] if policies else "",
            policies[-1][0] if policies else "",
            urlkey in chosen,
            urlkey in named,
            tuple(dict.fromkeys(each for each in (*policies[:1], *policies[-1:]) if each[0] != each[1])),
        )
