"""Variants of a page: which texts are told apart, and which changes are a policy's own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pipelines.variants import Reading, variants_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = 86_400.0


def page(texts: Iterable[str], days: float = 7, **languages: str) -> list[Reading]:
    """Return readings at even distances; a text's language is that of its first letter."""
    return [Reading(at * days * DAY, text, languages.get(text[0], "")) for at, text in enumerate(texts)]


# What is one variant


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        ("", 7),
        ("A", 7),
        ("AABBCC", 7),
        ("ABA", 7),  # taken back within weeks
        ("AAABBBAAA", 180),  # taken back after years
        ("ABCAD", 7),
        ("ABAB", 400),  # seasons, or years
        ("ABABA", 100),
        ("ABAB", 0.5),  # a rollout: caches serve both for two days
        ("ABABABAB", 0.2),
        ("ABAB", 2),
        ("AABABABBBBBBCCCC", 0.3),
    ],
)
def test_changes_of_a_policy_are_one_variant(texts: str, days: float) -> None:
    assert variants_of(page(texts, days)) == {}
    assert variants_of(page(texts, days, A="en", B="en", C="en", D="en")) == {}


def test_language_that_changes_for_good_is_one_variant() -> None:
    assert variants_of(page("AABBCC", 30, A="de", B="en", C="en")) == {}


def test_text_of_unknown_language_between_is_no_return() -> None:
    assert variants_of(page("ABC", 30, A="en", B="und", C="en")) == {}


# What is several


@pytest.mark.parametrize("days", [3, 7, 28])
def test_texts_that_take_turns_within_weeks(days: float) -> None:
    assert variants_of(page("ABAB", days)) == {"A": "und", "B": "und-2"}


def test_rollout_after_which_the_new_text_is_seen_late_is_one_variant() -> None:
    readings = [Reading(day * DAY, text) for day, text in ((0, "A"), (1, "B"), (1.5, "A"), (60, "B"), (90, "C"))]
    assert variants_of(readings) == {}


def test_texts_that_take_turns_every_day() -> None:
    assert variants_of(page("ABABAB", 1)) == {"A": "und", "B": "und-2"}


def test_texts_that_take_turns_for_years() -> None:
    assert variants_of(page("ABABAB", 200, A="en", B="en")) == {"A": "en", "B": "en-2"}


def test_turns_within_hours_over_months() -> None:
    readings = [Reading(day * DAY + hour * 3600, text) for day in (0, 60, 120) for hour, text in enumerate("AB")]
    assert variants_of(readings) == {"A": "und", "B": "und-2"}


@pytest.mark.parametrize("days", [0.01, 7, 400])
def test_language_that_returns(days: float) -> None:
    assert variants_of(page("ABA", days, A="en", B="de")) == {"A": "en", "B": "de"}
    assert variants_of(page("ABC", days, A="en", B="de", C="en")) == {"A": "en", "B": "de", "C": "en"}


def test_three_languages() -> None:
    languages = {"A": "en", "B": "de", "C": "fr", "D": "en", "E": "de"}
    assert variants_of(page("ABCADBEC", 30, **languages)) == languages


def test_two_variants_of_one_language_beside_another() -> None:
    found = variants_of(page("ABABCABC", 7, A="en", B="en", C="ja"))
    assert found == {"A": "en", "B": "en-2", "C": "ja"}


def test_change_in_each_variant_stays_in_it() -> None:
    readings = page(["A", "B", "A", "B", "A", "B", "C", "B", "C", "B", "C", "D", "C", "D", "C", "D"])
    assert variants_of(readings) == {"A": "und", "C": "und", "B": "und-2", "D": "und-2"}


def test_change_of_both_at_once_goes_by_likeness() -> None:
    simhashes = {"A": 0b0000, "B": 0xFFFF, "C": 0xFFF0, "D": 0b0011}
    readings = page("ABABABCDCDCD")
    found = variants_of(readings, lambda one, other: (simhashes[one] ^ simhashes[other]).bit_count())
    assert found == {"A": "und", "D": "und", "B": "und-2", "C": "und-2"}


def test_text_before_the_variants_belongs_to_the_one_most_like_it() -> None:
    simhashes = {"Z": 0, "A": 1, "B": 0xFFFF}
    found = variants_of(page("ZZABABAB"), lambda one, other: (simhashes[one] ^ simhashes[other]).bit_count())
    assert found == {"Z": "und", "A": "und", "B": "und-2"}


def test_text_in_two_languages_that_tips_by_an_edit_is_one_variant() -> None:
    simhashes = {"A": 0, "B": 1, "C": 3}
    readings = page("ABC", 100, A="de", B="fr", C="de")
    assert variants_of(readings) != {}
    assert variants_of(readings, None, lambda one, other: (simhashes[one] ^ simhashes[other]).bit_count() < 3) == {}


def test_text_of_unknown_language_joins_a_variant() -> None:
    found = variants_of(page("ABAUB", 30, A="en", B="de", U="und"))
    assert found == {"A": "en", "B": "de", "U": "en"}


def test_many_texts_of_one_page_are_told_in_time() -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable
    readings = [Reading(at * DAY, str(chance.randrange(300))) for at in range(3000)]
    assert set(variants_of(readings)) == {reading.text for reading in readings}
