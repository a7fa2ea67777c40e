"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from pipelines.quantity import quantity


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (1, "thing", "1 thing"),
        (0, "text file", "0 text files"),
        (2, "company", "2 companies"),
        (1, "company", "1 company"),
        (3, "day", "3 days"),
        (1_200, "more search", "1,200 more searches"),
        (2, "box", "2 boxes"),
        (5, "pass", "5 passes"),
    ],
)
def test_quantity(number: int, noun: str, said: str) -> None:
    assert quantity(number, noun) == said
