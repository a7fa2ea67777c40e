"""Which captures of a page to fetch next. Pure: captures and answers in, captures out.

A `Search` names captures through `wanted()`; each gets exactly one answer through `hear()`, in any order, and after
any of them `wanted()` may name more. When nothing is wanted and nothing waits for an answer, the search has ended.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from crawler.captures import SAME_DIGEST, Answer, Capture, Fate, Key, key_of
from crawler.changes import ChangeSearch
from crawler.timeline import is_page, payload_of

_ERROR_STATUSES = ("4", "5")
_PAGE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "text/plain", "application/pdf", "warc/revisit", "unk", "-"}
)
"""Media types that can hold a policy; `unk` and `-` are the CDX server's words for "not known"."""


class Chooser(Protocol):
    """What a strategy makes of one page. Captures go by their index; what was named once is not named again."""

    def wanted(self) -> list[int]:
        """Return captures to read that were not named before; empty while the answers to others have to come first."""

    def hear(self, answers: Mapping[int, Answer]) -> None:
        """Take answers, asked for or not, that became known at the same time."""

    @property
    def is_exhausted(self) -> bool:
        """Whether something can't be told because the captures that would tell it are lost."""


Strategy = Callable[[Sequence[Capture], Mapping[int, Answer]], Chooser]
"""Given a page's captures in time order, and by their index the answers of earlier runs, what chooses among them."""


class Outcome(StrEnum):
    """How a search stands. A run that ends in order leaves none OPEN."""

    OPEN = "open"
    SATISFIED = "satisfied"
    EXHAUSTED = "out of reachable captures"


def listed_answer(domain: str, capture: Capture) -> Answer | None:
    """Return the answer that the listing alone gives: an archived error or a file that is no page."""
    if capture.statuscode.startswith(_ERROR_STATUSES):
        return Answer(domain, capture, Fate.ARCHIVED_ERROR, f"HTTP {capture.statuscode}")
    if capture.mimetype.lower() not in _PAGE_TYPES:
        return Answer(domain, capture, Fate.NOT_A_POLICY, capture.mimetype)
    return None


class Search:
    """One page's search: what is known of its captures, and what is still wanted.

    Whatever the strategy, of captures with the same payload one is asked; its answer counts for all of them at once, and
    the next is asked only where that one was lost.
    """

    def __init__(
        self,
        domain: str,
        urlkey: str,
        known: Iterable[tuple[Capture, Answer | None]],
        strategy: Strategy,
    ) -> None:
        """Take a page's captures in time order with the answers of earlier runs.

        Open losses are asked again, and so is what was read but can't be read again (`Answer.again`).
        """
        self.domain = domain
        self.urlkey = urlkey
        self.captures: list[Capture] = []
        self.from_listing: list[Answer] = []
        self._pages: list[Capture] = []
        self._answers: dict[int, Answer] = {}
        self._queue: list[int] = []
        self._again: set[int] = set()
        for capture, answer in known:
            self._take(capture, answer)
        self._reopen_credited()
        self._index = {key_of(capture): index for index, capture in enumerate(self._pages)}
        self._same_payload = _by_payload(self._pages)
        self._credited: list[Answer] = []
        for index in [index for index in self._answers if index not in self._again]:
            self._answers |= self._credit(index)
        stored = (answer for answer in self._answers.values() if answer.fate is Fate.STORED)
        self._stored_payload = {answer.text_sha256: payload_of(answer.capture) for answer in stored}
        self._asked: set[int] = set()
        self._asked_payloads: set[str | None] = set()
        self._parked: defaultdict[str | None, deque[int]] = defaultdict(deque)
        self._chooser = strategy(self._pages, self._answers)
        self._queue.extend(self._chooser.wanted())

    @property
    def waiting(self) -> bool:
        """Whether captures that were named are still to be answered."""
        return bool(self._asked)

    @property
    def waiting_for(self) -> list[Capture]:
        """The captures that were named and are still to be answered."""
        return [self._pages[index] for index in self._asked]

    def awaits(self, capture: Capture) -> bool:
        """Whether a capture was named and is still to be answered."""
        return self._index.get(key_of(capture)) in self._asked

    @property
    def known(self) -> dict[Key, Answer]:
        """The answers so far, but for those that are asked for again."""
        known = {index: answer for index, answer in self._answers.items() if index not in self._again}
        return {key_of(self._pages[index]): answer for index, answer in known.items()}

    @property
    def outcome(self) -> Outcome:
        """How the search stands."""
        if self._asked or any(index not in self._answers for index in self._queue):
            return Outcome.OPEN
        return Outcome.EXHAUSTED if self._chooser.is_exhausted else Outcome.SATISFIED

    def wanted(self) -> list[Capture]:
        """Return captures to fetch, none of them twice; empty if answers have to come first, or the search has ended."""
        queue, self._queue = self._queue, []
        queue.sort(key=lambda index: self._pages[index].is_revisit)  # a revisit's original may be lost
        return [self._pages[index] for index in queue if self._ask(index)]

    def hear(self, answer: Answer) -> None:
        """Take the one answer to a capture that was asked for; what was read of it earlier stays if this tells nothing."""
        index = self._index[key_of(answer.capture)]
        self._asked.discard(index)
        if index in self._again and not answer.is_reading:
            answer = replace(self._answers[index], again=False)
        self._again.discard(index)
        self._answers[index] = answer
        if answer.fate is Fate.STORED:
            self._stored_payload[answer.text_sha256] = payload_of(answer.capture)
        credited = self._credit(index)
        self._answers |= credited
        payload = payload_of(answer.capture)
        self._asked_payloads.discard(payload)
        if answer.fate.is_lost:
            self._after_loss(payload)
        self._chooser.hear({index: answer, **credited})
        self._queue.extend(self._chooser.wanted())

    def credits(self) -> list[Answer]:
        """Return the answers of captures that were not fetched because one with the same digest was."""
        return [self._as_it_stands(answer) for answer in self._credited]

    def _take(self, capture: Capture, answer: Answer | None) -> None:
        self.captures.append(capture)
        if listed := listed_answer(self.domain, capture):
            self.from_listing += [listed] if answer is None else []
            return
        index = len(self._pages)
        self._pages.append(capture)
        if answer is not None and answer.fate.is_final:
            self._answers[index] = answer
        if answer is not None and answer.again:
            self._again.add(index)
        if answer is not None and (answer.again or not answer.fate.is_final):
            self._queue.append(index)

    def _reopen_credited(self) -> None:
        """Let what was credited with the answer of a capture that is asked again be credited anew."""
        payloads = {payload_of(self._pages[index]) for index in self._queue} - {None}
        for index, answer in list(self._answers.items()):
            if answer.cause.startswith(SAME_DIGEST) and payload_of(self._pages[index]) in payloads:
                del self._answers[index]

    def _credit(self, index: int) -> dict[int, Answer]:
        """Return the answers that a capture's answer is for others with its payload."""
        answer, payload = self._answers[index], payload_of(self._pages[index])
        if payload is None or answer.fate.is_lost:
            return {}
        # Emptied, so that a group is gone through once, however many of it were read
        others = [other for other in self._same_payload.pop(payload, ()) if other not in self._answers]
        cause = f"{SAME_DIGEST}{answer.capture.timestamp}"
        credited = {other: replace(answer, capture=self._pages[other], cause=cause) for other in others}
        self._credited += credited.values()
        return credited

    def _as_it_stands(self, answer: Answer) -> Answer:
        """Return a credited answer, or "same text" for "stored" if an earlier capture of the text was stored since."""
        payload = self._stored_payload.get(answer.text_sha256)
        superseded = answer.fate is Fate.STORED and payload_of(answer.capture) != payload
        return replace(answer, fate=Fate.SAME_TEXT) if superseded else answer

    def _ask(self, index: int) -> bool:
        """Note that a capture is asked; or, if one with its payload is asked already, that it is next if that is lost."""
        again = index in self._again
        if (index in self._answers and not again) or index in self._asked:
            return False
        payload = payload_of(self._pages[index])
        if payload in self._asked_payloads and not again:
            self._parked[payload].append(index)
            return False
        self._asked.add(index)
        if payload is not None:
            self._asked_payloads.add(payload)
        return True

    def _after_loss(self, payload: str | None) -> None:
        """Queue the next capture with the payload of a lost one, if one was to be asked."""
        parked = self._parked.get(payload, deque())
        while parked:
            index = parked.popleft()
            if index not in self._answers:
                self._queue.append(index)
                return


