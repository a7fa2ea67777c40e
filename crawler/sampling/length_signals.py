"""Signals of a change of text in a page's listing rows: dates, digests and record lengths. Pure.

All constants were chosen on simulated histories and the ten series of real captures in benchmarks/changes.py.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import accumulate, pairwise
from math import exp, isqrt, log
from statistics import median
from typing import TYPE_CHECKING

from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.items import Capture

DAY = 86_400.0
"""Seconds."""

_SHARES = (0.15, 0.15, 0.7)
"""Weights of the three signs of a change's place: number of captures, time between them, jumps in length."""

_JUMP_POWER = 1.3
"""The r-th largest jump of a page weighs r to the minus this. Sizes would let one large jump outweigh the rest."""

_NEAR_THE_MIDDLE = 0.1
"""Distance from the median of the probability of change within which a split prefers a page to a redirect."""

_BYTES_PER_WORD = 3.5
"""Bytes that a word of the text adds to the compressed record: the median of the 17 changes by ten words or more
in the real captures."""

_LIKE_FACTOR = 3
"""A step in length matches a change in words if their sizes differ by at most this factor: 14 of those 17 do."""

_FEW_WORDS = 3
"""Smaller changes in words are not matched with steps: a nonce adds as much."""

_LIKE_SHARE = 0.75
"""Weight of the steps that match the change in words, if there are any. The other signs share the rest."""

_HOP_SECONDS = 3_600
"""A redirect with a page so near usually leads to it: one crawl captured http and https, or www."""

_NOISE = 6
"""A jump larger than this many median jumps of the page is a step: nonces and timestamps change `length` a little."""

_STEPS_PER_ROOT = 8
"""Steps per square root of a page's gaps, at most: a bound on the work of one split."""

_USUAL = 0.02
"""Difference of two archives' sizes (logarithms) up to which their records are taken to be of the same length."""

_BACK = 0.1
"""Share of a step that may remain after it is reversed."""

_LOOKAHEAD = 2
"""Number of large jumps after a step that are compared to find the one that reverses it."""

_LENGTH_DIGITS = 15
"""Digits of a length in a listing at most. A longer number is ignored."""

_UNLIKE_DIGITS = 3
"""Decimals to which differences of lengths (logarithms of ratios) are compared."""


def payload_of(capture: Capture) -> str | None:
    """Return a capture's digest if equal digests mean the same payload, else None.

    For redirects they don't: these often have equal (empty) bodies and different targets. Archives write the same SHA-1
    with its name and without.
    """
    is_unknown = capture.digest == "-" or capture.statuscode.startswith("3")
    return None if is_unknown else capture.digest.removeprefix("sha1:")


def is_page(capture: Capture) -> bool:
    """Whether the row is of a page: status 200, or a revisit (whose status the CDX server often omits)."""
    return capture.statuscode == "200" or capture.is_revisit


def without_hops(captures: Sequence[Capture]) -> list[int]:
    """Return the indexes of all captures but redirects within _HOP_SECONDS of a page, which have no text of their own."""
    moments = [seconds_of(capture) for capture in captures]
    before, after = _nearest_pages([is_page(capture) for capture in captures])

    def is_hop(index: int) -> bool:
        left, right = before[index], after[index]
        follows = left >= 0 and moments[index] - moments[left] <= _HOP_SECONDS
        return follows or (right < len(moments) and moments[right] - moments[index] <= _HOP_SECONDS)

    return [
        index for index, capture in enumerate(captures) if not (capture.statuscode.startswith("3") and is_hop(index))
    ]


