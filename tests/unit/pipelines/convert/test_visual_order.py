"""Logical order of text that is known as it is seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.convert.visual_order import has_right_to_left, is_right_to_left, logical_order


def read(seen: str, *, right_to_left: bool) -> str:
    return "".join(logical_order(list(seen), right_to_left=right_to_left))


@pytest.mark.parametrize(
    ("seen", "logical"),
    [
        ("", ""),
        ("םולש", "שלום"),
        ("2024 תנש", "שנת 2024"),
        ("12.5 לש ,2024 תנש", "שנת 2024, של 12.5"),
        ("2025 2024", "2024 2025"),
        (".Windows 11 תכרעמ", "מערכת Windows 11."),
        ("(b) א", "א (b)"),
        ("םולש)", "(שלום"),
        ("-5 אוה", "הוא 5-"),
    ],
)
def test_in_right_to_left_paragraphs(seen, logical):
    assert read(seen, right_to_left=True) == logical


@pytest.mark.parametrize(
    ("seen", "logical"),
    [
        ("word", "word"),
        ("the word םולש is", "the word שלום is"),
        ("the words בוט םולש are", "the words שלום טוב are"),
        ("f(x) [1]", "f(x) [1]"),
    ],
)
def test_in_left_to_right_paragraphs(seen, logical):
    assert read(seen, right_to_left=False) == logical


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("aZ אב٣5.,-() \u05b8")), st.booleans())
def test_nothing_is_lost(seen, right_to_left):
    brackets = str.maketrans("()", "((")
    assert sorted(read(seen, right_to_left=right_to_left).translate(brackets)) == sorted(seen.translate(brackets))


@pytest.mark.parametrize(
    ("text", "is_so"),
    [("abc", False), ("אבג a", True), ("אב privacy@example.com", True), ("אב some English", False), ("", False)],
)
def test_direction(text, is_so):
    assert is_right_to_left(text) is is_so
    assert has_right_to_left(text) is ("א" in text)
