"""Differences lead from one text to the other, show words, count what they show, and are bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report import worddiff
from pipelines.report.worddiff import ADDED, CHANGED, KEPT, MOVED_AWAY, MOVED_HERE, REMOVED, compare, lines_of
from pipelines.similarity.words import visible_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINES = st.lists(st.text(alphabet="ab .,\U0001f600é#*[", min_size=1, max_size=12), max_size=8)


def units(text: str) -> bytes:
    return text.encode("utf-16-le")


def follow(rows: Iterable[Sequence[int]], old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """Rebuild both sides from the rows, as the browser does."""
    left: list[str] = []
    right: list[str] = []
    for row in rows:
        if row[0] == CHANGED:
            before, after = follow_runs(row[1:], old[len(left)], new[len(right)])
            left.append(before)
            right.append(after)
            continue
        if row[0] == MOVED_AWAY:
            left.append(old[len(left)])
            assert visible_words(left[-1]) == visible_words(new[row[2]])
            continue
        if row[0] == MOVED_HERE:
            right.append(new[len(right)])
            assert visible_words(right[-1]) == visible_words(old[row[2]])
            continue
        for _ in range(row[1]):
            if row[0] in {KEPT, REMOVED}:
                left.append(old[len(left)])
            if row[0] in {KEPT, ADDED}:
                right.append(new[len(right)])
            if row[0] == KEPT:
                assert left[-1] == right[-1]
    return left, right


def follow_runs(runs: Sequence[int], old: str, new: str) -> tuple[str, str]:
    left, right = units(old), units(new)
    i = j = 0
    for kept, minus, plus in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        assert left[i : i + 2 * kept] == right[j : j + 2 * kept]
        i, j = i + 2 * (kept + minus), j + 2 * (kept + plus)
    return left[:i].decode("utf-16-le"), right[:j].decode("utf-16-le")


@given(LINES, LINES)
def test_compare_rows_rebuild_both_texts(old: list[str], new: list[str]) -> None:
    assert follow(compare(old, new), old, new) == (old, new)


def test_compare_words_not_lines() -> None:
    found = compare(
        ["# Privacy", "We keep your data for two years."], ["# Privacy", "We keep your data for six months."]
    )
    assert found == ((KEPT, 1), (CHANGED, 22, 9, 10, 1, 0, 0))


def test_compare_inserted_line_keeps_neighbours() -> None:
    found = compare(["one two three", "four five six"], ["one two three", "new words here", "four five six"])
    assert found == ((KEPT, 1), (ADDED, 1), (KEPT, 1))


def test_compare_pairs_similar_lines() -> None:
    old = ["We collect names and mail addresses.", "We sell nothing to nobody."]
    new = ["A preface that is all new.", "We collect names and postal addresses.", "We sell nothing to anybody at all."]
    kinds = [row[0] for row in compare(old, new)]
    assert kinds == [ADDED, CHANGED, CHANGED]


def test_compare_does_not_pair_unlike_lines() -> None:
    found = compare(["Cookies are small files."], ["Our office is in Ghent, Belgium, near the canal."])
    assert found == ((REMOVED, 1), (ADDED, 1))


def test_compare_lengths_in_utf16_units() -> None:
    found = compare(["\U0001f600 hosting is kept safe by us"], ["\U0001f600 hosting is kept warm by us"])
    assert found == ((CHANGED, 19, 4, 4, 6, 0, 0),)  # the emoji is two units


def test_compare_joins_scattered_words() -> None:
    found = compare(["alpha beta and gamma delta in short"], ["one two and three four in short"])
    assert found == ((CHANGED, 0, 26, 22, 9, 0, 0),)


SENTENCES = st.lists(
    st.sampled_from([f"we keep {what} for one year" for what in "abcdef"] + ["short", "_we keep_ a for one year"])
)


@given(SENTENCES, SENTENCES)
def test_compare_rows_of_moved_lines_rebuild_both_texts(old: list[str], new: list[str]) -> None:
    assert follow(compare(old, new), old, new) == (old, new)


def test_compare_finds_moved_lines() -> None:
    one, two, three = "We keep names for a year.", "Nobody buys them from us.", "Write to us about anything."
    assert compare([one, two, three], [two, "  * _We_ keep names for a year.", three]) == (
        (MOVED_AWAY, 1, 1),
        (KEPT, 1),
        (MOVED_HERE, 1, 0),
        (KEPT, 1),
    )
    assert MOVED_HERE not in {row[0] for row in compare(["Cookies", one, two], [one, two, "Cookies"])}


def test_compare_moved_line_is_no_rewording_of_another() -> None:
    """A line that stands elsewhere as it is must not be paired with one that is like it."""
    old = ["We keep mail addresses for one year.", "A second line, all its own.", "Third.", "Fourth."]
    new = [
        "We keep mail addresses for two years, and names.",
        "Third.",
        "Fourth.",
        "We keep mail addresses for one year.",
    ]
    assert [row[0] for row in compare(old, new)] == [MOVED_AWAY, REMOVED, ADDED, KEPT, MOVED_HERE]


@pytest.mark.parametrize(("limit", "value"), [("MAX_CELLS", 8), ("MAX_PAIRS", 8)])
def test_compare_beyond_bounds_replaces_all(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(worddiff, limit, value)
    old, new = [f"old line {n} of many" for n in range(4)], [f"new line {n} of many" for n in range(4)]
    found = compare(old, new)
    assert found == ((REMOVED, 4), (ADDED, 4))


def test_compare_hostile_texts() -> None:
    old = lines_of("t", "a b " * 400_000)
    new = lines_of("t", "b a " * 400_000)
    assert len(old[1]) <= worddiff.MAX_CHARS
    assert compare(old, new) == ((KEPT, 1), (REMOVED, 1), (ADDED, 1))


def test_lines_of_drops_blank_lines_and_link_targets() -> None:
    assert lines_of("T", "a [link](https://x.example/y)\n\n\n  * b \n") == ("# T", "a [link]", "  * b")
