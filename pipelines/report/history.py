"""A company's versions in order, each with the one before it and how much changed between the two. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipelines.report.report_queries import RecordedCompany, Version

    Measure = Callable[[Version, Version], tuple[int, int] | None]
    """Give the words added and removed between two versions' texts; None where a text can't be read."""


class Kind(StrEnum):
    """What a version is, beside the one before it."""

    FIRST = "first"
    SAME = "same text"
    MARKS = "punctuation only"
    DATES = "dates only"
    CHANGE = "change"
    UNREADABLE = "not readable"


@dataclass(frozen=True, slots=True)
class Step:
    """A version and its change. `number` counts from 1 in the company; `before` is a Step's number, 0 for none.

    `added` and `removed` are words, as the diff shows them. `after` is the last capture known to have the text before.
    """

    number: int
    version: Version
    before: int
    after: str
    kind: Kind
    added: int
    removed: int

    @property
    def moved(self) -> int:
        """Words added and removed, together: by this changes are ranked."""
        return self.added + self.removed

    @property
    def is_change(self) -> bool:
        """Whether words changed, dates left aside."""
        return self.kind is Kind.CHANGE


def steps_of(company: RecordedCompany, measure: Measure) -> tuple[Step, ...]:
    """Return the company's versions in the order of their numbers.

    The one before is the one before on the same page. A page's first version follows the newest one on the other pages of
    its domain, as policies move; those that stay side by side (languages, say) differ whole at that point, once.
    """
    versions = company.versions
    steps: list[Step] = []
    for number, version in enumerate(versions, 1):
        before = _before(versions[: number - 1], version)
        steps.append(_step(number, version, before, versions, measure))
    return tuple(steps)


def _before(earlier: Sequence[Version], version: Version) -> int:
    """Return the number of the version before, 0 for none."""
    of_domain = [number for number, other in enumerate(earlier, 1) if other.domain == version.domain]
    of_page = [number for number in of_domain if earlier[number - 1].page == version.page]
    return (of_page or of_domain or [0])[-1]


def _step(number: int, version: Version, before: int, versions: Sequence[Version], measure: Measure) -> Step:
    if not before:
        return Step(number, version, 0, "", Kind.FIRST, 0, 0)
    other = versions[before - 1]
    after = min(other.last_seen, version.first_seen)
    if other.text.sha256 == version.text.sha256:
        return Step(number, version, before, after, Kind.SAME, 0, 0)
    words = measure(other, version)
    if words is None:
        return Step(number, version, before, after, Kind.UNREADABLE, 0, 0)
    return Step(number, version, before, after, _kind(other, version, sum(words)), *words)


def _kind(before: Version, version: Version, moved: int) -> Kind:
    if not moved:
        return Kind.MARKS
    return Kind.DATES if before.text.dateless_sha256 == version.text.dateless_sha256 else Kind.CHANGE
