"""Lanes: what was read of each variant of a page, and where each variant has to be read further. Pure.

Where one address gives several texts side by side (pipelines.variants), neighbouring captures differ and no text has
changed. So an interval is one between two captures of the same variant, whatever was read of other variants in it. It is
split as any other (crawler.sampling.change_search), but a capture may turn out to be of another variant. Such misses are
bounded, as nothing says that a variant was captured in an interval at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.variants import Reading, variants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from crawler.sampling.length_signals import LengthSignals

_MISSES: Final = 3
"""Captures of other variants within an interval after which a change in it is placed no closer. 1, 3 and 8 find 1,255,
1,263 and 1,264 texts of simulated flips (benchmarks/CHANGES.md, other seeds) for 8,457, 8,742 and 9,267 requests."""
_MOST_LIKENED: Final = 64
"""Captures read in an interval that are looked at for their length: a bound on the work of one split."""
_NEAR: Final = 60
"""Unread captures on each side of the one wanted, of which that with the likeliest length is read."""


class Lanes:
    """The variants of a page by the captures that were read; none before these show several.

    Captures go by their position, as in ChangeSearch, whose lists these are. A lane's nodes are the positions of its texts,
    one before the first capture, and one after the last.
    """

    def __init__(
        self,
        texts: Sequence[str | None],
        languages: Sequence[str],
        signals: LengthSignals,
        bound: float,
        detour: Callable[[int, int], int | None],
    ) -> None:
        """Take the texts and languages by position, which grow; `bound` seconds is the longest interval left alone."""
        self._texts, self._languages = texts, languages
        self._signals, self._bound, self._detour = signals, bound, detour
        self._read: list[int] = []
        self._variants: dict[str, str] = {}
        self._lanes: dict[str, list[int]] = {}
        self._look_at = 0

    def __bool__(self) -> bool:
        """Whether the page has several variants."""
        return bool(self._lanes)

    def add(self, positions: Iterable[int]) -> bool:
        """Take what was read; return whether the variants are others than before, so that all intervals are."""
        new, is_again = [], False
        for position in sorted(positions):
            if _has(self._read, position):
                is_again = True
            else:
                insort(self._read, position)
                new.append(position)
        if len(self._read) < self._look_at and not is_again:
            self._place(new)
            return False
        self._look_at = len(self._read) + max(1, len(self._read) // 100)  # so that all looks together are linear
        found = variants_of(
            [
                Reading(self._signals.moments[at], text, self._languages[at])
                for at in self._read
                if (text := self._texts[at])
            ]
        )
        is_same = (
            not is_again
            and all(found.get(text) == name for text, name in self._variants.items())
            and bool(found) == bool(self)
        )
        self._variants = found
        if is_same:
            self._place(new)
            return False
        self._lanes = {name: [-1, len(self._texts)] for name in found.values()}
        self._place(self._read)
        return True

    def targets(self, positions: Iterable[int] | None, pending: Sequence[int]) -> Iterator[int]:
        """Yield the captures to read in intervals at positions, or in all; the caller adds each to `pending` at once."""
        for name, lane in self._lanes.items():
            at = lane if positions is None else positions
            for left, right in sorted({interval for position in at for interval in _intervals_at(lane, position)}):
                is_asked = bisect_right(pending, left) < bisect_left(pending, right)
                target = None if is_asked else self._target(name, left, right)
                if target is not None:
                    yield target

    def _place(self, positions: Iterable[int]) -> None:
        """Put positions into their variants' lanes; a text that is not told yet into that of the capture before it."""
        for position in positions if self._lanes else ():
            text = self._texts[position]
            if text:
                name = self._variants.get(text) or self._variant_before(position)
                insort(self._lanes[name], position)

    def _variant_before(self, position: int) -> str:
        before = self._read[: bisect_left(self._read, position)]
        known = (self._variants.get(self._texts[at] or "") for at in reversed(before))
        return next(filter(None, known), next(iter(self._lanes)))

    def _target(self, name: str, left: int, right: int) -> int | None:
        """Return the position at which to read in an interval of a lane, or None if it is done."""
        inside = self._read[bisect_right(self._read, left) : bisect_left(self._read, right)]
        if right - left - 1 == len(inside):
            return None
        # what was read of other variants tells of this one only if its length made it likely
        tried = [at for at in inside[:_MOST_LIKENED] if self._looks_like(at) == name]
        ends = [at for at in (left, right) if 0 <= at < len(self._texts)]
        is_end = len(ends) < 2  # noqa: PLR2004
        target = self._in_wide_gap(name, sorted([*ends, *tried]))
        if target is not None and self._looks_like(target) == name:
            return target
        target = self._in_wide_gap(name, sorted([*ends, *inside]))
        if target is not None or is_end:
            return target
        if self._texts[left] == self._texts[right]:
            detour = self._detour(left, right)
            return detour if detour is not None and self._texts[detour] is None else None
        likely = self._likely(name, left, right, self._signals.split(left, right, self._bound, 0))
        is_likely = likely is not None and self._looks_like(likely) == name
        return likely if len(tried) < _MISSES and (is_likely or len(inside) < _MISSES) else None

    def _in_wide_gap(self, name: str, marks: Iterable[int]) -> int | None:
        """Return an unread position between two marks that are as far apart as the bound, or None."""
        evens = ((left, right, self._signals.even_split(left, right, self._bound)) for left, right in pairwise(marks))
        targets = (self._likely(name, left, right, even) for left, right, even in evens if even is not None)
        return next((target for target in targets if target is not None), None)

    def _likely(self, name: str, left: int, right: int, near: int) -> int | None:
        """Return the unread position nearest to `near` that is of a variant by its length, or else the nearest one."""
        after = _first(_NEAR, (at for at in range(near, right) if self._texts[at] is None))
        before = _first(_NEAR, (at for at in range(near - 1, left, -1) if self._texts[at] is None))

        def rank(at: int) -> tuple[bool, bool, int]:
            return not self._signals.is_page_at(at), self._looks_like(at) != name, abs(at - near)

        return min([*after, *before], key=rank, default=None)

    def _looks_like(self, position: int) -> str:
        """Return the variant whose length is nearest, at the captures nearest in time that were read of each, but itself."""
        sizes = self._signals.sizes

        def unlike(name: str) -> float:
            lane = self._lanes[name]
            at = bisect_left(lane, position)
            around = (lane[at - 1], lane[at + 1] if lane[at] == position else lane[at])
            return min((abs(sizes[position] - sizes[node]) for node in around if 0 <= node < len(sizes)), default=0.0)

        return min(self._lanes, key=unlike)


def _has(ordered: Sequence[int], value: int) -> bool:
    at = bisect_left(ordered, value)
    return at < len(ordered) and ordered[at] == value


def _first(count: int, positions: Iterable[int]) -> Collection[int]:
    return [position for _, position in zip(range(count), positions, strict=False)]


def _intervals_at(nodes: Sequence[int], position: int) -> Iterable[tuple[int, int]]:
    """Return the intervals that a position ends, or the one that it lies in."""
    at = bisect_left(nodes, position)
    return pairwise(nodes[max(0, at - 1) : at + (2 if _has(nodes, position) else 1)])
