"""Questions to an archive's index: the phase that asks each, how it ended, and which were asked in this run. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Final

from crawler.archives.base import Match, Query
from crawler.archives.urlkey import urlkey_of
from pipelines.kinds.privacy import PRIVACY


class Phase(IntEnum):
    """Phase of a listed domain's crawl (design: a listed domain's life)."""

    GIVEN = auto()
    HOME = auto()
    LINKED = auto()
    GUESSED = auto()
    FILTERED = auto()
    BULK = auto()
    SHARED = auto()
    """With several archives: each is asked for the pages that the others have."""
    SEARCHING = auto()
    AGAIN = auto()
    DONE = auto()


REQUIRED: Final = frozenset({Phase.GIVEN, Phase.LINKED, Phase.BULK, Phase.SHARED})
"""Phases whose failed listings are open losses, whatever else was found."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query with the phase that asks it, and the kind of documents whose pages it is to find.

    After `max_pages` result pages it ends there; 0 for all.
    """

    query: Query
    phase: Phase
    max_pages: int = 0
    kind: str = PRIVACY.name

    @property
    def is_patient(self) -> bool:
        """Whether it is asked again in this run when it took the archive too long (504)."""
        return self.phase in REQUIRED


class Ending(Enum):
    """How a question has ended."""

    READ = auto()
    CUT = auto()
    """At its bound of result pages."""
    MISSING = auto()
    """Playback has no capture at all."""
    EXCLUDED = auto()
    REFUSED = auto()
    TOO_SLOW = auto()
    LOST = auto()

    @property
    def is_failure(self) -> bool:
        return self in {Ending.REFUSED, Ending.TOO_SLOW, Ending.LOST}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a question: how, why, and the rows read."""

    ending: Ending
    cause: str = ""
    rows: int = 0


@dataclass
class Asked:
    """The questions that a domain's crawl has asked in this run, and the number of index calls they took."""

    outcomes: dict[Question, Outcome] = field(default_factory=dict)
    calls: int = 0
    calls_for: Counter[str] = field(default_factory=Counter)
    """The calls by the kind of documents that they were made for."""

    def __contains__(self, question: Question) -> bool:
        return self.outcome(question.query) is not None

    def outcome(self, query: Query) -> Outcome | None:
        """Return the outcome of a query, or of one that is the same to the archive: `http` and `https` with `www.` are."""
        return next((end for each, end in self.outcomes.items() if identity(each.query) == identity(query)), None)

    def refuses(self, match: Match, site: str) -> bool:
        """Whether the archive has refused this kind of listing for a site (a SURT's host): it is not asked there again."""
        return any(
            end.ending is Ending.REFUSED and urlkey_of(each.query.url).startswith(site)
            for each, end in self.outcomes.items()
            if each.query.match is match
        )

    @property
    def is_excluded(self) -> bool:
        """Whether the archive shows nothing of the site: its home page or all of it. Final, and no loss."""
        return any(end.ending is Ending.EXCLUDED for each, end in self.outcomes.items() if each.phase > Phase.GIVEN)

    def calls_without(self, kind: str) -> int:
        """Return the calls but those that were made for other kinds."""
        return self.calls - sum(count for name, count in self.calls_for.items() if name != kind)

    def failures(self, phases: frozenset[Phase]) -> list[tuple[Question, Outcome]]:
        """Return the failed questions of some phases, except those that playback answered in their place."""
        return [
            (each, end)
            for each, end in self.outcomes.items()
            if each.phase in phases and end.ending.is_failure and not self._has_other_answer(each, end)
        ]

    def _has_other_answer(self, question: Question, outcome: Outcome) -> bool:
        if outcome.ending is not Ending.REFUSED or question.query.match is not Match.EXACT:
            return False
        instead = self.outcome(Query(question.query.url, Match.NEAREST))
        return instead is not None and not instead.ending.is_failure


def identity(query: Query) -> tuple[str, str]:
    """Return what a query is known by: the page or site, and the variety of listing."""
    return urlkey_of(query.url), query.variety
