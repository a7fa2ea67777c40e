"""Text that strangers wrote: what can be used of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.untrusted import (
    CONTROLS,
    MAX_URL,
    NO_HOST,
    NOT_WEB,
    SURROGATES,
    TOO_LONG,
    encodable,
    percent_encoded,
    printable,
    url_problem,
)

HOST = "http://example.com/"
LONGEST = HOST + "x" * (MAX_URL - len(HOST))


@pytest.mark.parametrize(
    "url",
    [
        HOST,
        LONGEST,
        "HTTPS://www.Example.com:443/Privacy?a=b#c",
        "http://example.com",
        "http://example.com?x",
        "http://example.com:/x",
        "http://user:password@example.com/",
        "http://localhost:8080/",
        "http://my_host.example.com./privacy policy.html",
        "http://müller.example/erklärung",
        "http://例え.テスト/",
        "http://127.0.0.1:8000/p",
        "http://[::1]:8000/p",
        HOST + "%C3%A4%2525%",
        HOST + "\x92",  # windows-1252 taken for ISO 8859-1
    ],
)
def test_url_problem_usable(url: str) -> None:
    assert url_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (LONGEST + "x", TOO_LONG),
        (HOST + "x" * 2_000_000, TOO_LONG),
        (HOST + "ü" * 400, TOO_LONG),  # once it is percent-encoded
        ("", NOT_WEB),
        ("example.com/privacy", NOT_WEB),
        ("ftp://example.com/", NOT_WEB),
        ("http:/example.com/", NOT_WEB),
        ("http://mailto:someone@example.com", NOT_WEB),
        ("https://MAILTO:someone@example.com", NOT_WEB),
        (" http://example.com/", NOT_WEB),
        ("http://[evil/privacy-policy", NO_HOST),
        ("http://evil]/privacy-policy", NO_HOST),
        ("http://[v1.x]/", NO_HOST),
        ("http://example.com:99999/", NO_HOST),
        ("http://example.com:x/", NO_HOST),
        ("http:///privacy", NO_HOST),
        ("http://?privacy", NO_HOST),
        ("http://./privacy", NO_HOST),
        ("http://exa mple.com/", NO_HOST),
        ("http://exa%6dple.com/", NO_HOST),
        ("http://1.2/", NO_HOST),
        ("http://256.1.1.1/", NO_HOST),
        ("http://010.1.1.1/", NO_HOST),
        ("http://0x7f.1/", NO_HOST),
        ("http://\uff11.\uff12/", NO_HOST),
        ("http://example\u30021/", NO_HOST),
        ("http://example.com/\0", f"URL with {CONTROLS}"),
        ("http://exa\tmple.com/", f"URL with {CONTROLS}"),
        ("http://example.com/\x1b[2J", f"URL with {CONTROLS}"),
        ("http://example.com/\r\nX: y", f"URL with {CONTROLS}"),
        ("http://example.com/\ud800", f"URL with {SURROGATES}"),
        ("http://\udfff.com/", f"URL with {SURROGATES}"),
    ],
)
def test_url_problem_unusable(url: str, problem: str) -> None:
    assert url_problem(url) == problem


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=40), st.text(max_size=40))
def test_url_problem_usable_url_can_be_sent(host: str, path: str) -> None:
    url = f"http://{host}/{path}"
    if url_problem(url) == "":
        assert urlsplit(url).hostname
        assert urlsplit(url).port in {None, *range(65536)}
        assert len(percent_encoded(url)) <= MAX_URL
        assert percent_encoded(url).isascii()
        assert "\0" not in url


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Datenschutzerklärung 😀", "Datenschutzerklärung 😀"),
        ("\0P\0r\0i", "Pri"),
        ("a\ud800b\udc00c", "a\ufffdb\ufffdc"),
        ("a\ud83d\ude00b", "a😀b"),  # two halves that meet
        ("\x1b[2J\x9b\uffff", "\x1b[2J\x9b\uffff"),
    ],
)
def test_encodable(text: str, cleaned: str) -> None:
    assert encodable(text) == cleaned
    assert encodable(text).encode("utf-16").decode("utf-16") == cleaned


def test_printable_removes_terminal_control_characters() -> None:
    text = "a\x1b[31m\tb\n\x07\x08\x0d\x7fü\x85\x9b2J\u202e\ud800"
    assert printable(text) == "a\ufffd[31m\tb\n\ufffd\ufffd\ufffd\ufffdü\ufffd\ufffd2J\ufffd\ufffd"
    assert printable(text, terminal=False) == "a\ufffd[31m\tb\n\ufffd\ufffd\ufffd\ufffdü\x85\x9b2J\u202e\ud800"
