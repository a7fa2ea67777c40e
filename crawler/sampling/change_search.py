"""ChangeSearch, the strategy `versions=changes`: finds the changes of a page's text with few fetches. Pure.

An interval is two captures that were read, with none read between them. An interval is done if no capture lies in
it, or if both ends have the same text and it is shorter than half a year. Any other interval is split: a capture in it
is read, chosen by the listing and by the number of words at the ends. Each interval is decided independently. So
answers may come in any order, and a search made from the answers of earlier runs goes on where these ended.

A text that came and went within an interval shorter than half a year is missed if `length` does not show it either
(benchmarks/CHANGES.md has the measured rate).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING

from crawler.sampling.lanes import Lanes, ReadSoFar
from crawler.sampling.length_signals import DAY, LengthSignals, without_hops
from crawler.sampling.reading_cost import ReadingCosts, same_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from crawler.sampling.reading_cost import ReadingCost
    from pipelines.items import Answer, Capture

BOUND_DAYS = 183
"""Days under which an interval with the same text at both ends is not split: half a year (design)."""

_NO_TEXT = ""
"""The text of a capture without one: lost, an archived error, or not a policy."""


class ChangeSearch:
    """A `Chooser` that reads the captures needed to see where the text changes.

    If a capture has no text, its neighbour is read instead. If that has no text either, or if both ends of the interval
    have none, "no text" counts as a text: a thousand lost captures in a row cost no more than a thousand with the same
    text.

    Of captures in several archives, one that is cheaper to read is read in the place of one near it.

    Positions count the captures returned by `without_hops`. Nodes are the positions at the ends of intervals, one before
    the first capture, and one after the last.
    """

    def __init__(
        self,
        captures: Sequence[Capture],
        answers: Mapping[int, Answer],
        cost_of: Callable[[Capture], ReadingCost] = same_cost,
    ) -> None:
        """Take a page's captures in time order, the known answers by capture index, and what reading a capture costs."""
        self._indexes = without_hops(captures)
        self._costs = ReadingCosts([captures[index] for index in self._indexes], cost_of)
        self._position = {index: position for position, index in enumerate(self._indexes)}
        self._signals = LengthSignals([captures[index] for index in self._indexes])
        self._detours = self._signals.detours()
        self._read = ReadSoFar([None] * len(self._indexes), [""] * len(self._indexes))
        self._texts = self._read.texts
        self._lanes = Lanes(self._read, self._signals, BOUND_DAYS * DAY, self._detour)
        self._nodes = [-1, len(self._indexes)]
        self._pending: list[int] = []
        self._queue: list[int] = []
        self.record_answers(answers)
        if not self._lanes:
            self._open(set(self._nodes))

    def wanted(self) -> list[int]:
        """Return captures to read, each of them once; empty while the search waits for answers."""
        queue, self._queue = self._queue, []
        return [self._indexes[position] for position in queue]

    def record_answers(self, answers: Mapping[int, Answer]) -> None:
        """Record answers, requested or not, that became known at the same time."""
        known = {self._position[index]: answer for index, answer in answers.items() if index in self._position}
        for position, answer in known.items():
            self._texts[position] = (answer.text_sha256 or _NO_TEXT) if answer.fate.has_text else _NO_TEXT
            self._read.languages[position] = answer.language
            self._read.words_of[answer.text_sha256 or _NO_TEXT] = answer.words
            _discard(self._pending, position)
        nodes = {node for position in known for node in self._nodes_at(position)}
        self._add(nodes)
        between = {position for position in known.keys() - nodes if self._is_within_no_text(position)}
        self._add(between)
        is_another = self._lanes.add(known)
        if self._lanes:
            self._open_lanes(None if is_another else known)
        else:
            self._open(set(self._nodes) if is_another else nodes | known.keys())

    def _nodes_at(self, position: int) -> set[int]:
        """Return the new nodes of an answer: its position if it has a text, else adjacent positions without a text."""
        if self._texts[position] != _NO_TEXT:
            return {position}
        around = range(max(0, position - 1), min(len(self._texts), position + 2))
        silent = {near for near in around if self._texts[near] == _NO_TEXT}
        return silent if len(silent) > 1 else set()

    def _is_within_no_text(self, position: int) -> bool:
        at = bisect_left(self._nodes, position)
        return all(self._text_of(node) == _NO_TEXT for node in self._nodes[at - 1 : at + 1])

    def _add(self, nodes: set[int]) -> None:
        for node in sorted(nodes):
            at = bisect_left(self._nodes, node)
            if self._nodes[at] != node:
                self._nodes.insert(at, node)

    def _open(self, positions: set[int]) -> None:
        """Queue a capture of each interval at these positions that is not done and has no request under way."""
        intervals = {interval for position in positions for interval in self._intervals_at(position)}
        for left, right in sorted(intervals):
            under_way = bisect_right(self._pending, left)
            if right - left < 2 or (under_way < len(self._pending) and self._pending[under_way] < right):  # noqa: PLR2004
                continue
            position = self._probe(left, right)
            if position is not None:
                insort(self._pending, position)
                self._queue.append(position)

    def _open_lanes(self, positions: Iterable[int] | None) -> None:
        """Queue a capture of each interval between captures of one variant, as `_open` does; None: of all intervals."""
        for position in self._lanes.targets(positions, self._pending):
            insort(self._pending, position)
            self._queue.append(position)

    def _intervals_at(self, position: int) -> list[tuple[int, int]]:
        at = bisect_left(self._nodes, position)
        around = self._nodes[max(0, at - 1) : at + 2] if self._nodes[at] == position else self._nodes[at - 1 : at + 1]
        return list(pairwise(around))

    def _probe(self, left: int, right: int) -> int | None:
        """Return the position to read next in an interval, or its neighbour if that has no text."""
        target = self._target(left, right)
        if target is None:
            return None
        if self._costs.differ and left >= 0 and right < len(self._texts):
            target = self._cheaper(target, left, right)
        beside = (target, target + 1, target - 1)
        return next(
            (position for position in beside if left < position < right and self._texts[position] is None), None
        )

    def _cheaper(self, target: int, left: int, right: int) -> int:
        """Return the capture to read in the place of `target`, where that costs less; `target` once any was read in vain."""
        inside = range(left + 1, right)
        if any(self._texts[position] is not None for position in inside):
            return target
        moments = self._signals.moments
        return self._costs.cheapest_near(target, inside, moments, moments[right] - moments[left])

    def _target(self, left: int, right: int) -> int | None:
        """Return the position at which to split an interval, or None if it is done. It depends only on the ends."""
        if left < 0:
            return 0
        if right == len(self._texts):
            return right - 1
        if self._texts[left] != self._texts[right]:
            return self._signals.split(left, right, BOUND_DAYS * DAY, self._grown(left, right))
        even = self._signals.even_split(left, right, BOUND_DAYS * DAY)
        return self._detour(left, right) if even is None else even

    def _detour(self, left: int, right: int) -> int | None:
        """Return the middle of a detour of `length` within an interval, or None if there is none."""
        if self._texts[left] == _NO_TEXT:
            return None
        for at in range(bisect_left(self._detours, (left, left)), len(self._detours)):
            start, end = self._detours[at]
            if start >= right:
                return None
            if end <= right:
                return (start + end) // 2
        return None

    def _grown(self, left: int, right: int) -> int:
        """Return the growth in words from the text at the left end to that at the right end; 0 if unknown."""
        before, after = (self._read.words_of.get(self._texts[end] or _NO_TEXT) for end in (left, right))
        return 0 if before is None or after is None else after - before

    def _text_of(self, node: int) -> str | None:
        """Return a node's text; None for the first and the last node, which are no captures."""
        return self._texts[node] if 0 <= node < len(self._texts) else None


def _discard(ordered: list[int], value: int) -> None:
    at = bisect_left(ordered, value)
    if at < len(ordered) and ordered[at] == value:
        del ordered[at]
