"""What `plan=1` says before anything is fetched, against what the same searches then ask for."""

from __future__ import annotations

import random

import pytest

from crawler.sampling.estimate import Estimate, estimate
from tests.support.histories import Seen, daily, play, search, seen


def of(history: list[Seen], versions: str, read: int = 0) -> Estimate:
    answers = {one.capture.key: one.answer for one in history[:read]}
    return estimate([one.capture for one in history], answers, versions)


@pytest.mark.parametrize("versions", ["all", "half-yearly", "monthly", "yearly"])
def test_estimate_is_exact_without_text_dependence(versions: str) -> None:
    history = daily("A" * 200 + "B" * 900)
    cost = len(play(history, search(history, versions)))
    assert of(history, versions) == Estimate(cost, cost)


def test_estimate_equal_digests_cost_nothing() -> None:
    assert of([seen(at, "A", digest="one") for at in range(50)], "all") == Estimate(1, 1)


@pytest.mark.parametrize("changes", [0, 1, 5, 12])
def test_estimate_bounds_cost_of_changes(changes: int) -> None:
    chance = random.Random(changes)  # noqa: S311 - repeatable
    places = sorted(chance.sample(range(4 * 365), changes))
    history = daily(f"{sum(at >= place for place in places)}" for at in range(4 * 365))
    guess = of(history, "changes")
    assert guess.low <= len(play(history, search(history))) <= guess.high


def test_estimate_known_captures_cost_nothing() -> None:
    history = daily("A" * 400)
    answers = {answer.capture.key: answer for answer in play(history, search(history))}
    assert estimate([one.capture for one in history], answers, "changes").low == 0
    assert of(history, "all", read=399) == Estimate(1, 1)


def test_estimate_redirect_may_cost_second_request() -> None:
    assert of([seen(0, "A", status="301")], "all") == Estimate(1, 2)


def test_estimate_without_captures_is_zero() -> None:
    assert of([], "changes") == Estimate()


def test_estimate_addition() -> None:
    assert Estimate(1, 2) + Estimate(10, 20) == Estimate(11, 22)
