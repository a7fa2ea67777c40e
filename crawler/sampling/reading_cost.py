"""What reading a capture costs, where a page is in several archives: which of them is read in the place of another. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipelines.items import Capture


class ReadingCost(Enum):
    """What reading a capture costs now.

    The value is a share of an interval's time: a capture is read in the place of one that is further from where the search
    wants to look by no more than the difference of their costs.
    """

    FREE = 0.0
    """A record of this machine: read before all others, wherever it is."""
    READY = 2.0
    """A request to an archive that can be sent at once."""
    WAITS = 2.25
    """A request to an archive that waits for its slot or for the end of a pause."""
    IN_VAIN = 4.0
    """A request to an archive that does not answer now."""


def same_cost(_: Capture) -> ReadingCost:
    """Return the cost of reading any capture of the only archive."""
    return ReadingCost.READY


class ReadingCosts:
    """The costs of reading a page's captures, in time order. Costs change while a page is searched."""

    def __init__(self, captures: Sequence[Capture], cost_of: Callable[[Capture], ReadingCost] = same_cost) -> None:
        """Take the captures, and the function that tells what reading one costs now."""
        self._captures = captures
        self._cost_of = cost_of
        self.differ: Final = len({capture.archive for capture in captures}) > 1
        """Whether there is a choice: the captures are of several archives."""

    def of(self, index: int) -> float:
        """Return the cost of reading a capture."""
        return self._cost_of(self._captures[index]).value

    def cheapest(self, indexes: Iterable[int]) -> int:
        """Return the capture that is cheapest to read, of equal ones the first. Raises ValueError for none."""
        return min(indexes, key=self.of)

    def cheapest_near(self, target: int, candidates: Iterable[int], moments: Sequence[float], span: float) -> int:
        """Return the candidate to read in the place of `target`: the cheapest, and of those the nearest in time.

        `moments` are seconds by index, `span` those of the interval that is searched.
        """
        by_archive: dict[str, float] = {}

        def score(index: int) -> tuple[float, bool]:
            capture = self._captures[index]
            if capture.archive not in by_archive:
                by_archive[capture.archive] = self.of(index)
            distance = abs(moments[index] - moments[target]) / span if span else 0.0
            return by_archive[capture.archive] + distance, index != target

        return min([target, *candidates], key=score)
