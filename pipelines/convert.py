"""A snapshot's bytes to a document: decode, read, write markdown. Pure, picklable, without Scrapy."""

from __future__ import annotations

from html import escape
from typing import Final

from crawler.errors import ConversionError, NoArticle
from pipelines import pdf
from pipelines.decode import decode, inflate
from pipelines.document import Document, one_line, render_date, snapshot_url
from pipelines.markdown import to_markdown
from pipelines.reader import Playback, read
from pipelines.untrusted import encodable

CONVERTER_VERSION: Final = "2"
"""Goes up whenever the text of any document can change, so that a change of text that only a new converter made is never
taken for a change of policy. The corpus' own converter would be 0."""

MAX_TITLE: Final = 10_000
"""Characters of a title, which stands in the catalog and in every table. The longest of 244 real ones has 108."""


def convert_html(html: bytes, *, url: str, timestamp: str, domain: str, content_type: str = "") -> Document:
    """Make the document of a page (HTML, plain text or PDF).

    `html` is the body as archived, `url` what was archived (the CDX `original`), `timestamp` 14 digits, `domain` the
    listed domain it belongs to, `content_type` the archived header. Raises ConversionError, and nothing else.
    """
    try:
        title, body = (encodable(text) for text in _convert(html, url, timestamp, content_type))
        address = snapshot_url(url, timestamp)
    except ConversionError:
        raise
    except (ValueError, LookupError, RecursionError, MemoryError, TypeError, AttributeError) as error:
        raise ConversionError(f"{type(error).__name__} while converting {url[:200]}: {str(error)[:200]}") from error
    if not body.strip():
        raise NoArticle("the page has no text: nothing to make a document of")
    return Document(
        domain=domain,
        date=render_date(timestamp),
        snapshot_url=address,
        title=one_line(title)[:MAX_TITLE],
        body=body,
        converter_version=CONVERTER_VERSION,
    )


def _convert(body: bytes, url: str, timestamp: str, content_type: str) -> tuple[str, str]:
    """Title and markdown."""
    body = inflate(body)
    if pdf.is_pdf(body, content_type):
        return pdf.read(body, url)
    text = decode(body, content_type)
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        text = f"<pre>{escape(text, quote=False)}</pre>"
    article = read(text, Playback.of(url, timestamp))
    return article.title, to_markdown(article.html)
