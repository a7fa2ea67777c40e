"""urlkeys, resume keys and the meaning of queries, compared with records of the real server."""

from __future__ import annotations

import pytest

from tests.support.double.query import BadQueryError, make_key, parse, read_key
from tests.support.double.surt import urlkey

URLKEYS = {
    "http://www.Example.com:80/A/?b=2&a=1#top": "com,example)/a?a=1&b=2",
    "https://example.com": "com,example)/",
    "https://www2.example.com:443/privacy/": "com,example)/privacy",
    "http://example.com:8080/": "com,example:8080)/",
    "http://user:secret@docs.example.com/x": "com,example,docs)/x",
    "example.com/Privacy%20Policy.html": "com,example)/privacy%20policy.html",
    "http://example.com//a//b/": "com,example)/a/b",
    "http://example.com/p.php?PHPSESSID=0123456789abcdef0123456789abcdef&q=1": "com,example)/p.php?q=1",
    "http://example.com/p?a=1&sid=0123456789ABCDEF0123456789ABCDEF&b=2": "com,example)/p?a=1&b=2",
    "http://example.com/p?cfid=1&cftoken=2&x=1": "com,example)/p?x=1",
    "http://example.com/(0123456789abcdef01234567)/privacy.aspx": "com,example)/privacy.aspx",
    "http://example.com/?": "com,example)/",
    "http://example.com/a b%7Ec/\u00e9?b&a&": "com,example)/a%20b~c/%c3%a9?&a&b",
    "http://example.com/p?a=1&sid=0123456789abcdef0123456789abcdef": "com,example)/p?&a=1",
    "https://www.nasa.gov/": "gov,nasa)/",
}


@pytest.mark.parametrize(("url", "key"), URLKEYS.items())
def test_urlkey(url: str, key: str) -> None:
    assert urlkey(url) == key


@pytest.mark.parametrize("url", URLKEYS)
def test_urlkey_equals_surt_package(url: str) -> None:
    surt = pytest.importorskip("surt")
    assert urlkey(url) == surt.surt(url)


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