class FirstReadable:
    """A `Chooser` that reads one capture of each group: the first, or the next where that is lost."""

    def __init__(self, groups: Iterable[Sequence[int]], answers: Mapping[int, Answer]) -> None:
        """Take captures in groups, each in order of preference."""
        self._answers = dict(answers)
        self._group_of: dict[int, deque[int]] = {}
        self._queue: list[int] = []
        self.is_exhausted = False
        for group in map(deque, groups):
            self._group_of |= dict.fromkeys(group, group)
            self._advance(group)

    def wanted(self) -> list[int]:
        """Return the captures that come next in their groups."""
        queue, self._queue = self._queue, []
        return queue

    def hear(self, answers: Mapping[int, Answer]) -> None:
        """Go on with the groups whose turn it was."""
        self._answers |= answers
        for index in answers:
            group = self._group_of.get(index)
            if group and group[0] == index:
                self._advance(group)

    def _advance(self, group: deque[int]) -> None:
        """Name the first of a group that was not asked, if all before it are lost; what is left of a group is open."""
        while group:
            answer = self._answers.get(group[0])
            if answer is None:
                self._queue.append(group[0])
                return
            if not answer.fate.is_lost:
                group.clear()
                return
            group.popleft()
        self.is_exhausted = True


def every_capture(captures: Sequence[Capture], answers: Mapping[int, Answer]) -> FirstReadable:
    """Want every capture."""
    return FirstReadable(([index] for index in range(len(captures))), answers)


def last_of_each(interval: Callable[[str], str]) -> Strategy:
    """Want one capture of each interval: the last 200 or revisit in it, or the one before if that is lost (corpus)."""

    def strategy(captures: Sequence[Capture], answers: Mapping[int, Answer]) -> FirstReadable:
        intervals: dict[str, list[int]] = defaultdict(list)
        for index in reversed(range(len(captures))):
            if is_page(captures[index]):
                intervals[interval(captures[index].timestamp)].append(index)
        return FirstReadable(intervals.values(), answers)

    return strategy


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
"""What `versions=` names (design: names others rely on)."""


def _by_payload(captures: Sequence[Capture]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, capture in enumerate(captures):
        if (payload := payload_of(capture)) is not None:
            groups[payload].append(index)
    return groups
