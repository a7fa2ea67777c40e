"""Prose in the data of a page."""

from __future__ import annotations

import json

import pytest

from pipelines.convert.embedded.data import decoded, is_data
from pipelines.convert.embedded.prose import MAX_VALUES, Prose, prose_length
from pipelines.convert.embedded.rich_text import to_html
from pipelines.convert.tree import Element, Text

SENTENCE = "We collect the personal data that you give us when you register with us."


def script(text: str, kind: str | None = None) -> Element:
    element = Element("script", {} if kind is None else {"type": kind})
    element.append(Text(text))
    return element


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('{"a": 1}', "application/json", {"a": 1}),
        ('{"a": 1}', "application/ld+json; charset=utf-8", {"a": 1}),
        ('<!--{"a": 1}-->', "application/json", {"a": 1}),
        ('//<![CDATA[\n{"a": 1}//]]>', "application/json", {"a": 1}),
        ('window.__STATE__ = {"a": 1}; boot()', None, {"a": 1}),
        ('window["x"]=[1]', None, [1]),
        ('var data = {"a": "tab\there"};', "text/javascript", {"a": "tab\there"}),
        ("{broken", "application/json", None),
        ("[" * 100_000, "application/json", None),
        ("", "application/json", None),
    ],
)
def test_decoded(text, kind, value):
    assert is_data(script(text, kind))
    assert decoded(script(text, kind)) == value


@pytest.mark.parametrize("text", ["boot({})", "function x() {}", "window.x()", ""])
def test_is_data_is_not_code(text):
    assert not is_data(script(text))


@pytest.mark.parametrize(
    ("text", "is_counted"),
    [
        (SENTENCE, True),
        (f"<p>{SENTENCE}</p>", True),
        ("当社は、お客様の個人情報を適切に取り扱うことを約束します。", True),
        ("https://a.example/we/collect/the/personal/data/that/you/give", False),
        ("function we collect the personal data that you give us", False),
        ("Privacy Policy", False),
        ("x" * 100_000, False),
    ],
)
def test_prose_length(text, is_counted):
    assert bool(prose_length(text)) is is_counted


def test_candidates_descend_to_the_text_and_then_to_its_members():
    policy = {"title": "Privacy", "sections": [SENTENCE * 3, SENTENCE * 4]}
    other = {"teaser": SENTENCE * 3}
    found = Prose({"props": {"policy": policy, "other": other, "build": "x1"}}).candidates()
    assert [value for value, _ in found] == [
        {"policy": policy, "other": other, "build": "x1"},
        policy["sections"],
        other["teaser"],
    ]
    assert Prose({"props": {"policy": policy, "locale": "en"}}).candidates()[0][0] == policy["sections"]


def test_prose_bounds_the_values():
    assert Prose([[SENTENCE]] * (MAX_VALUES + 1)).length == 0
    assert Prose(None).length == 0


def test_prose_of_strings_that_are_json():
    inner = json.dumps({"body": SENTENCE * 4})
    assert Prose({"body": inner}).candidates()[0][0] == SENTENCE * 4


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ({"title": "Your rights", "body": SENTENCE}, f"<h2>Your rights</h2>\n<p>{SENTENCE}</p>\n"),
        ({"body": f"<p>{SENTENCE}</p>"}, f"<div><p>{SENTENCE}</p></div>\n"),
        ({"body": f"&lt;p&gt;{SENTENCE}&lt;/p&gt;"}, f"<div><p>{SENTENCE}</p></div>\n"),
        ([f"{SENTENCE}\n\n{SENTENCE} & more"], f"<p>{SENTENCE}</p>\n<p>{SENTENCE} &amp; more</p>\n"),
        ([SENTENCE, SENTENCE], f"<p>{SENTENCE}</p>\n"),
        ({"type": "heading", "attrs": {"level": 3}, "content": [{"type": "text", "text": "Cookies"}]}, "<h3>Cookies</h3>\n"),
        ({"type": "heading3", "text": "Cookies", "spans": []}, "<h3>Cookies</h3>\n"),
        ({"type": "list-item", "children": [{"text": "a "}, {"type": "link", "url": "/x", "children": [{"text": "b"}]}]}, "<li>a b</li>\n"),
        ({"id": "a1b2c3", "url": "https://a.example/", "label": "main_menu", "text": "logo.svg"}, ""),
        (7, ""),
    ],
)  # fmt: skip
def test_to_html(value, html):
    assert to_html(value) == html
