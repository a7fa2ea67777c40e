"""The way from bytes to a document as a whole."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from pipelines.convert import CONVERTER_VERSION, MAX_TITLE, convert_html
from pipelines.document import parse
from pipelines.errors import ConversionError

TEXT = "We collect personal information, cookies, and more of your data. " * 10


def convert(body: bytes, content_type: str = ""):
    return convert_html(
        body, url="http://a.com/p?q=é", timestamp="20150612233820", domain="a.com", content_type=content_type
    )


def test_convert_html_document():
    document = convert(f"<title>T</title><h1>x</h1><p>{TEXT}".encode())
    assert document.text == (
        "> *The following text is extracted and transformed from the a.com privacy policy that was archived on "
        "2015-06-12. Please check the [original snapshot on the Wayback Machine](https://web.archive.org/web/"
        "20150612233820id_/http%3A//a.com/p%3Fq%3D%C3%A9) for the most accurate reproduction.*\n\n# T\n\n"
        f"{TEXT}\n"
    )
    assert document.converter_version == CONVERTER_VERSION


def test_convert_html_text_parses_back():
    document = convert(f"<title>T</title><p>{TEXT}".encode())
    assert parse(document.text).text == document.text


def test_document_and_errors_pickle():
    document = convert(f"<p>{TEXT}".encode())
    assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301 - made here
    with pytest.raises(ConversionError) as raised:
        convert(b"")
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # noqa: S301 - made here


def test_convert_html_plain_text_is_preformatted():
    body = convert(b"We keep <b> & nothing,\n  else.\n" * 30, "text/plain; charset=utf-8").body
    assert "    We keep <b> & nothing,\n      else.\n" in body


def test_convert_html_charset_of_header():
    body = convert(f"<p>Политика {TEXT}".encode("koi8-r"), "text/html; charset=koi8-r").body
    assert body.startswith("Политика")


def test_convert_html_unexpected_error_is_conversion_error(monkeypatch):
    def fail(_html: str) -> str:
        raise RecursionError("deep\nand long")

    monkeypatch.setattr("pipelines.convert.readings.to_markdown", fail)
    with pytest.raises(ConversionError, match="RecursionError"):
        convert(f"<p>{TEXT}".encode())


def test_convert_does_not_import_scrapy():
    code = "import sys, pipelines.convert; print([m for m in ('scrapy', 'twisted', 'pypdfium2', 'py3langid') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "head",
    [
        "<title>&#xD800;Pri&#0;va\0cy&#x110000;</title>",
        '<meta property="og:title" content="&amp;#xD800;Privacy&#0;">',
        f"<title>{'Privacy ' * 100_000}</title>",
    ],
)
def test_convert_html_removes_surrogates_and_nul(head):
    document = convert(f"{head}<p>{TEXT} &#xD800; &#0; \0 &#xDFFF;".encode())
    document.text.encode()
    assert "\0" not in document.text
    assert len(document.title) <= MAX_TITLE
