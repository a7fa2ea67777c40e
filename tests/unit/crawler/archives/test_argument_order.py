"""The order of arguments: whichever way they are sorted, it is that of their names and values."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.archives import argument_order
from crawler.archives.argument_order import sorted_arguments

ARGUMENTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="&"), max_size=9)


def plainly_sorted(query: str) -> str:
    """Return the arguments by name and value, where one without an equals sign comes before one with an empty value."""

    def name_and_value(argument: str) -> tuple[str, tuple[str, ...]]:
        name, *rest = argument.partition("=")
        return name, tuple(rest)

    return "&".join(sorted(query.split("&"), key=name_and_value))


@settings(deadline=None)
@given(
    st.lists(
        ARGUMENTS | st.sampled_from(["a", "a=", "a=b", "=", "=a", "a!", "a-=", "~~~~~~~", "abcdefgh"]), max_size=40
    )
)
@example(["a=", "a", "a!", "", "=", "=!", "!"])
@example(["abcdefg"] * 9 + ["abcdef", "abcdefg="])
@example(["a==b", "a=!", "a"])
def test_sorted_arguments(arguments: list[str]) -> None:
    query = "&".join(arguments)
    assert sorted_arguments(query) == plainly_sorted(query)


@pytest.mark.parametrize(("length", "is_record"), [(3, True), (7, True), (8, True), (31, True), (32, False)])
def test_sorted_arguments_as_records(length: int, monkeypatch: pytest.MonkeyPatch, *, is_record: bool) -> None:
    monkeypatch.setattr(argument_order, "_MANY", 9)
    made = argument_order._sorted_records
    called = []
    monkeypatch.setattr(argument_order, "_sorted_records", lambda *facts: (called.append(1), made(*facts))[1])
    query = "&".join(f"{number * 7919 % 1000:03}~=!{'x' * length}"[:length] for number in range(999))
    assert sorted_arguments(query) == plainly_sorted(query)
    assert bool(called) is is_record
