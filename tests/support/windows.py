"""How many requests fall into a window of time: what a budget is measured by. Moments are seconds, in order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def most_in(window: float, moments: Sequence[float]) -> int:
    """Return the greatest number of requests in any window of so many seconds."""
    return max(bisect_right(moments, start + window) - index for index, start in enumerate(moments))


def most_over(rate: float, moments: Sequence[float]) -> float:
    """Return by how many the fullest window of a second or more is over rate * window + 1 requests; below 0 it is not.

    The fullest ones begin and end with a request, so that only these are looked at.
    """
    return max(
        later - first + 1 - (rate * max(1.0, moments[later] - start) + 1)
        for first, start in enumerate(moments)
        for later in range(first, len(moments))
    )
