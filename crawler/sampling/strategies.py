"""The strategies that `versions=` names: which captures of a page are read. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import partial
from typing import TYPE_CHECKING

from crawler.sampling.change_search import ChangeSearch
from crawler.sampling.length_signals import is_page
from pipelines.items import SAME_DIGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from crawler.sampling.reading_cost import ReadingCost
    from crawler.sampling.search import Strategy
    from pipelines.items import Answer, Capture


class FirstReadable:
    """A `Chooser` that reads one capture of each group: the first, or the next one where that is lost."""

    def __init__(self, groups: Iterable[Sequence[int]], answers: Mapping[int, Answer]) -> None:
        """Take captures in groups, each in order of preference."""
        self._answers = dict(answers)
        self._group_of: dict[int, deque[int]] = {}
        self._queue: list[int] = []
        for group in map(deque, groups):
            self._group_of |= dict.fromkeys(group, group)
            self._advance(group)

    def wanted(self) -> list[int]:
        """Return the captures that come next in their groups."""
        queue, self._queue = self._queue, []
        return queue

    def record_answers(self, answers: Mapping[int, Answer]) -> None:
        """Continue with the groups whose first capture was answered."""
        self._answers |= answers
        for index in answers:
            group = self._group_of.get(index)
            if group and group[0] == index:
                self._advance(group)

    def _advance(self, group: deque[int]) -> None:
        """Queue the first capture of a group that has no answer, if all before it are lost."""
        while group:
            answer = self._answers.get(group[0])
            if answer is None:
                self._queue.append(group[0])
                return
            if not self._goes_on_after(answer):
                group.clear()
                return
            group.popleft()

    def _goes_on_after(self, answer: Answer) -> bool:
        return answer.fate.is_lost


class HomePages(FirstReadable):
    """A `Chooser` that reads a second capture of a group where the first is `blank`: no link of any use was found on it.

    Such a page can be a bot challenge, or one of maintenance. `blank` are timestamps, and grows while captures are read.
    """

    def __init__(self, groups: Iterable[Sequence[int]], answers: Mapping[int, Answer], blank: Collection[str]) -> None:
        """Take captures in groups, each in order of preference."""
        self._blank = blank
        self._second: set[str] = set()
        super().__init__(groups, answers)

    def _goes_on_after(self, answer: Answer) -> bool:
        if answer.fate.is_lost or answer.cause.removeprefix(SAME_DIGEST) in self._blank:
            return True
        interval = half_year(answer.capture.timestamp)
        if answer.capture.timestamp not in self._blank or interval in self._second:
            return False
        self._second.add(interval)
        return True


def every_capture(captures: Sequence[Capture], answers: Mapping[int, Answer]) -> FirstReadable:
    """Read every capture."""
    return FirstReadable(([index] for index in range(len(captures))), answers)


def last_of_each(interval: Callable[[str], str]) -> Strategy:
    """Return a strategy that reads one capture of each interval, as the corpus does.

    That is the last page (status 200 or a revisit) of the interval, or the one before it if that is lost. `interval`
    takes a timestamp of 14 digits and returns the interval's name.
    """

    def strategy(captures: Sequence[Capture], answers: Mapping[int, Answer]) -> FirstReadable:
        intervals: dict[str, list[int]] = defaultdict(list)
        for index in reversed(range(len(captures))):
            if is_page(captures[index]):
                intervals[interval(captures[index].timestamp)].append(index)
        return FirstReadable(intervals.values(), answers)

    return strategy


def home_page_of_each_half_year(
    captures: Sequence[Capture], answers: Mapping[int, Answer], blank: Collection[str] = ()
) -> FirstReadable:
    """Read one capture of each half-year: its last page, or the one before if that is lost; a redirect if it has no page.

    Of a half-year whose page is `blank`, one more is read.
    """
    intervals: dict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(captures)), key=lambda index: (not is_page(captures[index]), -index)):
        intervals[half_year(captures[index].timestamp)].append(index)
    return HomePages(intervals.values(), answers, blank)


def half_year(timestamp: str) -> str:
    """Return the corpus' interval of a capture: A is January to June, B July to December."""
    return timestamp[:4] + ("A" if timestamp[4:6] <= "06" else "B")


STRATEGIES: Mapping[str, Strategy] = {
    "changes": ChangeSearch,
    "all": every_capture,
    "half-yearly": last_of_each(half_year),
    "monthly": last_of_each(lambda timestamp: timestamp[:6]),
    "yearly": last_of_each(lambda timestamp: timestamp[:4]),
}
"""The values of `versions=` (design: names others rely on)."""


def strategy_of(versions: str, cost_of: Callable[[Capture], ReadingCost]) -> Strategy:
    """Return the strategy of a value of `versions=`.

    What a capture costs to read decides only between those that show the changes as well.
    """
    strategy = STRATEGIES[versions]
    return partial(ChangeSearch, cost_of=cost_of) if strategy is ChangeSearch else strategy
