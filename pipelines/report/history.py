"""The history of a company: its versions in order, each with its predecessor and the size of the change. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipelines.similarity.change_class import NOISE, ChangeClass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipelines.measures import Change
    from pipelines.report.recorded import RecordedCompany
    from pipelines.versions import Version

    Measure = Callable[[Version, Version], Change | None]
    """Return the change between the texts of two versions; None if a text can't be read."""


class StepKind(StrEnum):
    """What a version is beside its predecessor, where that is no change with a class."""

    FIRST = "first"
    SAME = "same text"
    UNREADABLE = "not readable"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Step:
    """A version and its change against its predecessor.

    `number` counts from 1 within the company. `before` is the predecessor's number, 0 for none. `after` is the timestamp
    (14 digits, UTC) of the last capture known to have the predecessor's text; empty for none. `added`, `removed` and
    `moved` count words; `topics` are those of the sentences added and removed.
    """

    number: int
    version: Version
    before: int
    after: str
    kind: StepKind | ChangeClass
    added: int = 0
    removed: int = 0
    moved: int = 0
    topics: tuple[str, ...] = ()

    @property
    def first_seen(self) -> str:
        """The timestamp (14 digits, UTC) of the version's first capture."""
        return _timestamp(self.version.first_seen)

    @property
    def last_seen(self) -> str:
        """The timestamp (14 digits, UTC) of the version's last capture."""
        return _timestamp(self.version.last_seen)

    @property
    def size(self) -> int:
        """The sum of words added and removed, by which changes are ranked."""
        return self.added + self.removed

    @property
    def is_change(self) -> bool:
        """Whether the change is one that a reader has to know."""
        return self.kind is ChangeClass.SUBSTANTIVE

    @property
    def is_noise(self) -> bool:
        """Whether it is a change that says nothing new: dates, punctuation, links, markup, moved sentences."""
        return self.kind in NOISE


def steps_of(company: RecordedCompany, measure: Measure) -> tuple[Step, ...]:
    """Return a step for each of the company's versions, in the order of their numbers.

    The predecessor of a version is the previous version of the same page and variant. The predecessor of the first one is
    the newest version on the other pages of its domain, because policies move. Pages and variants that exist side by side
    (one for each language, for instance) therefore show one complete replacement, at their first version.
    """
    versions = company.versions
    return tuple(_step(versions, number, measure) for number in range(1, len(versions) + 1))


def predecessor(earlier: Sequence[Version], version: Version) -> int:
    """Return the number of a version's predecessor among those earlier in the company's order, 0 for none."""
    of_domain = [number for number, other in enumerate(earlier, 1) if other.domain == version.domain]
    of_page = [number for number in of_domain if _place(earlier[number - 1]) == _place(version)]
    return (of_page or of_domain or [0])[-1]


def _place(version: Version) -> tuple[str, str | None]:
    return version.page, version.variant


def _step(versions: Sequence[Version], number: int, measure: Measure) -> Step:
    version = versions[number - 1]
    before = predecessor(versions[: number - 1], version)
    if not before:
        return Step(number, version, 0, "", StepKind.FIRST)
    other = versions[before - 1]
    after = _timestamp(min(other.last_seen, version.first_seen))
    if other.text_sha256 == version.text_sha256:
        return Step(number, version, before, after, StepKind.SAME)
    if other.is_withheld or version.is_withheld:
        return Step(number, version, before, after, StepKind.WITHHELD)
    change = measure(other, version)
    if change is None:
        return Step(number, version, before, after, StepKind.UNREADABLE)
    words = change.words_added, change.words_removed, change.words_moved
    return Step(number, version, before, after, ChangeClass(change.change_class), *words, tuple(change.topics.split()))


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%S}"
