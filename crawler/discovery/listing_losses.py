"""The losses that a listed domain's questions end with: which failures count, by the phase and by what was found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crawler.discovery.questions import REQUIRED, Ending, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.discovery.listings import Listings
    from crawler.run_stats import RunStats

OTHERS: Final = frozenset({Phase.HOME, Phase.GUESSED, Phase.FILTERED})
"""Phases whose failures are losses only if no policy was found: another phase serves in their place."""


def count_required(listings: Iterable[Listings], stats: RunStats) -> None:
    """Count the failures that are losses in any case."""
    for each in listings:
        for _, outcome in each.asked.failures(REQUIRED):
            stats.add_lost_listing(each.domain, outcome.cause, each.archive.name)


def count_others(listings: Iterable[Listings], stats: RunStats, kind: str, *, has_policy: bool) -> None:
    """Count the failures of a kind's listings that others serve in place of, if nothing was found by them."""
    for each in listings:
        _count_others(each, stats, kind, has_policy=has_policy)


def _count_others(each: Listings, stats: RunStats, kind: str, *, has_policy: bool) -> None:
    failures = [] if each.asked.is_excluded else each.asked.failures(OTHERS)
    ends = [outcome for question, outcome in failures if question.kind == kind]
    causes = [outcome.cause for outcome in ends if outcome.ending is not Ending.REFUSED]  # noted when they came
    if has_policy:
        stats.of(each.domain).notes.update(f"not listed, and found otherwise: {cause}" for cause in causes)
        return
    for cause in causes:
        stats.add_lost_listing(each.domain, cause, each.archive.name)
    if ends and not causes:
        stats.add_lost_listing(each.domain, "refused, and nothing found by narrower questions", each.archive.name)
