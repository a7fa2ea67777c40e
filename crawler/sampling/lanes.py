"""Lanes: what was read of each variant of a page, and where each variant has to be read further. Pure.

Where one address gives several texts side by side (pipelines.variants), neighbouring captures differ and no text has
changed. So an interval is one between two captures of the same variant, whatever was read of other variants in it. It is
split as any other (crawler.sampling.change_search), but a capture may turn out to be of another variant. Such misses are
bounded, as nothing says that a variant was captured in an interval at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.variants import Reading, variants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from crawler.sampling.length_signals import LengthSignals

_MISSES: Final = 8
"""Captures of other variants, likely ones by their length, after which an interval is read no further. Where lengths tell
variants apart, 3 to 8 find the same for the same requests. Where they don't, each hits one of two variants by half."""
_MOST_LIKENED: Final = 64
"""Captures read in an interval that are looked at for their length: a bound on the work of one split."""
_NEAR: Final = 60
"""Unread captures on each side of the one wanted, of which that with the likeliest length is read."""


@dataclass(frozen=True)
class ReadSoFar:
    """The texts of a page's captures by position (None: not read, empty: none), their languages, and words by text."""

    texts: list[str | None]
    languages: list[str]
    words_of: dict[str, int | None] = field(default_factory=dict)


class Lanes:
    """The variants of a page by the captures that were read; none before these show several.

    Captures go by their position, as in ChangeSearch, whose lists these are. A lane's nodes are the positions of its texts,
    one before the first capture, and one after the last.
    """

    def __init__(
        self, read: ReadSoFar, signals: LengthSignals, bound: float, detour: Callable[[int, int], int | None]
    ) -> None:
        """Take what was read, which grows. An interval of `bound` seconds is not left alone; `detour` is ChangeSearch's."""
        self._texts, self._languages, self._words = read.texts, read.languages, read.words_of
        self._signals, self._bound, self._detour = signals, bound, detour
        self._read: list[int] = []
        self._variants: dict[str, str] = {}
        self._placed: dict[str, str] = {}
        self._lanes: dict[str, list[int]] = {}
        self._seen: set[str] = set()
        self._spoken: set[str] = set()
        self._look_at = 0
        self._is_due = False

    def __bool__(self) -> bool:
        """Whether the page has several variants."""
        return bool(self._lanes)

    def add(self, positions: Collection[int]) -> bool:
        """Take what was read; return whether the variants are others than before, so that all intervals are."""
        new = [position for position in sorted(positions) if not _has(self._read, position)]
        is_again = len(new) < len(positions)
        for position in new:
            insort(self._read, position)
        self._is_due |= is_again or self._can_tell(new)
        if not self._is_due or (len(self._read) < self._look_at and not is_again):
            self._place(new)
            return False
        self._is_due = False
        self._look_at = len(self._read) + max(1, len(self._read) // 64)  # so that all looks together are linear
        before, self._variants = bool(self), self._look()
        is_known = self._placed.items() <= self._variants.items() and self._lanes.keys() >= set(self._variants.values())
        if not is_again and bool(self._variants) == before and is_known:
            self._place(new)
            return False
        self._lanes = {name: [-1, len(self._texts)] for name in self._variants.values()}
        self._placed = {}
        self._place(self._read)
        return True

    def _can_tell(self, positions: Iterable[int]) -> bool:
        """Whether captures may show a variant: they have a text that was read before, or the page has two languages."""
        tells = False
        for position in positions:
            if text := self._texts[position]:
                tells |= text in self._seen
                self._seen.add(text)
                self._spoken.add(self._languages[position])
        return tells or len(self._spoken) > 1

    def _look(self) -> dict[str, str]:
        """Return the variant of each text by all that was read."""
        readings = [
            Reading(self._signals.moments[at], text, self._languages[at])
            for at in self._read
            if (text := self._texts[at])
        ]
        return variants_of(readings, self._words_apart)

    def targets(self, positions: Iterable[int] | None, pending: Sequence[int]) -> Iterator[int]:
        """Yield the captures to read in intervals at positions, or in all; the caller adds each to `pending` at once."""
        for name, lane in self._lanes.items():
            at = lane if positions is None else positions
            for left, right in sorted({interval for position in at for interval in _intervals_at(lane, position)}):
                is_asked = bisect_right(pending, left) < bisect_left(pending, right)
                target = None if is_asked else self._target(name, left, right)
                if target is not None:
                    yield target

    def _words_apart(self, one: str, other: str) -> int:
        """Return by how many words two texts differ in length, 0 if unknown."""
        return abs((self._words.get(one) or 0) - (self._words.get(other) or 0))

    def _place(self, positions: Iterable[int]) -> None:
        """Put positions into their variants' lanes."""
        for position in positions if self._lanes else ():
            text = self._texts[position]
            if text:
                name = self._placed.setdefault(text, self._variants.get(text) or self._variant_before(position))
                insort(self._lanes[name], position)

    def _variant_before(self, position: int) -> str:
        """Return the variant of the capture read before one whose text is not told yet; of its language, if there is one."""
        at = bisect_left(self._read, position)
        texts = ((near, self._texts[near] or "") for near in reversed(self._read[max(0, at - _MOST_LIKENED) : at]))
        known = [(near, self._placed[text]) for near, text in texts if text in self._placed]
        alike = [name for near, name in known if self._languages[near] == self._languages[position]]
        return next(iter([*alike, *(name for _, name in known), *self._lanes]))

    def _target(self, name: str, left: int, right: int) -> int | None:
        """Return the position at which to read in an interval of a lane, or None if it is done."""
        inside = self._read[bisect_right(self._read, left) : bisect_left(self._read, right)]
        if right - left - 1 == len(inside):
            return None
        # what was read of other variants tells of this one only if its length made it likely
        tried = [at for at in _some(inside) if self._may_be(at, name)]
        ends = [at for at in (left, right) if 0 <= at < len(self._texts)]
        target = self._in_wide_gap(name, sorted([*ends, *tried]))
        if target is None or not self._may_be(target, name):
            target = self._in_wide_gap(name, sorted([*ends, *inside]))
        return self._closer(name, left, right, tried) if target is None else target

    def _closer(self, name: str, left: int, right: int, tried: Sequence[int]) -> int | None:
        """Return where to read in an interval that has no wide gap: at its end if it is open, or where the text changes."""
        if left < 0:  # the earliest and the latest captures tell since when a variant is there, and what it says now
            return self._nearest(name, left, right, 0) if bisect_left(tried, _NEAR) < _MISSES else None
        if right == len(self._texts):
            is_tried = len(tried) - bisect_left(tried, right - _NEAR) >= _MISSES
            return None if is_tried else self._nearest(name, left, right, right - 1)
        if self._texts[left] == self._texts[right]:
            detour = self._detour(left, right)
            return detour if detour is not None and self._texts[detour] is None else None
        change = self._signals.split(left, right, self._bound, 0)
        return self._nearest(name, left, right, change) if len(tried) < _MISSES else None

    def _nearest(self, name: str, left: int, right: int, near: int) -> int | None:
        """Return the unread position nearest to `near` that may be of a variant."""
        likely = self._likely(name, left, right, near)
        return likely if likely is not None and self._may_be(likely, name) else None

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
            return not self._signals.is_page_at(at), not self._may_be(at, name), abs(at - near)

        return min([*after, *before], key=rank, default=None)

    def _may_be(self, position: int, name: str) -> bool:
        """Whether no other variant has a length nearer to a capture's, at the captures nearest in time read of each."""
        mine = self._unlike(position, name)
        return all(mine <= self._unlike(position, other) for other in self._lanes if other != name)

    def _unlike(self, position: int, name: str) -> float:
        """Return how far a capture's length is from that of the nearest captures of a variant, but itself."""
        sizes, lane = self._signals.sizes, self._lanes[name]
        at = bisect_left(lane, position)
        around = (lane[at - 1], lane[at + 1] if lane[at] == position else lane[at])
        return min((abs(sizes[position] - sizes[node]) for node in around if 0 <= node < len(sizes)), default=0.0)


def _has(ordered: Sequence[int], value: int) -> bool:
    at = bisect_left(ordered, value)
    return at < len(ordered) and ordered[at] == value


def _some(inside: Sequence[int]) -> Sequence[int]:
    """Return what was read at the ends of an interval, a bounded number."""
    return inside if len(inside) <= _MOST_LIKENED else [*inside[: _MOST_LIKENED // 2], *inside[-_MOST_LIKENED // 2 :]]


def _first(count: int, positions: Iterable[int]) -> Collection[int]:
    return [position for _, position in zip(range(count), positions, strict=False)]


def _intervals_at(nodes: Sequence[int], position: int) -> Iterable[tuple[int, int]]:
    """Return the intervals that a position ends, or the one that it lies in."""
    at = bisect_left(nodes, position)
    return pairwise(nodes[max(0, at - 1) : at + (2 if _has(nodes, position) else 1)])
