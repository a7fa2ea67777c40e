"""urlkeys: as the archives' own rows have them. test_percent_escapes.py has what makes them fast."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.surt import SITE
from crawler.archives import urlkey
from crawler.archives.urlkey import surt, urlkey_of
from pipelines.untrusted import MAX_URL
from tests.support.awkward_urls import ASP, HEX
from tests.support.commands import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = [SHARED / "recorded" / f"{archive}.jsonl.gz" for archive in ("wayback", "commoncrawl")]

KEYS = {
    "http://www.Example.com:80/A/?b=2&a=1#top": "com,example)/a?a=1&b=2",
    "https://example.com": "com,example)/",
    "example.com": "com,example)/",
    "https://www2.example.com:443/privacy/": "com,example)/privacy",
    "http://example.com:443/": "com,example:443)/",
    "http://user:secret@docs.example.com/x": "com,example,docs)/x",
    "http://example.com//a/./b/../c//": "com,example)/a/c",
    "http://example.com/a b%7Ec/\u00e9?b&a&": "com,example)/a%20b~c/%c3%a9?&a&b",
    "http://example.com/%252541%zz?": "com,example)/a%25zz",
    f"http://example.com/p?PHPSESSID={HEX}&q=1": "com,example)/p?q=1",
    f"http://example.com/p?a=1&sid={HEX}": "com,example)/p?&a=1",
    "http://example.com/p?cfid=1&cftoken=2&x=1": "com,example)/p?x=1",
    f"http://example.com/(S({ASP}))/privacy.aspx": "com,example)/privacy.aspx",
    "http://example.com/?a-b=1&a=2&a": "com,example)/?a&a=2&a-b=1",
    "http://B\u00dcCHER.example./": "example,xn--bcher-kva)/",
    "http://1.2.3.4:8080/": "4,3,2,1:8080)/",
    "http://[2001:DB8::1]/": "2001:db8::1)/",
    "mailto:A@example.com": "mailto:a@example.com",
    "filedesc://A.arc": "filedesc://A.arc",
}


@pytest.mark.parametrize(("url", "key"), KEYS.items())
def test_surt(url: str, key: str) -> None:
    assert surt(url) == key


@pytest.mark.parametrize("url", ["", " \n", "http://a.com:x/", "http://a.com:65536/", "http://a.com/\ud800"])
def test_surt_refuses_what_has_no_key(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port|codec"):
        surt(url)


def recorded_rows(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield URL and urlkey of the CDX rows in an answer: a JSON table, an object in each line, or text."""
    text = (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode("utf-8", "replace")
    if text.startswith("[["):
        header, *rows = json.loads(text)
        yield from ((row[header.index("original")], row[header.index("urlkey")]) for row in rows if len(row) > 1)
    for line in text.splitlines():
        if line.startswith('{"urlkey"'):
            row = json.loads(line)
            yield row["url"], row["urlkey"]
        elif found := re.match(r"(\S+\)\S*) [0-9]{14} (\S+) ", line):
            yield found[2], found[1]


@pytest.mark.skipif(not all(file.exists() for file in RECORDED), reason="needs ../shared")
def test_urlkey_of_recorded_rows_is_the_archives() -> None:
    pairs = set()
    for file in RECORDED:
        with gzip.open(file, "rt") as lines:
            for line in lines:
                pairs.update(recorded_rows(base64.b64decode(json.loads(line)["body_base64"])))
    assert len(pairs) >= 60
    assert [(url, key, urlkey_of(url)) for url, key in pairs if not surt(url) == urlkey_of(url) == key] == []


@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}p?%{'25' * 1_000_000}", f"http://{'a.' * 2_000}com/", SITE + "\u00fc" * 700, "http://[evil/",
        "http://1.2.3/p", "http://exa%31mple.1/", "http://a.com/\ud800",
    ],
)  # fmt: skip
def test_urlkey_of_unusable_urls_is_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urlkey, "surt", lambda address: pytest.fail(address[:100]))
    assert urlkey_of(url) == url


def test_urlkey_of_is_no_longer_than_urls_are() -> None:
    assert urlkey_of("http://www.Example.com:80/Privacy/") == urlkey_of("example.com/privacy") == "com,example)/privacy"
    assert len(urlkey_of(SITE + "%" * 600)) < MAX_URL
    assert urlkey_of(url := SITE + "%" * 2_000) == url


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=40), st.text(max_size=40))
def test_urlkey_of_never_raises(host: str, path: str) -> None:
    for url in (host, f"http://{host}/{path}"):
        assert isinstance(urlkey_of(url), str)


def test_an_asterisk_is_no_wildcard() -> None:
    assert urlkey_of("http://example.com/privacy%2A") == urlkey_of("http://example.com/privacy*")


def test_surt_sorts_a_domain_together() -> None:
    urls = [f"http://{page}" for page in ("a.example/", "a.example/b", "b.a.example/", "c.a.example/", "d.example/")]
    assert sorted(urls, key=surt) == urls
