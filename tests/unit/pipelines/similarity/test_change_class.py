"""The class of a change: exactly one, the same in both directions, and in line with the words that changed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.similarity.change_class import NOISE, ChangeClass, change_class
from pipelines.similarity.compared_text import ComparedText
from pipelines.similarity.sentences import sentence_change
from pipelines.similarity.word_changes import change_of_words

BODY = "We keep data for 30 days. We do not sell it.\n\n  * Your name\n  * Your email\n\nUpdated May 25, 2018."
CASES = [
    ("substantive", BODY.replace("30", "90")),
    ("substantive", BODY.replace("do not ", "")),
    ("substantive", BODY.replace("We do not sell it", "We sell it not do")),  # moved, but within a sentence
    ("substantive", ""),
    ("dates", BODY.replace("May 25, 2018", "June 1, 2020")),
    ("dates", BODY.replace("Updated May 25, 2018", "updated **1 June 2020**")),
    ("punctuation", BODY.replace("days.", "days;")),
    ("punctuation", BODY.replace("Your name", "YOUR NAME")),
    ("punctuation", BODY.replace("days.", "**days**;").replace("sell", "[sell](http://a)")),
    ("links", BODY.replace("sell it", "[sell](http://a.example/x) it")),
    ("links", BODY.replace("Your email", "[Your email](mailto:a@a.example)")),
    ("markup", BODY.replace("We do", "**We** do")),
    ("markup", BODY.replace("sell it", "_sell it_")),
    ("markup", BODY.replace("  * ", "  - ")),
    ("markup", BODY.replace("We keep", "## We keep")),
    ("markup", BODY.replace("\n\n", "\n")),
    ("markup", BODY.replace("sell it", "[_sell_](http://a) it")),
    ("markup", BODY.replace("sell", "se\u00adll").replace("keep", "\ufeffkeep").replace("We do", "We\xa0do")),
    ("moved", "We do not sell it. We keep data for 30 days.\n\n  * Your name\n  * Your email\n\nUpdated May 25, 2018."),
    ("moved", "Updated June 1, 2020.\n\n" + BODY.replace("\n\nUpdated May 25, 2018.", "")),
    ("moved", BODY.replace("  * Your name\n  * Your email", "  * Your email\n  * Your name")),
]


def text(body: str, title: str = "Privacy") -> ComparedText:
    return ComparedText(title, body)


@pytest.mark.parametrize(("expected", "body"), CASES)
def test_change_class(expected: str, body: str) -> None:
    assert body != BODY
    assert change_class(text(BODY), text(body)) == expected
    assert change_class(text(body), text(BODY)) == expected


@pytest.mark.parametrize(
    ("expected", "title"), [("markup", "Privacy Policy"), ("markup", "privacy"), ("dates", "Privacy (2019)")]
)
def test_change_class_of_title_alone(expected: str, title: str) -> None:
    old = text(BODY, "Privacy (2018)") if expected == "dates" else text(BODY)
    assert change_class(old, text(BODY, title)) == expected


def test_change_class_of_japanese() -> None:
    body = "個人情報を収集します。第三者に提供しません。"
    assert change_class(text(body), text("第三者に提供しません。個人情報を収集します。")) == "moved"
    assert change_class(text(body), text(body.replace("しません", "します"))) == "substantive"
    assert change_class(text(body), text(body.replace("第三者", "_第三者_"))) == "markup"


def test_change_class_of_accents_apart_is_markup() -> None:
    assert change_class(text("données collectées"), text("donne\u0301es collecte\u0301es")) == "markup"


PIECES = st.sampled_from(
    ["We keep data.", "We sell data", "we SELL data!", "_We keep_ data.", "[We keep](http://a) data.", "<http://a.b>",
     "**W**e keep", "May 25, 2018", "June 2019", "\n\n", "\n  * ", "## ", "30 days", "a_b", "_", "データ", "x | y", "---|---"]
)  # fmt: skip
BODIES = st.lists(PIECES, max_size=8).map(" ".join)


@given(BODIES, BODIES)
@settings(deadline=None)
def test_change_class_agrees_with_words(one: str, other: str) -> None:
    old, new = text(one), text(other)
    found, words = change_class(old, new), change_of_words(old.words, new.words)
    assert found is change_class(new, old)
    assert found in NOISE | {ChangeClass.SUBSTANTIVE}
    if words.is_none:
        assert found is not ChangeClass.SUBSTANTIVE
    if found in {ChangeClass.LINKS, ChangeClass.MARKUP}:
        assert words.is_none
    if found is ChangeClass.PUNCTUATION:
        assert re.sub(r"\W|_", "", old.plain).casefold() == re.sub(r"\W|_", "", new.plain).casefold()
    if found is ChangeClass.MOVED:
        changed = sentence_change(old.sentences, new.sentences)
        assert len(changed.added) == len(changed.removed)


@given(BODIES)
@settings(deadline=None)
def test_change_class_of_equal_texts_says_least(body: str) -> None:
    assert change_class(text(body), text(body)) is ChangeClass.LINKS


@given(BODIES.filter(str.strip), BODIES)
@settings(deadline=None)
def test_change_class_of_new_words_is_substantive(body: str, other: str) -> None:
    old, new = text(body), text(f"{body}\n\nWe disclose {other}")
    assert change_class(old, new) is ChangeClass.SUBSTANTIVE
