"""Which captures of a page to fetch next. Pure: captures and answers in, captures out.

A `Search` goes in rounds: `wanted()` names captures, each gets exactly one answer through `hear()`, and once all of
them are answered the next round is asked for, until a round is empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from crawler.captures import Answer, Capture, Fate, Key, key_of

Answers = Mapping[Key, Answer]
Strategy = Callable[[Sequence[Capture], Answers], list[Capture]]
"""Given a page's captures in time order and the answers so far, the captures to fetch next."""

BOUND_DAYS = 183
"""An interval between captures with the same text is not opened if it is shorter than this: half a year (design)."""

_ERROR_STATUSES = ("4", "5")
_PAGE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "text/plain", "application/pdf", "warc/revisit", "unk", "-"}
)
"""Media types that can hold a policy; `unk` and `-` are the CDX server's words for "not known"."""


def listed_answer(domain: str, capture: Capture) -> Answer | None:
    """Return the answer that the listing alone gives: an archived error or a file that is no page."""
    if capture.statuscode.startswith(_ERROR_STATUSES):
        return Answer(domain, capture, Fate.ARCHIVED_ERROR, f"HTTP {capture.statuscode}")
    if capture.mimetype.lower() not in _PAGE_TYPES:
        return Answer(domain, capture, Fate.NOT_A_POLICY, capture.mimetype)
    return None


class Search:
    """One page's search: what is known of its captures, and what is still wanted."""

    def __init__(
        self,
        domain: str,
        urlkey: str,
        known: Iterable[tuple[Capture, Answer | None]],
        strategy: Strategy,
    ) -> None:
        """Take a page's captures in time order with the answers of earlier runs; open ones are asked again."""
        self.domain = domain
        self.urlkey = urlkey
        self._strategy = strategy
        self.captures: list[Capture] = []
        self._answers: dict[Key, Answer] = {}
        self._asked: set[Key] = set()
        self.from_listing: list[Answer] = []
        for capture, answer in known:
            self.captures.append(capture)
            if answer is None and (listed := listed_answer(domain, capture)):
                self.from_listing.append(listed)
                answer = listed  # noqa: PLW2901 - the listing's answer is as good
            if answer is not None and answer.fate.is_final:
                self._answers[key_of(capture)] = answer

    @property
    def waiting(self) -> bool:
        """Whether captures of this round are still to be answered."""
        return bool(self._asked)

    def wanted(self) -> list[Capture]:
        """Return the next round of captures to fetch; empty when the search is satisfied or has nothing left to ask."""
        round_ = [
            capture for capture in self._strategy(self.captures, self._answers) if key_of(capture) not in self._answers
        ]
        self._asked.update(key_of(capture) for capture in round_)
        return round_

    def hear(self, answer: Answer) -> None:
        """Take the one answer to a capture that was asked for."""
        self._asked.discard(key_of(answer.capture))
        self._answers[key_of(answer.capture)] = answer

    def credits(self) -> list[Answer]:
        """Return the answers of captures that were not fetched because one with the same digest was."""
        return [
            Answer(
                self.domain,
                capture,
                answer.fate,
                f"same digest as {answer.capture.timestamp}",
                answer.text_sha256,
            )
            for group in _same_payload(self.captures)
            if (answer := _final_answer(group, self._answers)) is not None
            for capture in group
            if key_of(capture) not in self._answers
        ]


def every_capture(captures: Sequence[Capture], answers: Answers) -> list[Capture]:
    """Want every capture; of those with equal digests one, and the next only where that one was lost."""
    return [
        capture
        for group in _same_payload(captures)
        if _final_answer(group, answers) is None and (capture := _first_unanswered(group, answers)) is not None
    ]


