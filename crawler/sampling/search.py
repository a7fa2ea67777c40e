"""A page's search: it chooses the captures to request and those that take the answer of another one. Pure.

A `Search` names captures through `wanted()`. Each of them gets exactly one answer through `record_answer()`, in any
order, and after any answer `wanted()` may name more. The search has ended when nothing is wanted and nothing waits for
an answer.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from crawler.sampling.length_signals import payload_of
from crawler.sampling.reading_cost import ReadingCosts, same_cost
from pipelines.items import ERROR_STATUSES, PAGE_TYPES, SAME_DIGEST, Answer, Capture, CaptureKey, Fate

if TYPE_CHECKING:
    from crawler.sampling.reading_cost import ReadingCost


class Chooser(Protocol):
    """A strategy applied to one page. Captures go by their index, and none is named twice."""

    def wanted(self) -> list[int]:
        """Return captures to read that were not named before; empty while it waits for answers."""

    def record_answers(self, answers: Mapping[int, Answer]) -> None:
        """Take answers that became known at the same time, requested or not."""


_LACKING = frozenset({Fate.MISSING, Fate.EXCLUDED})

Strategy = Callable[[Sequence[Capture], Mapping[int, Answer]], Chooser]
"""Makes a page's `Chooser` from its captures in time order and, by their index, the answers of earlier runs."""


def listed_answer(domain: str, capture: Capture) -> Answer | None:
    """Return the answer that the listing alone gives: an archived error, or a file that is no page."""
    if capture.statuscode.startswith(ERROR_STATUSES):
        return Answer(domain, capture, Fate.ARCHIVED_ERROR, f"HTTP {capture.statuscode}")
    if capture.mimetype.lower() not in PAGE_TYPES:
        return Answer(domain, capture, Fate.NOT_A_POLICY, capture.mimetype)
    return None