class LengthSignals:
    """The signals of a page's captures in time order, computed once in n log n steps.

    An interval is identified by the indexes of its two ends, a gap between neighbouring captures by its left index.
    """

    def __init__(self, captures: Sequence[Capture]) -> None:
        self.moments = [seconds_of(capture) for capture in captures]
        self.sizes = _sizes(captures)
        alike = [
            (payload := payload_of(one)) is not None and payload == payload_of(other)
            for one, other in pairwise(captures)
        ]
        self._jumps = [
            0.0 if same else after - before for same, (before, after) in zip(alike, pairwise(self.sizes), strict=True)
        ]
        self._by_jump = sorted(range(len(alike)), key=lambda gap: -abs(self._jumps[gap]))
        self._signs = (_sums(not same for same in alike), self.moments, _sums(_weights(self._jumps)))
        noise = _NOISE * median(map(abs, self._jumps)) if alike else 0.0
        largest = self._by_jump[: _STEPS_PER_ROOT * isqrt(len(alike))]
        self._steps = sorted(gap for gap in largest if abs(self._jumps[gap]) > noise)
        self._page_before, self._page_after = _nearest_pages([is_page(capture) for capture in captures])

    def split(self, left: int, right: int, bound: float, grown: int) -> int:
        """Return the index at which to split an interval whose text changes and grows by `grown` words (0: unknown).

        That is the median of the probability of the change. If no step in length matches the growth, it is the capture
        nearest to the median among those of `serving`: `even_split` needs one of these after the change is found.
        """
        like = self._steps_like(left, right, grown)

        def before(at: int) -> float:
            mass = self._mass(left, right, at)
            return (1 - _LIKE_SHARE) * mass + _LIKE_SHARE * bisect_left(like, at) / len(like) if like else mass

        middle = left + 1 + bisect_left(range(left + 1, right - 1), 0.5, key=before)
        serving = [] if like or not grown else self.serving(left, right, bound)
        off = {
            index: abs(before(index) - 0.5)
            for first, last in serving or [(left + 1, right - 1)]
            for near in [max(first, min(middle, last))]
            for index in (near, near - 1, self._page_before[near], self._page_after[near])
            if first <= index <= last
        }
        enough = max(_NEAR_THE_MIDDLE, min(off.values()))
        return min(off, key=lambda index: (off[index] > enough or self._page_before[index] != index, off[index]))

    def even_split(self, left: int, right: int, bound: float) -> int | None:
        """Return the index at which to split an interval into parts shorter than `bound` seconds; None if it is shorter.

        The fewest possible captures are used, and the middle one of them is returned. Of several possible captures, it is
        the page whose length differs most from both ends, then the one nearest to an even split.
        """
        serving = self.serving(left, right, bound)
        if not serving:
            return None
        middle = len(serving) // 2
        first, last = serving[middle]
        pages = [index for index in range(first, last + 1) if self._page_before[index] == index]
        moments = self.moments
        even = moments[left] + (moments[right] - moments[left]) * (middle + 1) / (len(serving) + 1)
        return max(
            pages or range(first, last + 1),
            key=lambda index: (self._unlike(index, left, right), -abs(moments[index] - even)),
        )

    def detours(self) -> list[tuple[int, int]]:
        """Return the detours: intervals whose first gap has a step in `length` and whose last gap reverses it, sorted.

        A text that was online for a short time gives a detour. Template changes are more frequent than changes of text,
        but they are seldom reversed. A step that is reversed many times is variation of the page (one variant for each
        server, a banner): of the detours with about the same step, only the longest is returned.
        """
        steps = self._large_jumps()
        found: dict[tuple[bool, int], tuple[int, int]] = {}
        for at, left in enumerate(steps):
            step = self._jumps[left]
            back = next((gap for gap in steps[at + 1 : at + 1 + _LOOKAHEAD] if self._takes_back(left, gap)), None)
            if back is None:
                continue
            kind = (step > 0, round(10 * log(abs(step))))
            one, other = found.get(kind, (0, 0)), (left, back + 1)
            found[kind] = max(one, other, key=lambda ends: self.moments[ends[1]] - self.moments[ends[0]])
        return sorted(found.values())

    def serving(self, left: int, right: int, bound: float) -> list[tuple[int, int]]:
        """Return the choices for the fewest captures that split an interval into parts shorter than `bound` seconds.

        Each choice is the first and the last index of the captures that can be used; choices are in time order. A part
        without a capture in it may be longer.
        """
        moments, latest, earliest = self.moments, [], []
        start, end = left, right
        while moments[right] - moments[start] >= bound and right - start > 1:
            start = max(start + 1, bisect_left(moments, moments[start] + bound, start + 1, right) - 1)
            latest.append(start)
        while moments[end] - moments[left] >= bound and end - left > 1:
            end = min(end - 1, bisect_right(moments, moments[end] - bound, left + 1, end))
            earliest.append(end)
        return list(zip(reversed(earliest), latest, strict=True))

    def is_page_at(self, index: int) -> bool:
        """Whether the capture is of a page."""
        return self._page_before[index] == index

    def _steps_like(self, left: int, right: int, grown: int) -> list[int]:
        """Return the gaps of an interval with a step in `length` that matches `grown` words."""
        if abs(grown) < _FEW_WORDS:
            return []
        inside = self._steps[bisect_left(self._steps, left) : bisect_left(self._steps, right)]
        lengths = (exp(self.sizes[gap + 1]) - exp(self.sizes[gap]) for gap in inside)
        ratios = (length / (grown * _BYTES_PER_WORD) for length in lengths)
        return [gap for gap, ratio in zip(inside, ratios, strict=True) if 1 <= ratio * _LIKE_FACTOR <= _LIKE_FACTOR**2]

    def _large_jumps(self) -> list[int]:
        """Return the gaps with a page's largest jumps in time order: about twice the square root of the number of gaps."""
        return sorted(set(self._by_jump[: 2 * isqrt(len(self._by_jump)) + 2]) & set(self._steps))

    def _takes_back(self, left: int, right: int) -> bool:
        one, other = self._jumps[left], self._jumps[right]
        rest = abs(self.sizes[right + 1] - self.sizes[left])
        return one * other < 0 and rest <= _BACK * min(abs(one), abs(other))

    def _mass(self, left: int, right: int, at: int) -> float:
        """Return the probability (0 to 1) that the change in an interval lies before `at`."""
        even = (at - left) / (right - left)
        return sum(
            share * ((sums[at] - sums[left]) / whole if (whole := sums[right] - sums[left]) else even)
            for share, sums in zip(_SHARES, self._signs, strict=True)
        )

    def _unlike(self, index: int, left: int, right: int) -> float:
        sizes = self.sizes
        return round(min(abs(sizes[index] - sizes[left]), abs(sizes[index] - sizes[right])), _UNLIKE_DIGITS)


