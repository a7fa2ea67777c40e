"""CompanyStats: one company's counts in a run, and what run.json has of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from crawler.sampling.estimate import Estimate
from pipelines.coverage import Coverage
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.discovery.costs import Cost
    from pipelines.output.run_file import Loss


OUTSIDE: Final = "nothing asked for: "
"""Start of the note on a company that had its domains at no time within the run's dates."""


@dataclass
class CompanyStats:
    """One company's counts in this run. `losses` and `notes` are counted by cause.

    `rows` are those of listings, `listed` the captures of the pages searched, `fetched` those of them that were asked
    for. `versions`, `texts` (by the kind that their pages are searched for) and `fates` (captures) count all that are known
    after the run.
    """

    name: str
    domains: tuple[str, ...]
    rows: int = 0
    index_calls: int = 0
    listed: int = 0
    fetched: int = 0
    home_pages: int = 0
    versions_by_kind: Counter[str] = field(default_factory=Counter)
    texts_by_kind: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    losses: Counter[Loss] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    """Captures that were given up, in this run or earlier, by cause."""
    notes: Counter[str] = field(default_factory=Counter)
    without_captures: list[str] = field(default_factory=list)
    """Given pages (`pages:`) without a capture in any listing."""
    half_years: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """The states of the half-years in which the home page was captured, by listed domain."""
    policy_dates: set[str] = field(default_factory=set)
    """Dates (ISO 8601) of the first and last policy of each listed domain."""
    unlisted: dict[str, str] = field(default_factory=dict)
    """Of the listed domains whose coverage is known: why no index of an archive was read, or empty."""
    unmet: list[str] = field(default_factory=list)
    planned: Estimate = field(default_factory=Estimate)
    costs: dict[str, Cost] = field(default_factory=dict)
    """What each phase would cost, by its name (`plan=1`)."""
    finished: bool = False

    @property
    def versions(self) -> int:
        """The versions of all kinds."""
        return self.versions_by_kind.total()

    @property
    def texts(self) -> int:
        """The texts of all kinds."""
        return self.texts_by_kind.total()

    @property
    def coverage(self) -> Coverage | None:
        """What is known of the company's policies over time; None if the run came to the end of no listed domain."""
        dates, unlisted = self.policy_dates, self.unlisted
        if not unlisted:
            return None
        return Coverage(self.half_years, min(dates, default=""), max(dates, default=""), min(unlisted.values()))

    @property
    def done(self) -> str:
        """What was done, in words."""
        return f"{quantity(self.listed, 'capture')} listed, {self.fetched:,} fetched"

    def as_json(self) -> dict[str, Any]:
        """Return what run.json has of the company."""
        return {
            "name": self.name,
            "domains": list(self.domains),
            "finished": self.finished,
            "index_calls": self.index_calls,
            "rows_listed": self.rows,
            "captures_listed": self.listed,
            "fetched": self.fetched,
            "home_pages": self.home_pages,
            "planned_requests": [self.planned.low, self.planned.high],
            "planned_phases": {
                phase: {
                    "index_calls": [cost.calls.low, cost.calls.high],
                    "playbacks": [cost.playbacks.low, cost.playbacks.high],
                }
                for phase, cost in self.costs.items()
            },
            "versions": self.versions,
            "texts": self.texts,
            "by_kind": {
                kind: {"versions": self.versions_by_kind[kind], "texts": self.texts_by_kind[kind]}
                for kind in sorted({*self.versions_by_kind, *self.texts_by_kind})
            },
            "fates": by_text(self.fates),
            "losses": by_text(self.losses),
            "unreadable": by_text(self.unreadable),
            "notes": by_text(self.notes),
            "given_pages_without_captures": self.without_captures,
            "unmet_expectations": self.unmet,
            "coverage": None if self.coverage is None else self.coverage.as_json(),
        }


def by_text(counts: Mapping[Any, int]) -> dict[str, int]:
    """Return counts by the text of what was counted, in order."""
    return dict(sorted((str(key), count) for key, count in counts.items()))
