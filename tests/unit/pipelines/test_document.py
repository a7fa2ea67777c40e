"""The file format, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Document, one_line, parse, render_date, snapshot_url
from tests.support.commands import SHARED

HEADER = (
    "> *The following text is extracted and transformed from the a.com privacy policy that was archived on 2015-06-12. "
    "Please check the [original snapshot on the Wayback Machine]"
    "(https://web.archive.org/web/20150612233820id_/http%3A//a.com/p) for the most accurate reproduction.*\n\n"
)


def document(**fields: str) -> Document:
    known = {"domain": "a.com", "date": "2015-06-12", "title": "T", "body": "B\n"}
    return Document(**{**known, "snapshot_url": snapshot_url("http://a.com/p", "20150612233820"), **fields})


def test_document_text():
    assert document().text == HEADER + "# T\n\nB\n"


def test_parse_document():
    parsed = parse(HEADER + "# T\n\nB\n")
    assert (parsed.domain, parsed.date, parsed.title, parsed.body) == ("a.com", "2015-06-12", "T", "B\n")
    assert parsed.snapshot_url == "https://web.archive.org/web/20150612233820id_/http%3A//a.com/p"


def test_snapshot_url_quotes_archived_url():
    assert snapshot_url("http://a.com/a%20b?c=d", "20150612233820").endswith("id_/http%3A//a.com/a%2520b%3Fc%3Dd")


def test_render_date_of_timestamp():
    assert render_date("20150612233820") == "2015-06-12"


def test_one_line_title():
    assert one_line("  a\n\xa0b\u2028c ") == "a b c"


def test_parse_without_header():
    parsed = parse("\n\nThe purpose of our policy\n")
    assert (parsed.domain, parsed.date, parsed.snapshot_url, parsed.title) == (None, None, None, None)
    assert parsed.text == "\n\nThe purpose of our policy\n"


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("", "B\n"),
        ("# T", "# T\n\n# U\n\n"),
        ("T", HEADER + "# T\n\nB\n"),
        (HEADER.strip(), HEADER),
        ("T", ""),
        ("T", "\n\n\n"),
        ("a \U0001f600 \\ ](x)*", "\r\n\x85\u2028"),
    ],
)
def test_parse_hostile_document_round_trip(title, body):
    made = document(title=title, body=body)
    assert parse(made.text) == made


@given(st.text(), st.text())
def test_parse_any_document_round_trip(title, body):
    made = document(title=one_line(title), body=body)
    assert parse(made.text) == made


@given(st.text())
def test_parse_any_text_round_trip(text):
    assert parse(text).text == text


@given(st.text(alphabet="# \n>aT"))
def test_parse_title_like_text_round_trip(text):
    assert parse(text).text == text
    assert parse(HEADER + text).text == HEADER + text


@pytest.mark.parametrize("folder", ["seeds", "golden/seeds", "golden/corpus", "golden/modern"])
def test_parse_golden_file_round_trip(folder):
    files = sorted((SHARED / folder).glob("*.txt"))
    if not files:
        pytest.skip("the golden documents are not here")
    for file in files:
        text = file.read_bytes().decode()
        parsed = parse(text)
        assert parsed.text == text
        assert (parsed.domain is None) == (not text.startswith("> *The following"))


def test_document_words():
    assert document(body="We don't [sell](http://x.y) data\n").words == 5
    assert document(body="**日本** のポリシー").words == 7  # each kana and Han character is a word


def test_document_facts_are_cached(monkeypatch):
    calls = []
    monkeypatch.setattr("pipelines.document.text_sha256", lambda *text: calls.append(text) or "hash")
    made = document()
    assert (made.text_sha256, made.text_sha256, calls) == ("hash", "hash", [("T", "B\n")])
