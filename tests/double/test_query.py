"""urlkeys, resume keys and the meaning of queries, compared with records of the real server."""

from __future__ import annotations

import pytest

from tests.support.double.query import BadQueryError, make_key, parse, read_key

RECORDED_KEY = "eJxLzy_TyUssTtTUVzAyMDAxsDQwNTA3NTe0BABfMwZl"  # of 2026


def test_resume_key_recorded_forms() -> None:
    assert read_key(RECORDED_KEY, inclusive=True) == ("gov,nasa)/", "20040905075719")
    assert make_key(("gov,nasa)/", "20040905075719"), "base64") == RECORDED_KEY
    assert make_key(("com,cnn)/", "20010414005939"), "old") == "com%2Ccnn%29%2F+2001041400593%3A"


def test_resume_key_inclusive_and_exclusive() -> None:
    position = ("com,example)/", "20200101000000")
    key = make_key(position, "base64")
    assert read_key(key, inclusive=True) == position
    assert position < read_key(key, inclusive=False) < ("com,example)/", "20200101000001")
    assert read_key(make_key(position, "old"), inclusive=False) == ("com,example)/", "20200101000001")


@pytest.mark.parametrize("query", ["", "url=", "url=a.example&limit=x", "url=a.example&resumeKey=nonsense"])
def test_parse_bad_query_names_fault(query: str) -> None:
    with pytest.raises(BadQueryError):
        parse(query, inclusive=False)


@pytest.mark.parametrize(
    ("query", "url", "match"),
    [
        ("url=*.example.com", "example.com", "domain"),
        ("url=example.com/legal/*", "example.com/legal/", "prefix"),
        ("url=example.com&matchType=host", "example.com", "host"),
        ("url=example.com&matchType=whatever", "example.com", "exact"),
    ],
)
def test_parse_wildcard_sets_match_type(query: str, url: str, match: str) -> None:
    parsed = parse(query, inclusive=False)
    assert (parsed.url, parsed.match) == (url, match)


def test_parse_resume_key_needs_limit() -> None:
    assert not parse("url=a.example&showResumeKey=true", inclusive=False).wants_key
    assert parse("url=a.example&showResumeKey=true&limit=5", inclusive=False).wants_key
