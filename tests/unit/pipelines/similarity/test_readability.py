"""The readability formulas, by numbers counted by hand, and where there is nothing to say."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from pipelines.similarity import readability as module
from pipelines.similarity.readability import NO_READABILITY, readability, syllables_by

SENTENCE = "We keep the policy of the whole company."  # 8 words; 12 syllables, two words of three


@pytest.fixture(autouse=True)
def pyphen() -> None:
    pytest.importorskip("pyphen")


def test_readability_by_hand() -> None:
    found = readability([SENTENCE] * 40)
    assert found.flesch == round(206.835 - 1.015 * 8 - 84.6 * 12 / 8, 2)
    assert found.flesch_kincaid == round(0.39 * 8 + 11.8 * 12 / 8 - 15.59, 2)
    assert found.smog == round(3.1291 + 1.0430 * (2 * 30) ** 0.5, 2)


def test_readability_of_short_texts_is_none() -> None:
    assert readability([SENTENCE] * 12) == NO_READABILITY  # 96 words
    assert readability([SENTENCE] * 20).smog is None  # 20 sentences
    assert readability(["One", "Two words", "1 2 3 4"] * 100) == NO_READABILITY


def test_headings_are_no_sentences() -> None:
    assert readability([SENTENCE] * 40) == readability([SENTENCE, "Your data"] * 40)


def test_readability_without_pyphen_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "pyphen":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    assert syllables_by().startswith("pyphen 0.")
    module._counter.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    assert readability([SENTENCE] * 40) == NO_READABILITY
    monkeypatch.undo()
    module._counter.cache_clear()
