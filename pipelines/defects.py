"""Defects: faults of a capture itself, which come out the same each time it is asked for. They end; outages don't. Pure.

A capture with an open fate is asked for again by every run. If it has the same defect in several runs in which its archive
was healthy, it is given up: its fate becomes "unreadable".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipelines.errors import (
    ConversionCrashed,
    ConversionError,
    ConversionOutOfMemory,
    ConversionTimedOut,
    PageCutShort,
    WorkerDied,
)


class DefectKind(StrEnum):
    """The kinds of defects. What is not among them (refusals, outages, time-outs, networks, disks) is never given up."""

    CUT = "body cut"
    """Playback's body ends early, at the same length each time. Another length each time is the network's fault."""
    CAPTURED_CUT = "cut when captured"
    CUT_PAGE = "page without its end"
    """The body is whole as HTTP has it, but its file format says that the end is missing."""
    CODING = "content coding"
    HEADERS = "headers"
    """Headers that are too long, or say of a memento what can't be."""
    CONVERTER = "converter"
    """A limit of the converter, or an error in it."""
    POINTER = "pointer"
    """Playback redirects to the same other capture each time."""
    NO_WORD = "no word"
    """Playback answers 404, in words that are not an archive's, while it has other mementos."""


POINTER_RUNS: Final = 2
"""Runs after which a capture that is a pointer is given up (design): a file that is offline is back by the next run."""
OF_PROGRAM: Final = frozenset(
    {DefectKind.CUT_PAGE, DefectKind.CODING, DefectKind.HEADERS, DefectKind.CONVERTER, DefectKind.NO_WORD}
)
"""The kinds that a later version of this program may do away with: it asks again for what these ended."""

_OF_CONVERTER: Final = (ConversionTimedOut, ConversionOutOfMemory, ConversionCrashed)


@dataclass(frozen=True, slots=True)
class Defect:
    """A fault of a capture itself. `detail` (a length, a target, a name) is equal if and only if the same came out."""

    kind: DefectKind
    detail: str


def is_given_up(kind: str, runs: int, limit: int) -> bool:
    """Whether a capture that had the same defect in so many runs is given up. `limit` is GIVE_UP_RUNS; 0 for never."""
    needed = min(POINTER_RUNS, limit) if kind == DefectKind.POINTER else limit
    return 0 < needed <= runs


def conversion_defect(error: ConversionError, size: int) -> Defect | None:
    """Return the defect of a body of `size` bytes that could not be converted; None if the fault is not the page's."""
    if isinstance(error, PageCutShort):
        return Defect(DefectKind.CUT_PAGE, f"{size} bytes")
    if isinstance(error, _OF_CONVERTER) or (isinstance(error, WorkerDied) and error.by_itself):
        return Defect(DefectKind.CONVERTER, type(error).__name__)
    return None
