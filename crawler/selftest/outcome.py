"""The outcome of a self-test: the table, what follows from it, and the exit status. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from crawler.console.text_table import text_table
from crawler.run_stats import ExitStatus
from crawler.selftest.facts import FACTS
from crawler.selftest.verdicts import Differs, Held, NotSeen, Settled
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from crawler.selftest.evidence import Evidence
    from crawler.selftest.facts import Fact
    from crawler.selftest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts on all facts. `trouble` says in words why questions were left unasked, or nothing was answered."""

    archive: str
    page: str
    verdicts: tuple[tuple[Fact, Verdict], ...]
    listings: int
    playbacks: int
    is_answered: bool
    trouble: str

    @classmethod
    def of(cls, known: Evidence) -> Self:
        """Judge the exchanges of a self-test."""
        listings = sum(map(known.is_listing, known.exchanges))
        answered = [known.is_answered(question) for question in known.exchanges]
        if any(answered) and not known.is_of_an_archive:
            trouble = "no answer is a listing or a memento; name a web archive's address"
            playbacks = len(known.exchanges) - listings
            return cls(known.archive.name, known.page, (), listings, playbacks, is_answered=False, trouble=trouble)
        return cls(
            known.archive.name,
            known.page,
            tuple((fact, fact.verdict(known)) for fact in FACTS) if any(answered) else (),
            listings,
            len(known.exchanges) - listings,
            any(answered),
            "" if answered and answered[-1] else _trouble(known),
        )

    @property
    def status(self) -> ExitStatus:
        """FAILED if the archive answered nothing, OPEN_LOSSES if a fact differs, else DONE."""
        if not self.is_answered:
            return ExitStatus.FAILED
        differs = any(isinstance(verdict, Differs) for _, verdict in self.verdicts)
        return ExitStatus.OPEN_LOSSES if differs else ExitStatus.DONE

    def __str__(self) -> str:
        rows = [(fact.name, verdict.name, verdict.words, fact.means(verdict)) for fact, verdict in self.verdicts]
        table = text_table([("fact", "", "seen", "for a crawl"), *rows])
        counts = Counter(type(verdict) for _, verdict in self.verdicts)
        differ = f"{counts[Differs]} {'differs' if counts[Differs] == 1 else 'differ'}"
        unseen = f"{counts[NotSeen]} {'was' if counts[NotSeen] == 1 else 'were'}"
        summary = f"{quantity(counts[Held], 'fact')} held, {differ}, {unseen} not seen"
        requests = f"{quantity(self.listings, 'request')} to the index, {self.playbacks} to playback"
        return f"{table}\n\n{self.archive}, {self.page}: {summary} ({requests})"


def _trouble(known: Evidence) -> str:
    """Return what came instead of the last answer."""
    if not known.exchanges:
        return "nothing was asked"
    question = list(known.exchanges)[-1]
    try:
        if known.is_listing(question):
            known.listing(question)
        else:
            known.playback(question)
    except Settled as settled:
        return f"{question}: {settled.verdict.words}"
    return ""
