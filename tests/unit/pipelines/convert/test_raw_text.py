"""Markdown of raw text, tag by tag, as html2text 2020.1.16 was seen to write it."""

from __future__ import annotations

import pytest

from pipelines.convert import convert_html
from pipelines.convert.markdown import to_markdown

TEXT = "We collect personal data, such as your name, address, and e-mail, when you register. " * 3


@pytest.mark.parametrize(
    ("inside", "markdown"),
    [
        ("<p>x <b>y", "x **y"),
        ("<a href=x.htm>link", "[link"),
        ("<p><b>x</b></i></a></ul></blockquote>y", "**x**_\n \n y"),
        ("<ul><li>a<li>b</ul>", "  * a\n  * b"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a| b| c"),
        ("&copy; &eacute; &#233; &mdash; &rarr; &lrm;x &hellip;", "(C) e e -- -> x …"),
        ("AT&T &foo; &#x41;", "AT&T; &foo; A"),
        ("<script>x</script>a<style>y", "a"),
        ("a &lt; b", "a < b"),
    ],
)
def test_to_markdown_of_raw_text(inside, markdown):
    assert to_markdown(f"<div><noframes>{inside}</noframes></div>").strip("\n") == markdown


def test_to_markdown_of_raw_text_leaves_what_follows_open():
    assert to_markdown("<noframes><b>x</noframes><p>y</p>") == "**x\n\ny\n"


def test_to_markdown_of_raw_text_with_unknown_marked_section():
    assert "x" in to_markdown("<noembed><![if]>x</noembed>")
    assert "x" in to_markdown("<noembed><![CD x</noembed>")


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("<base href='http://[bad'><p>{}", "https://web.archive.org/web/20050304050607id_/http%3A//a.com/x"),
        ("<base href='data:text/plain,x'><p>{}", "x"),
        ("<base href='javascript:x'><p>{}", "x"),
        ("<body><div class=header><base href='http://cdn.example/'></div><p>{}", "https://web.archive.org/web/20050304050607id_/http%3A//a.com/x"),
        ("<head><img src=t.gif><base href='http://cdn.example/'></head><p>{}", "https://web.archive.org/web/20050304050607id_/http%3A//a.com/x"),
        ("<base href='http://cdn.example/y/'><p>{}", "http://cdn.example/y/x"),
    ],
)  # fmt: skip
def test_convert_html_base_that_extraction_leaves(page, target):
    body = "".join(f"<p>{TEXT}</p>" for _ in range(3)) + f"<p>{TEXT} <a href=x>link</a></p>"
    document = convert_html(
        page.format(body).encode(), url="http://a.com/p", timestamp="20050304050607", domain="a.com"
    )
    assert f"[link]({target})" in document.body
