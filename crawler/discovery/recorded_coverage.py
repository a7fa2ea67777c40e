"""The coverage of a listed domain, recorded when a run ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.discovery.coverage import spans_of_texts, states
from crawler.discovery.knowledge import read_known, texts_within
from pipelines.coverage import coverage_of

if TYPE_CHECKING:
    from crawler.discovery.coverage import Causes
    from pipelines.coverage import Coverage
    from pipelines.output.store import OutputStore


def record_coverage(
    store: OutputStore, domain: str, given: tuple[str, ...], period: tuple[str, str], causes: Causes
) -> Coverage:
    """Record the states of a domain's half-years, over all archives; return them with the dates of its policies."""
    known = read_known(store.catalog, domain, None, given=given, period=period)
    readings = texts_within(store.catalog, domain, known.kind.name, period)
    found = states(known, spans_of_texts(readings), causes)
    store.catalog.put_half_years(domain, found)
    with store.catalog.connection() as db:
        return coverage_of(db, domain, found, readings)