def last_of_each(interval: Callable[[str], str]) -> Strategy:
    """Want one capture for each interval: the last 200 or revisit in it, or the one before if that is lost."""

    def strategy(captures: Sequence[Capture], answers: Answers) -> list[Capture]:
        intervals: dict[str, list[Capture]] = defaultdict(list)
        for capture in captures:
            if capture.statuscode == "200" or capture.is_revisit:
                intervals[interval(capture.timestamp)].append(capture)
        wanted = (_first_wanted(list(reversed(group)), answers) for group in intervals.values())
        return [capture for capture in wanted if capture is not None]

    return strategy


def changes(captures: Sequence[Capture], answers: Answers) -> list[Capture]:
    """Want the captures that tell where the text changes, by halving (plain for now).

    An interval between two neighbouring answers is closed when nothing lies between them, or when both have the same
    text and it is shorter than BOUND_DAYS; else its middle capture is wanted. Lost captures are passed over.
    """
    usable = [c for c in captures if (a := answers.get(key_of(c))) is None or not _is_lost(a)]
    known = [index for index, capture in enumerate(usable) if key_of(capture) in answers]
    if not usable:
        return []
    ends = {0, len(usable) - 1}
    missing = sorted(ends - set(known))
    if missing:
        return [usable[index] for index in missing]
    return [
        usable[(left + right) // 2]
        for left, right in pairwise(known)
        if right - left > 1 and _is_open(usable[left], usable[right], answers)
    ]


def half_year(timestamp: str) -> str:
    """Return the corpus' interval of a capture: A is January to June, B July to December."""
    return timestamp[:4] + ("A" if timestamp[4:6] <= "06" else "B")


STRATEGIES: Mapping[str, Strategy] = {
    "changes": changes,
    "all": every_capture,
    "half-yearly": last_of_each(half_year),
    "monthly": last_of_each(lambda timestamp: timestamp[:6]),
    "yearly": last_of_each(lambda timestamp: timestamp[:4]),
}
"""What `versions=` names (design: names others rely on)."""


def _same_payload(captures: Sequence[Capture]) -> list[list[Capture]]:
    """Return captures in groups of which one speaks for all, in time order; those with a payload go before revisits.

    Redirects are each on their own: their bodies are often equal (empty) where their targets differ.
    """
    groups: dict[tuple[str, ...], list[Capture]] = defaultdict(list)
    for capture in captures:
        alone = capture.statuscode.startswith("3") or capture.digest == "-"
        groups[(*key_of(capture), capture.original) if alone else (capture.digest,)].append(capture)
    return [sorted(group, key=lambda capture: capture.is_revisit) for group in groups.values()]


def _final_answer(group: Sequence[Capture], answers: Answers) -> Answer | None:
    """Return the answer that speaks for a group, if one of its captures was read."""
    found = (answers.get(key_of(capture)) for capture in group)
    return next((answer for answer in found if answer is not None and not _is_lost(answer)), None)


def _first_unanswered(group: Sequence[Capture], answers: Answers) -> Capture | None:
    return next((capture for capture in group if key_of(capture) not in answers), None)


def _first_wanted(group: Sequence[Capture], answers: Answers) -> Capture | None:
    """Return the first capture to ask, unless one that goes before it was read."""
    for capture in group:
        answer = answers.get(key_of(capture))
        if answer is None:
            return capture
        if not _is_lost(answer):
            return None
    return None


def _is_lost(answer: Answer) -> bool:
    """Whether nothing was read: the neighbour has to be asked instead."""
    return answer.fate in {Fate.MISSING, Fate.EXCLUDED, Fate.FAILED, Fate.CUT_SHORT, Fate.THROTTLED}


def _is_open(left: Capture, right: Capture, answers: Answers) -> bool:
    one, other = answers[key_of(left)], answers[key_of(right)]
    if (one.text_sha256, one.fate.has_text) != (other.text_sha256, other.fate.has_text):
        return True
    return (_moment(right) - _moment(left)).total_seconds() >= BOUND_DAYS * 86_400


def _moment(capture: Capture) -> datetime:
    return datetime.strptime(capture.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
