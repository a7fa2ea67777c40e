"""What each element becomes. The expected strings were written by html2text 2020.1.16."""

from __future__ import annotations

import sys

import pytest

from pipelines.convert import markdown_writer as writer
from pipelines.convert.markdown import to_markdown
from pipelines.errors import PageTooLarge

CASES = {
    "text": [
        ("<div>  a  </div>", "a \n"),
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("<p>a&nbsp;b &nbsp; c</p>", "a b   c\n"),
        ("<p>a\u2003\u2003b</p>", "a b\n"),
        ("<div><img></div>", "\n"),
        ("<article>a</article>b", "ab\n"),
        ("<style>x</style><script>y</script>z<!--c-->", "z\n"),
    ],
    "line breaks": [
        ("<div>a <br> b</div>", "a   \nb\n"),
        ("<p>a<br></p><p>b</p>", "a  \n\n\nb\n"),
        ("<br>a", "  \na\n"),
        ("<blockquote>a<br>b</blockquote>c", "> a  \n> b\n\nc\n"),
    ],
    "escapes": [
        ("<p>1. a</p>", "1\\. a\n"),
        ("<p>x\n- a</p>", "x \\- a\n"),
        ("<p>--</p>", "\\--\n"),
        ("<p>&amp;+ b</p>", "&\\+ b\n"),
        ("<p>-</p>", "-\n"),
        ("<p>a\\*b \\d</p>", "a\\\\*b \\d\n"),
        ("<p>* _a_ # > `c`</p>", "* _a_ # > `c`\n"),
        ("<code>1. \\*</code>", "`1. \\*`\n"),
    ],
    "emphasis": [
        ("<p>a<b>x</b>b</p>", "a **x** b\n"),
        ("<p><b>x</b>, <i>y</i>. <u>z</u>!</p>", "**x** , _y_. _z_!\n"),
        ("<p>a</p><b>x</b>", "a\n\n **x**\n"),
        ("<p>a</p>\n<b>x</b>", "a\n\n**x**\n"),
        ("<b> x </b>b", "**x** b\n"),
        ("<b>&nbsp;x</b>y", "**  x**y\n"),
        ("<b>x<br></b>y", "**x  \n** y\n"),
        ("<b>x<a href='u'>y</a>z</b>", "**x[y](u)z**\n"),
        ("<p>a<b></b>b</p>", "a ****b\n"),
        ("<p>a</p><h2>x<b>y</b>z</h2>", "a\n\n## x **y** z\n"),
        ("<b>x</b><h2>y</h2>", "**x**\n\n## y\n"),
        ("a<b><code>x</code></b>z", "a **`x`** z\n"),
        ("<del>x</del><s>y</s>", "~~x~~ ~~y~~\n"),
    ],
    "lists": [
        ("<ul><li>a</li><li>b</li></ul>", "  * a\n  * b\n\n\n"),
        ("<ul><li>a</li></ul>c", "  * a\n\nc\n"),
        ("<ul><li>a</li></ul><p>b</p>", "  * a\n\n\n\nb\n"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "  * a\n\n\n  * b\n\n\n"),
        ("x<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>y", "x\n\n  * a\n    1. b\n  * c\n\ny\n"),
        ("<ol start='5'><li>a</li><li>b</li></ol>", "  5. a\n  6. b\n\n\n"),
        ("<ol start='x'><li>a</li></ol>", "  1. a\n\n\n"),
        ("<li>a</li>", "* a\n"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "  * a\n\n  * b\n\n\n\n"),
        ("<ul><li></li><li>b</li></ul>", "  *   * b\n\n\n"),
        ("<dl><dt>a</dt><dd>b</dd></dl>x", "a\n    b\nx\n"),
    ],
    "links": [
        ("<a href='http://x/'> y </a>", "[ y ](http://x/)\n"),
        ("<a href='http://x/'>http://x/</a>", "<http://x/>\n"),
        ("<a href='http://x/'>http://x/<b>z</b></a>", "<http://x/>[**z**](http://x/)\n"),
        ("<a href='mailto:x'>mailto:x</a>", "[mailto:x](mailto:x)\n"),
        ("<a href='u(1)' title='t (x) \"q\"'>y</a>", '[y](u\\(1\\) "t \\(x\\) "q"")\n'),
        ("<a href='#x'>y</a><a name='z'>w</a>", "yw\n"),
        ("<a href='u'><img></a>", "[](u)\n"),
        ("<a href=''>y</a>", "[y]()\n"),
        ("<a href='u'><div>y</div><div>z</div></a>w", "[yz](u)w\n"),
        ("q<a href='u'><p>y</p></a>", "q\n\n[y\n\n](u)\n"),
    ],
    "tables": [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>x", "a| b  \n---|---  \nc  \nx\n"),
        ("<table><tr><td>a</td></tr></table><p>x</p>", "a  \n---  \n  \nx\n"),
        ("<table><tr><td><p>a</p></td><td>b</td></tr></table>", "a\n\n| b  \n---|---\n"),
        ("x<table><tr></tr></table>y", "x  \ny\n"),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>d</td></tr></table>", "a| b  \n---  \nd\n"),
    ],
    "preformatted": [
        ("x<pre>a\n b\n\nc</pre>y", "x\n    \n    \n    a\n     b\n    \n    c\n\ny\n"),
        ("<ul><li>x<pre>a\nb</pre>y</li></ul>", "  * x\n    \n        a\n    b\n\ny\n\n\n"),
        ("<pre><code>a</code></pre>", "\n    a\n"),
        ("<pre></pre>", "\n\n"),
    ],
    "the rest": [
        ("<h3>a</h3><hr>b", "### a\n\n* * *\n\nb\n"),
        ("<blockquote>a<blockquote>b</blockquote>c</blockquote>d", "> a\n>\n>> b\n> \n> c\n\nd\n"),
        ("<p><abbr title='T'>x</abbr> y</p>", "x y\n  *[x]: T\n"),
        ("<q>a</q>", '"a"\n'),
    ],
}


@pytest.mark.parametrize(("html", "markdown"), [case for cases in CASES.values() for case in cases])
def test_to_markdown_elements(html, markdown):
    assert to_markdown(f"<div>{html}</div>" if not html.startswith("<") else html) == markdown


def test_to_markdown_each_white_space_becomes_one_space():
    spaces = [char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace() and char not in "\n\xa0"]
    assert len(spaces) > 20
    for space in spaces:
        out = writer.Writer()
        out.put_text(f"a{space}b")
        assert out.text() == "a b"


def test_to_markdown_deep_tree():
    depth = 20_000
    assert to_markdown("<span>" * depth + "x" + "</span>" * depth) == "x\n"


def test_to_markdown_size_is_bounded(monkeypatch):
    monkeypatch.setattr(writer, "MAX_MARKDOWN", 10_000)
    with pytest.raises(PageTooLarge, match="10,000 characters"):
        to_markdown("<ul><li>x" * 200)


@pytest.mark.parametrize("text", ["http:", "http://example.com/privacy", "privacy.html"])
def test_to_markdown_text_that_looks_like_locator(text):
    assert to_markdown(text).strip() == text
