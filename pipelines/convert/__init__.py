"""Conversion of a snapshot's bytes to a document: decoding, reader, markdown. Pure, picklable, without Scrapy."""

from __future__ import annotations

from html import escape
from typing import Final

from pipelines.convert import decode, pdf  # as modules: a function `decode` would hide its module
from pipelines.convert.markdown import to_markdown
from pipelines.convert.reader import Playback, read
from pipelines.document import Document, one_line, render_date, snapshot_url
from pipelines.errors import ConversionError, NoArticle

CONVERTER_VERSION: Final = "1"
"""Version of the conversion. It increases whenever the text of any document can change, so that a change made by a new
converter is not reported as a change of policy. The corpus' own converter would be 0."""


def convert_html(html: bytes, *, url: str, timestamp: str, domain: str, content_type: str = "") -> Document:
    """Return the document of a page (HTML, plain text or PDF).

    `html` is the body as archived, `url` the archived URL (the CDX `original`), `timestamp` 14 digits, `domain` the
    page's listed domain, `content_type` the archived header. Raises ConversionError only.
    """
    try:
        title, body = _convert(html, url, timestamp, content_type)
    except ConversionError:
        raise
    except (ValueError, LookupError, RecursionError, MemoryError, TypeError, AttributeError) as error:
        raise ConversionError(f"{type(error).__name__} while converting {url[:200]}: {str(error)[:200]}") from error
    return Document(
        domain=domain,
        date=render_date(timestamp),
        snapshot_url=snapshot_url(url, timestamp),
        title=title,
        body=body,
        converter_version=CONVERTER_VERSION,
    )


def _convert(body: bytes, url: str, timestamp: str, content_type: str) -> tuple[str, str]:
    """Return title and markdown."""
    body = decode.inflate(body)
    if pdf.is_pdf(body, content_type):
        title, text = pdf.read(body, url)
        return one_line(title), text
    text = decode.decode(body, content_type)
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        text = f"<pre>{escape(text, quote=False)}</pre>"
    article = read(text, Playback.of(url, timestamp))
    markdown = to_markdown(article.html)
    if not markdown.strip():
        raise NoArticle("the page has no text: nothing to make a document of")
    return one_line(article.title), markdown