class Search:
    """One page's search: the answers so far, and the captures that are still wanted.

    In every strategy only one of the captures with the same payload is requested. Its answer counts for all of
    them. The next one is asked for only where that one is lost.
    """

    def __init__(
        self,
        domain: str,
        urlkey: str,
        known: Iterable[tuple[Capture, Answer | None]],
        strategy: Strategy,
        cost_of: Callable[[Capture], ReadingCost] = same_cost,
    ) -> None:
        """Take a page's captures in time order with the answers of earlier runs, and what reading a capture costs.

        Open losses are requested again, and so are readings whose WARC record is unreadable (`Answer.again`).
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
        self._index = {capture.key: index for index, capture in enumerate(self._pages)}
        self._costs = ReadingCosts(self._pages, cost_of)
        self._same_payload, self._by_payload = _by_payload(self._pages), _by_payload(self._pages)
        self._by_digest: list[Answer] = []
        for index in [index for index in self._answers if index not in self._again]:
            self._answers |= self._answer_duplicates(index)
        stored = (answer for answer in self._answers.values() if answer.fate is Fate.STORED)
        self._stored_payload = {answer.text_sha256: payload_of(answer.capture) for answer in stored}
        self._asked: set[int] = set()
        self._asked_payloads: set[str | None] = set()
        self._waiting_duplicates: defaultdict[str | None, deque[int]] = defaultdict(deque)
        self._chooser = strategy(self._pages, self._answers)
        self._queue.extend(self._chooser.wanted())

    @property
    def waiting(self) -> bool:
        """Whether captures that were named have no answer yet."""
        return bool(self._asked)

    @property
    def waiting_for(self) -> list[Capture]:
        """The captures that were named and have no answer yet."""
        return [self._pages[index] for index in self._asked]

    def awaits(self, capture: Capture) -> bool:
        """Whether a capture was named and has no answer yet."""
        return self._index.get(capture.key) in self._asked

    @property
    def known(self) -> dict[CaptureKey, Answer]:
        """The answers so far, except those of captures that are requested again."""
        known = {index: answer for index, answer in self._answers.items() if index not in self._again}
        return {self._pages[index].key: answer for index, answer in known.items()}

    @property
    def is_open(self) -> bool:
        """Whether a capture is wanted that has no answer yet. A run that ends in order leaves no search open."""
        return self.waiting or any(index not in self._answers for index in self._queue)

    def wanted(self) -> list[Capture]:
        """Return captures to fetch, none of them twice; empty while it waits for answers, and when it has ended."""
        queue, self._queue = self._queue, []
        # a capture whose record is lost goes before its duplicates, so that the text keeps its file; revisits go last, as
        # their originals may be lost
        queue.sort(key=lambda index: (index not in self._again, self._pages[index].is_revisit))
        asked = [each for index in queue if (each := self._ask(index)) is not None]
        return [self._pages[index] for index in asked]

    def record_answer(self, answer: Answer) -> None:
        """Take the one answer to a requested capture. If it is not a reading, an earlier reading stays."""
        index = self._index[answer.capture.key]
        self._asked.discard(index)
        if index in self._again and not answer.is_reading:
            answer = replace(self._answers[index], again=False)
        self._again.discard(index)
        self._answers[index] = answer
        if answer.fate is Fate.STORED:
            self._stored_payload[answer.text_sha256] = payload_of(answer.capture)
        duplicates = self._answer_duplicates(index)
        if self._costs.differ:
            duplicates |= self._answer_lacking(index)
        self._answers |= duplicates
        payload = payload_of(answer.capture)
        self._asked_payloads.discard(payload)
        if answer.fate.is_lost:
            self._queue_duplicate(payload)
        self._chooser.record_answers({index: answer, **duplicates})
        self._queue.extend(self._chooser.wanted())

    def answers_by_digest(self) -> list[Answer]:
        """Return the answers of captures that were not fetched because one with the same digest was."""
        return [self._demote_if_superseded(answer) for answer in self._by_digest]

    def _take(self, capture: Capture, answer: Answer | None) -> None:
        self.captures.append(capture)
        if listed := listed_answer(self.domain, capture):
            self.from_listing += [listed] if answer is None else []
            return
        index = len(self._pages)
        self._pages.append(capture)
        if answer is not None and answer.fate.is_final:
            self._answers[index] = answer
        if answer is not None and answer.again and answer.fate.is_final:
            self._again.add(index)
        if answer is not None and (answer.again or not answer.fate.is_final):
            self._queue.append(index)

    def _reopen_credited(self) -> None:
        """Drop answers credited from a capture that is requested again. Its new answer credits them again."""
        payloads = {payload_of(self._pages[index]) for index in self._queue} - {None}
        for index, answer in list(self._answers.items()):
            if answer.cause.startswith(SAME_DIGEST) and payload_of(self._pages[index]) in payloads:
                del self._answers[index]

    def _answer_duplicates(self, index: int) -> dict[int, Answer]:
        """Return a capture's answer as that of the other captures with its payload."""
        answer, payload = self._answers[index], payload_of(self._pages[index])
        if payload is None or answer.fate.is_lost:
            return {}
        # Emptied, so that a group is gone through once, however many of it were read
        others = [other for other in self._same_payload.pop(payload, ()) if other not in self._answers]
        cause = f"{SAME_DIGEST}{answer.capture.timestamp}"
        duplicates = {other: replace(answer, capture=self._pages[other], cause=cause) for other in others}
        self._by_digest += duplicates.values()
        return duplicates

    def _answer_lacking(self, index: int) -> dict[int, Answer]:
        """Return a reading as the answer of the captures with its payload that their archives list and lack.

        So a revisit is known whose original another archive has.
        """
        group = self._by_payload.get(payload_of(self._pages[index]) or "", ())
        read = next((answer for each in group if (answer := self._answers.get(each)) and answer.is_reading), None)
        if read is None:
            return {}
        cause = f"{SAME_DIGEST}{read.capture.timestamp}"
        lacking = [each for each in group if each in self._answers and self._answers[each].fate in _LACKING]
        credited = {each: replace(read, capture=self._pages[each], cause=cause) for each in lacking}
        self._by_digest += credited.values()
        return credited

    def _demote_if_superseded(self, answer: Answer) -> Answer:
        """Return "same text" for "stored" if an earlier capture of the text has been stored since."""
        payload = self._stored_payload.get(answer.text_sha256)
        is_superseded = answer.fate is Fate.STORED and payload_of(answer.capture) != payload
        return replace(answer, fate=Fate.SAME_TEXT) if is_superseded else answer

    def _ask(self, index: int) -> int | None:
        """Return the capture to request now for a wanted one; None if that waits for the answer of one with its payload.

        That is the capture itself, or one with its payload in an archive where it is cheaper to read.
        """
        again = index in self._again
        if (index in self._answers and not again) or index in self._asked:
            return None
        payload = payload_of(self._pages[index])
        if payload in self._asked_payloads and not again:
            self._waiting_duplicates[payload].append(index)
            return None
        chosen = (
            index if again or payload is None or not self._costs.differ else self._cheapest_duplicate(index, payload)
        )
        if chosen != index:
            self._waiting_duplicates[payload].append(index)
        self._asked.add(chosen)
        if payload is not None:
            self._asked_payloads.add(payload)
        return chosen

    def _cheapest_duplicate(self, index: int, payload: str) -> int:
        """Return the unread capture with a payload that is cheapest to read: this one, if it is no dearer than others."""
        others = self._same_payload.get(payload, ())
        return self._costs.cheapest([index, *(each for each in others if not self._is_settled(each))])

    def _is_settled(self, index: int) -> bool:
        """Whether a capture can't be read in the place of another one: it has an answer, or no payload of its own."""
        return index in self._answers or self._pages[index].is_revisit

    def _queue_duplicate(self, payload: str | None) -> None:
        """Queue the next capture that waits with the payload of a lost one."""
        waiting = self._waiting_duplicates.get(payload, deque())
        while waiting:
            index = waiting.popleft()
            if index not in self._answers:
                self._queue.append(index)
                return


def _by_payload(captures: Sequence[Capture]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, capture in enumerate(captures):
        if (payload := payload_of(capture)) is not None:
            groups[payload].append(index)
    return groups
