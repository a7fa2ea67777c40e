"""Which languages are told apart, and which of them are wanted."""

from __future__ import annotations

import pytest

from pipelines.gate.language import CODES, UNDETERMINED, _identifier, is_one_of


def test_codes_are_those_of_model() -> None:
    assert set(_identifier().labels) == CODES


@pytest.mark.parametrize(
    ("language", "wanted", "yes"),
    [
        ("fr", (), True),
        ("fr", ("fr", "en"), True),
        ("fr", ("en",), False),
        (UNDETERMINED, ("en",), True),
        ("nn", ("no",), True),
        ("nn", ("da",), False),
    ],
)
def test_is_one_of_wanted(language: str, wanted: tuple[str, ...], *, yes: bool) -> None:
    assert is_one_of(language, wanted) is yes
