"""The words of a text: the fast ways find what the plain definitions say."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.similarity.words import as_seen, strip_emphasis, visible_words, words

ALPHABET: Final = "__ab 1漢かé\u0301\u200b-\n"
LETTER: Final = r"[^\W_\u3040-\u30ff\u3400-\u9fff]"
EDGES: Final = re.compile(rf"(?<!_)(?<!{LETTER})_+(?!_)|(?<!_)_+(?!_)(?!{LETTER})")
WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


@settings(deadline=None, max_examples=200)
@given(st.text(ALPHABET, max_size=10))
def test_fast_ways_are_the_plain_ones(text: str) -> None:
    assert strip_emphasis(text) == EDGES.sub("", text)
    assert words(text) == WORD.findall(text)
    shown = text.replace("\u200b", "")
    assert as_seen(text) == re.sub(
        r"\w[\u0300-\u036f]{1,4}", lambda found: unicodedata.normalize("NFC", found[0]), shown
    )


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("_We_ keep your `user_id`, [here](http://a/some_page)", ["We", "keep", "your", "user_id", "here"]),
        ("__snake_case__ and _漢字_", ["snake_case", "and", "漢", "字"]),
        ("co\u00adoperate, cafe\u0301", ["cooperate", "café"]),
    ],
)
def test_visible_words(markdown: str, seen: list[str]) -> None:
    assert visible_words(markdown) == seen