def seconds_of(capture: Capture) -> float:
    """Return the capture's time in seconds since 1970."""
    return moment_of(capture.timestamp).timestamp()


def _sizes(captures: Sequence[Capture]) -> list[float]:
    """Return the logarithm of each page's length. Records of redirects and revisits hold no page: they take the last one.

    Records of several archives differ in length for the same page: each archive's usual difference is taken off.
    """
    lengths = [_length(capture) for capture in captures]
    usual = _usual_differences(
        [(each.archive, log(length)) for each, length in zip(captures, lengths, strict=True) if length]
    )
    sizes: list[float] = []
    for capture, length in zip(captures, lengths, strict=True):
        sizes.append(log(length) - usual[capture.archive] if length else sizes[-1] if sizes else 0.0)
    first = next((size for size in sizes if size), 0.0)
    return [size or first for size in sizes]


def _length(capture: Capture) -> int:
    known = capture.length.isascii() and capture.length.isdigit() and len(capture.length) <= _LENGTH_DIGITS
    holds_page = not capture.is_revisit and not capture.statuscode.startswith("3")
    return int(capture.length) if known and holds_page else 0


def _usual_differences(sizes: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return by how much each archive's sizes differ from those of the archive with most: the median of neighbours.

    `sizes` are archives and sizes in time order.
    """
    counts = Counter(archive for archive, _ in sizes)
    differences: dict[str, list[float]] = {archive: [] for archive in counts}
    reference = max(counts, key=lambda archive: counts[archive], default="")
    for one, other in pairwise(sizes if len(counts) > 1 else ()):
        if reference in {one[0], other[0]} and one[0] != other[0]:
            its, of_reference = (other, one) if one[0] == reference else (one, other)
            differences[its[0]].append(its[1] - of_reference[1])
    usual = {archive: median(found) if found else 0.0 for archive, found in differences.items()}
    return {archive: found if abs(found) > _USUAL else 0.0 for archive, found in usual.items()}


def _nearest_pages(pages: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Return for each index the page at or before it (-1: none), and at or after it (the number of captures: none)."""
    before = accumulate((index if page else -1 for index, page in enumerate(pages)), max)
    count = len(pages)
    after = accumulate((index if pages[index] else count for index in reversed(range(count))), min)
    return list(before), list(after)[::-1]


def _weights(jumps: Sequence[float]) -> list[float]:
    """Return the weight of each gap's jump as a sign of a change; equal jumps weigh the same, no jump weighs nothing."""
    sizes = sorted(map(abs, jumps))
    ranks = (len(sizes) - bisect_left(sizes, abs(jump)) for jump in jumps)
    return [rank**-_JUMP_POWER if jump else 0.0 for jump, rank in zip(jumps, ranks, strict=True)]


def _sums(values: Iterable[float]) -> list[float]:
    return list(accumulate(values, initial=0.0))
