"""Verdicts on a fact: held, differs, not seen; each with what was seen, in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an archive's answers say of a fact. `words` are what was seen."""

    words: str
    name: ClassVar[str] = ""


class Held(Verdict):
    """The archive does what a crawl relies on."""

    __slots__ = ()
    name = "held"


class Differs(Verdict):
    """The archive does something else."""

    __slots__ = ()
    name = "differs"


class NotSeen(Verdict):
    """No answer shows it: none came, or the page that was asked about has no such capture."""

    __slots__ = ()
    name = "not seen"


class Settled(Exception):
    """A verdict that follows from an answer alone, whatever the fact; raised by Evidence."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.words)
        self.verdict = verdict
