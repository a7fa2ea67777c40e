"""What a crawl would ask in each phase, before home pages are read and guesses made (`plan=1`). Pure.

A plan asks what a crawl asks in any case: the given pages, the home page by month, and the living pages and links that
earlier runs have found. What is not known by that is given as a range: what home pages link to, how often that was
captured, and whether anything has to be guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.discovery.hops import MAX_HOPS
from crawler.discovery.plan import ALWAYS_LINKED, MAX_GUESS_PAGES, MAX_GUESSES, MAX_HOME_CALLS, MAX_LINKED, MAX_PREFIXES
from crawler.discovery.questions import Phase
from crawler.sampling.estimate import Estimate

if TYPE_CHECKING:
    from crawler.discovery.plan import Plan


@dataclass(frozen=True, slots=True)
class Cost:
    """Index calls and playback requests. Costs add up."""

    calls: Estimate = field(default_factory=Estimate)
    playbacks: Estimate = field(default_factory=Estimate)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.playbacks + other.playbacks)

    def hours(self, calls_per_minute: float, playbacks_per_second: float) -> str:
        """Return the hours at these rates, at least and at most: both budgets are used at the same time. 0 is no limit."""

        def of(calls: int, playbacks: int) -> float:
            index = calls / calls_per_minute / 60 if calls_per_minute else 0.0
            return max(index, playbacks / playbacks_per_second / 3600 if playbacks_per_second else 0.0)

        if not calls_per_minute and not playbacks_per_second:
            return "no limit"
        low, high = of(self.calls.low, self.playbacks.low), of(self.calls.high, self.playbacks.high)
        return f"{low:.2f} to {high:.2f}"


def phase_costs(plan: Plan, searches: Estimate) -> dict[Phase, Cost]:
    """Return the costs of a domain's phases by what is known; none for WARC files, whose rows and records cost nothing.

    `searches` is the estimate for the pages that are listed so far.
    """
    if plan.is_whole:
        return {}
    known = plan.known
    unread = len(known.home_half_years - known.read_half_years)
    living = sum(bool(page.texts) and page.is_alive for page in known.policies)
    linked = min(MAX_LINKED, max(living, len(known.links)))
    may_guess = bool(unread) or plan.wants_more
    bulk = plan.bulk_pages
    if plan.parts:
        return {**_in_parts(plan, unread, linked, may_guess=may_guess), Phase.SEARCHING: Cost(playbacks=searches)}
    return {
        Phase.GIVEN: Cost(Estimate(len(known.given), len(known.given))),
        Phase.HOME: Cost(Estimate(1, MAX_HOME_CALLS), Estimate(unread, 2 * unread + 2 * MAX_HOPS * bool(unread))),
        Phase.LINKED: Cost(Estimate(living, min(MAX_LINKED, linked + ALWAYS_LINKED * bool(unread)))),
        Phase.GUESSED: Cost(Estimate(0, (MAX_PREFIXES + MAX_GUESSES) * may_guess)),
        Phase.FILTERED: Cost(Estimate(0, MAX_GUESS_PAGES * may_guess)),
        Phase.BULK: Cost(Estimate(min(1, bulk), bulk)),
        Phase.SHARED: Cost(Estimate(0, 0 if plan.own is None else len(known.chosen))),
        Phase.SEARCHING: Cost(playbacks=searches),
    }


def _in_parts(plan: Plan, unread: int, linked: int, *, may_guess: bool) -> dict[Phase, Cost]:
    """Return the costs of an archive that answers in parts: a call a part for a page, two or more for a whole domain."""
    given = len(plan.known.given)
    more = linked + ALWAYS_LINKED * bool(unread)
    return {
        Phase.GIVEN: Cost(Estimate(given * plan.parts, given * plan.parts)),
        Phase.HOME: Cost(Estimate(plan.parts, plan.parts), Estimate(unread, unread)),
        Phase.LINKED: Cost(Estimate(0, more * plan.parts)),
        Phase.GUESSED: Cost(),
        Phase.FILTERED: Cost(Estimate(0, 2 * plan.parts * may_guess)),
        Phase.BULK: Cost(Estimate(0, 2 * plan.parts if plan.bulk_pages else 0)),
        Phase.SHARED: Cost(Estimate(0, 0 if plan.own is None else len(plan.known.chosen) * plan.parts)),
    }
