"""Estimates of the requests that a page's search takes, before any is sent (`plan=1`). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.sampling.search import Search
from crawler.sampling.strategies import STRATEGIES
from pipelines.items import Answer, Capture, CaptureKey, Fate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Estimate:
    """A range of playback requests. Estimates of several pages add up."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.low + other.low, self.high + other.high)


def estimate(captures: Sequence[Capture], answers: Mapping[CaptureKey, Answer], versions: str) -> Estimate:
    """Return the cost of a page's search if its text never changes (low) and if it changes every three months (high).

    `captures` are in time order, `versions` is a key of STRATEGIES. The policies of benchmarks/changes.py change 2.4
    times a year on average, the liveliest of them 5 times. A redirect counts once in the low figure and twice, with the
    page it leads to, in the high one. Retries and lost captures are in neither.
    """
    low = _play(captures, answers, versions, lambda _: "")
    high = _play(captures, answers, versions, _quarter)
    redirects = sum(capture.statuscode.startswith("3") for capture in high)
    return Estimate(min(len(low), len(high)), max(len(low), len(high) + redirects))


def _play(
    captures: Sequence[Capture], answers: Mapping[CaptureKey, Answer], versions: str, period: Callable[[str], str]
) -> list[Capture]:
    """Return the captures that a search requests if the text changes where answers show it, and with each period."""
    known = [(capture, answers.get(capture.key)) for capture in captures]
    texts = _made_up_texts(known, period)
    search = Search("", "", known, STRATEGIES[versions])
    asked: list[Capture] = []
    while wanted := search.wanted():
        asked += wanted
        for capture in wanted:
            search.record_answer(Answer("", capture, Fate.STORED, text_sha256=texts[capture.key]))
    return asked


def _made_up_texts(
    known: Sequence[tuple[Capture, Answer | None]], period: Callable[[str], str]
) -> dict[CaptureKey, str]:
    """Return a made-up text for each capture: that of the last answer before it, or its period's if that is another."""
    read = [(capture.timestamp, answer.text_sha256) for capture, answer in known if answer and answer.text_sha256]
    timestamp, text = read[0] if read else ("", "?")
    texts: dict[CaptureKey, str] = {}
    for capture, answer in known:
        if answer and answer.text_sha256:
            timestamp, text = capture.timestamp, answer.text_sha256
        same = period(capture.timestamp) == period(timestamp)
        texts[capture.key] = text if same else f"{text} {period(capture.timestamp)}"
    return texts


def _quarter(timestamp: str) -> str:
    return f"{timestamp[:4]}-{timestamp[4:6] > '03'}{timestamp[4:6] > '06'}{timestamp[4:6] > '09'}"
