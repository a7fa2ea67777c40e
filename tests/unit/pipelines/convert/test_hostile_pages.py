"""Pages made to hurt: each ends in a document or a named error, soon, in little memory, without recursion."""

from __future__ import annotations

import gzip
import sys

import pytest

from pipelines.convert import convert_html
from pipelines.errors import ConversionError, NoArticle, NotHtml, PageTooLarge

TEXT = "<p>" + "We collect personal information, cookies, and more of your data. " * 10 + "</p>"
MANY = 5_000
GARBAGE = bytes(n * n * 7 % 251 for n in range(50_000))


def convert(page: str | bytes):
    body = page.encode() if isinstance(page, str) else page
    return convert_html(body, url="http://a.com/privacy", timestamp="20200101000000", domain="a.com")


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * MANY + TEXT,
        "<div>" * 90_000 + TEXT,
        "<div>x" * MANY + TEXT,
        TEXT + "<b>x" * MANY,
        "<table><tr><td>" * 1_000 + TEXT,
        "<ul><li>" * MANY + TEXT,
        "<blockquote>x<br>" * 500 + TEXT,
        "<font size=1>" * 300 + "<p>x" * 1_000 + TEXT,
        "<p " + " ".join(f"a{i}=1" for i in range(200_000)) + ">" + TEXT,
        "&amp;&lt;&nbsp;&copy;" * MANY,
        "<p>" + "privacy policy, " * 100_000,
        "<p>x<br><br> " * MANY + TEXT,
        "<div><ins>" * MANY + TEXT,
        "<svg><g>" * MANY + TEXT,
        "<fieldset><input>" * MANY + TEXT,
        TEXT + "<template>" * MANY,
        TEXT + "<select><option>x" * MANY,
        TEXT + "<a href=x>y" * MANY,
        f'<meta property="og:{" " * 100_000}x" content=1>{TEXT}',
        f'<script type="application/ld+json">{"[" * 100_000}</script>{TEXT}',
        f"<title>{'a | ' * 100_000}</title>{TEXT}",
        f'<base href="{"a/" * 100_000}">{TEXT}<p>{"<a href=x>y</a>" * 100} {"and text, " * 100}</p>',
        f'<p style="{"(" * 100_000};display:none">{TEXT}',
        "<noscript><p>x</p></noscript>" * MANY + TEXT,
        f"<frameset><frame src=a><noframes>{TEXT}</noframes></frameset>",
        TEXT + "\0" * 10_000,
        TEXT + "<noscript><iframe></noscript>" * MANY,
        TEXT + "<div class=cookie-modal>" * MANY,
        TEXT + "<div>cookie <button>Accept</button>" * 1_000,
        TEXT + "<section>" + "<header>" * MANY,
        TEXT + "<noframes>" + "<!--<a x='" * 1_000 + "</noframes>",
        TEXT + "<iframe/>" * MANY,
        f"<div hidden>{'<div hidden>' * MANY}{TEXT}",
        f"{TEXT}<script type=application/json>{'[' * 100_000}</script>",
        f'{TEXT}<script>window.x = {{"a": "{"we collect data, and more of your data, " * 10_000}"}}</script>',
        f'<iframe srcdoc="{"&lt;p&gt;" * MANY}{TEXT}"></iframe>',
        '<p onclick="' + "x" * 1_000_000 + '">' + TEXT,
    ],
    ids=range(37),
)
def test_convert_html_hostile_page_is_document(page):
    assert "and more of your data" in convert(page).body or "&" in page or "privacy policy" in page


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (b"", NoArticle),
        (b" \r\n\t" * 1_000, NoArticle),
        (b"<html><body><img src=x></body></html>", NoArticle),
        (b"<frameset><frame src=a></frameset>", NoArticle),
        (b"<!-- " + b"x" * 10_000, NoArticle),
        (GARBAGE, NotHtml),
        (b"<html><p>" + GARBAGE, NotHtml),
        (b"<b>" * 3_500_000, PageTooLarge),
        (b"<p>x" * 300_000, PageTooLarge),
        (b"<p>" + b"x" * 50_000_000, PageTooLarge),
        (gzip.compress(b"\0" * 50_000_000), PageTooLarge),
        ("<p>" + "".join(f"<i id={n}>" for n in range(MANY)) + "</p>" + "<p>x</p>" * MANY, PageTooLarge),
    ],
    ids=range(12),
)
def test_convert_html_hostile_page_is_refused(page, error):
    with pytest.raises(error) as raised:
        convert(page)
    assert isinstance(raised.value, ConversionError)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://[bad/", "mailto:a@b.c", "\ud800"])
def test_convert_html_invalid_url(url):
    with pytest.raises(ConversionError):
        convert_html(TEXT.encode(), url=url, timestamp="20200101000000", domain="a.com")


@pytest.mark.parametrize(
    "piece",
    [
        TEXT,
        "<p>Text, <a href=x>a link</a> and <b>more</b>.<br>",
        "<div><span>x, y</span></div>",
        "<table><tr><td>x",
        f"<div hidden>{TEXT}</div>",
        f"{TEXT}<div class=cookie-banner><button>Accept</button></div>",
        "<noscript><p>x, y</noscript><noframes><b>x</noframes>",
    ],
)
def test_convert_html_cost_is_linear(piece):
    """Eight times the page costs about eight times the calls (counted, so that no clock decides)."""
    small, large = (_calls(piece * (count // len(piece))) for count in (4_000, 32_000))
    assert large < 10 * small


def test_convert_html_asks_for_few_attributes_by_name():
    """The parser looks for a name from the first attribute on: with all of them, an element of 2 MB took 16 seconds."""
    names = " ".join(f"a{number}=1 b{number}" for number in range(1_000))
    assert _calls(f"<p class='x y' {names}>{TEXT}", "attr") < 10


def _calls(page: str, of: str = "") -> int:
    calls = 0

    def count(_frame: object, event: str, function: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"} and of in {"", getattr(function, "__name__", None)}

    sys.setprofile(count)
    try:
        convert(page)
    finally:
        sys.setprofile(None)
    return calls
