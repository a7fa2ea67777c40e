"""The measure of changes: words added, removed and moved."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.similarity import word_changes
from pipelines.similarity.word_changes import WordChange, word_change

BODIES = st.lists(st.sampled_from("abcd"), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("we keep data", "we keep data", WordChange(3, 3, 0, 0, 0)),
        ("we keep data", "we sell data too", WordChange(3, 4, 2, 1, 0)),
        ("first second third", "third first second", WordChange(3, 3, 0, 0, 1)),
        ("a [link](http://one.example/x)", "a [link](http://two.example/y)", WordChange(2, 2, 0, 0, 0)),
        ("", "", WordChange(0, 0, 0, 0, 0)),
        ("", "all new", WordChange(0, 2, 2, 0, 0)),
        ("その情報", "この情報", WordChange(4, 4, 1, 1, 0)),
    ],
)
def test_word_change_counts(old: str, new: str, expected: WordChange) -> None:
    assert word_change(old, new) == expected


@given(BODIES, BODIES)
@settings(deadline=None)
def test_word_change_is_balanced_and_symmetric(old: str, new: str) -> None:
    change, back = word_change(old, new), word_change(new, old)
    assert change.old + change.added - change.removed == change.new
    assert (change.added, change.removed, change.moved) == (back.removed, back.added, back.moved)
    assert change.is_none == (old.split() == new.split())
    assert change.moved <= change.old - change.removed


def test_word_change_beyond_bound_aligns_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_changes, "MAX_WORDS", 4)
    assert word_change("a b c d e f g", "b a c d e g f").moved == 1
