"""Counts of requests in windows of time, to measure a budget. Moments are seconds, in order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def most_in(window: float, moments: Sequence[float]) -> int:
    """Return the greatest number of requests in any window of `window` seconds."""
    return max(bisect_right(moments, start + window) - index for index, start in enumerate(moments))


def most_over(rate: float, moments: Sequence[float]) -> float:
    """Return the excess of the fullest window of a second or more over rate * window + 1 requests; negative if within it.

    The fullest windows begin and end with a request, so only these are counted.
    """
    return max(
        later - first + 1 - (rate * max(1.0, moments[later] - start) + 1)
        for first, start in enumerate(moments)
        for later in range(first, len(moments))
    )
