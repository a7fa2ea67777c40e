"""What becomes of a page's parts. Whole pages are compared in test_fidelity.py."""

from __future__ import annotations

import pytest

from pipelines.convert.reader import Playback, read
from pipelines.convert.reader.styles import display_of
from pipelines.errors import ConversionError

TEXT = "We collect personal information, cookies, and more of your data, as the law allows us to. " * 8
PLAYBACK = Playback.of("http://www.a.com/legal/privacy.html", "20200101000000")
PREFIX = "https://web.archive.org/web/20200101000000id_/http%3A//www.a.com"


def article(body: str, head: str = "<title>T</title>") -> str:
    return read(f"<html><head>{head}</head><body>{body}</body></html>", PLAYBACK).html


def kept(part: str) -> bool:
    """Whether a part with the word MARK is still in the article."""
    return "MARK" in article(f"<div><p>{TEXT}</p>{part}<p>{TEXT}</p></div>")


@pytest.mark.parametrize(
    "part",
    [
        "<p>MARK</p>",
        "<h2>MARK</h2>",
        "<p style='display:block'>MARK</p>",
        "<p class='comment article'>MARK</p>",
        "<p aria-hidden='true' class='fallback-image'>MARK</p>",
        f"<div>MARK {TEXT}</div>",
        "<table><tr><th>MARK</th></tr></table>",
        f"<p class='share'>MARK {TEXT}</p>",
    ],
)
def test_read_keeps(part):
    assert kept(part)


@pytest.mark.parametrize(
    "part",
    [
        "<h1>MARK</h1>",
        "<p hidden>MARK</p>",
        "<p style='display: none !important'>MARK</p>",
        "<p aria-hidden='true'>MARK</p>",
        "<p class='sidebar'>MARK</p>",
        "<p role='complementary'>MARK</p>",
        "<p class='byline'>MARK</p>",
        "<p rel='author'>MARK</p>",
        "<script>MARK</script>",
        "<style>MARK</style>",
        "<noscript>MARK</noscript>",
        "<footer>MARK</footer>",
        "<aside>MARK</aside>",
        "<button>MARK</button>",
        "<iframe>MARK</iframe>",
        "<object>MARK</object>",
        "<p class='share'>MARK</p>",
        "<div><a href='/x'>MARK a list of links</a></div>",
        "<h2 class='promo'>MARK</h2>",
    ],
)
def test_read_removes(part):
    assert not kept(part)


def test_read_short_page_relaxes_rules():
    assert "We keep nothing" in article("<div class=sidebar><p>We keep nothing, and sell nothing.</p></div>")


def test_read_removes_first_byline_only():
    html = article(f"<div><p class=byline>by A</p><p class=byline>by B</p><p>{TEXT}</p></div>")
    assert "by A" not in html
    assert "by B" in html


def test_read_breaks_become_paragraphs():
    assert article(f"<div>{TEXT}<br> <br>second<br>third</div>").count("<p>") == 2


def test_read_comment_separates_breaks():
    assert article(f"<div><p>{TEXT}<br><!--x--><br>second</p></div>").count("<br>") == 2


def test_read_single_cell_table_is_paragraph():
    html = article(f"<div><p>{TEXT}</p><table summary=x><tr><td>cell</td></tr></table></div>")
    assert "<p>cell</p>" in html.replace(' summary="x"', "")


@pytest.mark.parametrize(
    ("href", "absolute"),
    [
        ("terms.html", f"{PREFIX}/legal/terms.html"),
        ("/terms", f"{PREFIX}/terms"),
        ("//X.example", "https://x.example/"),
        ("?a=b c", f"{PREFIX}/legal/privacy.html?a=b%20c"),
        ("#top", "#top"),
        ("HTTP://X.example:80/a/../b", "http://x.example/b"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_read_links_are_absolute(href, absolute):
    assert f'href="{absolute}"' in article(f"<p>{TEXT}</p><p>{TEXT} <a href='{href}'>x</a></p>")


def test_read_base_href():
    html = article(f"<p>{TEXT} <a href=x>x</a> <a href='#y'>y</a></p>", "<base href='/b/'>")
    assert 'href="https://web.archive.org/b/x"' in html
    assert 'href="https://web.archive.org/b/#y"' in html


def test_read_javascript_link_is_text():
    assert "<a" not in article(f"<p>{TEXT} <a href='javascript:x()'>x</a> <a href='javascript:y()'><b>y</b></a></p>")


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title> A \n B </title>", "A B"),
        ("<title></title>", ""),
        ("", ""),
        ("<title>A &amp; <b>B</b></title><title>C</title>", "A & <b>B</b>"),
    ],
)
def test_read_title(head, title):
    assert read(f"<head>{head}</head><p>{TEXT}", PLAYBACK).title == title


@pytest.mark.parametrize(
    ("head", "heading"),
    [
        ("<title>How we treat your data</title>", "How we treat your data"),
        ("<title>Site | How we treat your data</title>", "How we treat your data"),
        ("<title>Site: how we treat data here</title>", "how we treat data here"),
        ('<title>x</title><meta property="og:title" content="Your data with us">', "Your data with us"),
        (
            (
                '<title>x</title><script type="application/ld+json">'
                '{"@context": "https://schema.org", "@type": "Article", "name": "Your data with us"}</script>'
            ),
            "Your data with us",
        ),
    ],
)
def test_read_removes_heading_equal_to_title(head, heading):
    assert heading not in article(f"<div><h2>{heading}</h2><p>{TEXT}</p></div>", head)


@pytest.mark.parametrize(
    ("style", "display"),
    [
        ("display:none", "none"),
        ("DISPLAY : none !important", "none"),
        ("display:none;display:block", "block"),
        ("/*x*/display:none/*y*/", "none"),
        ("display:NONE", "NONE"),
        ("color:red;;display:none", ""),
        ("background:url(;display:none)", ""),
        ("display:none;color:(;display:block", "none"),
        ("display:none;}", ""),
        ('a:";display:none;b:"', ""),
    ],
)
def test_display_of_style(style, display):
    assert display_of(style) == display


def test_read_invalid_url():
    with pytest.raises(ConversionError, match="absolute URL"):
        Playback.of("privacy.html", "20200101000000")
