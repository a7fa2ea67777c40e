"""Whatever the bytes: a document that can be written and read back, or a ConversionError."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.convert import convert_html
from pipelines.document import parse
from pipelines.errors import ConversionError

NAMES = (
    "p div b i a br ul ol li table tr td th tbody caption pre code blockquote h1 h2 h3 dl dt dd span font img noscript "
    "script style title template svg math foreignObject select option form fieldset input frameset frame noframes base "
    "meta iframe object abbr q hr body html head article section textarea plaintext xmp"
).split()
ATTRIBUTES = (
    "",
    ' class="sidebar hid"',
    ' id="content"',
    ' style="display:none"',
    " hidden",
    ' href="/a b"',
    ' href="http://[x"',
    ' href="javascript:x"',
    ' title="a (b)"',
    ' start="-3"',
    ' colspan="99999999999999999999"',
    ' rowspan="x"',
    ' rel="author"',
    ' charset="utf-16"',
    ' type="application/ld+json"',
    ' property="og:title" content="&#xD800;&#x110000;"',
)
PIECES = st.one_of(
    st.builds("<{}{}>".format, st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES)),
    st.builds("</{}>".format, st.sampled_from(NAMES)),
    st.sampled_from(
        ["&nbsp;", "&#xD800;", "&#0;", "\0", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "\ufeff", "{}", "1. ", "- "]
    ),
    st.text(max_size=30),
    st.just("We collect data, names, and addresses, as the law has it, and more besides. " * 3),
)


def check(body: bytes, content_type: str = "") -> None:
    try:
        document = convert_html(
            body, url="http://a.com/p", timestamp="20150612233820", domain="a.com", content_type=content_type
        )
    except ConversionError:
        return
    assert parse(document.text.encode().decode()).text == document.text
    assert document.body.strip()


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_convert_html_any_markup(page):
    check(page.encode("utf-8", "surrogatepass"), "text/html; charset=utf-8")


@settings(max_examples=200)
@given(
    st.binary(max_size=300),
    st.sampled_from(["", "text/html", "text/html; charset=utf-16", "text/plain", "application/pdf"]),
)
def test_convert_html_any_bytes(body, content_type):
    check(body, content_type)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_convert_html_any_bytes_after_signature(body):
    for start in (b"%PDF-1.7\n", b"\x1f\x8b\x08", b"\xff\xfe", b"<\0", b"<html><p>"):
        check(start + body)


@pytest.mark.parametrize("raw", ["xmp", "noembed", "noframes", "plaintext"])
def test_convert_html_unknown_marked_section_is_text(raw):
    """Found by tools/fuzz_convert.py: raw text comes out of the tree as it is, and html.parser gave up at `<![CD`."""
    page = f"<p>{'We collect data, names, and addresses, as the law has it. ' * 10}<{raw}>a <![CD b"
    document = convert_html(page.encode(), url="http://a.com/p", timestamp="20150612233820", domain="a.com")
    assert document.body.rstrip().endswith("a <![CD b")
