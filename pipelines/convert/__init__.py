"""Conversion of a snapshot's bytes to a document: decoding, reader, markdown. Pure, picklable, without Scrapy."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from pipelines.convert import decode, pdf  # as modules: a function `decode` would hide its module
from pipelines.convert.code_text import code_name
from pipelines.convert.reader import Playback
from pipelines.convert.readings import FULL, READINGS, read_page
from pipelines.convert.self_closing import as_html, is_xhtml
from pipelines.document import Document, one_line, render_date, snapshot_url
from pipelines.errors import ConversionError, NoArticle, NotHtml
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.untrusted import encodable

if TYPE_CHECKING:
    from pipelines.convert.readings import Make, Wanted

CONVERTER_VERSION: Final = "3"
"""Version of the conversion. It increases whenever the text of any document can change, so that a change made by a new
converter is not reported as a change of policy. The corpus' own converter would be 0."""

MAX_TITLE: Final = 10_000
"""Characters of a title, which stands in the catalog and in every table. The longest of 244 real ones has 108."""


def convert_html(
    html: bytes,
    *,
    url: str,
    timestamp: str,
    domain: str,
    content_type: str = "",
    reading: Wanted = "auto",
    kind: str = PRIVACY.name,
) -> Document:
    """Return the document of a page (HTML, plain text or PDF).

    `html` is the body as archived, `url` the archived URL (the CDX `original`), `timestamp` 14 digits, `domain` the
    page's listed domain, `content_type` the archived header. `reading` is `corpus`, `full`, or `auto` for the fuller one
    where the corpus' gives no document of the kind or less than half of it. `kind` (a name of `pipelines.kinds.KINDS`) is
    what the page is taken to hold: the header's noun, and what `auto` looks for. Raises ConversionError only; ValueError for
    another reading or kind.
    """
    if reading not in READINGS:
        raise ValueError(f"reading is {reading!r}: give one of {', '.join(READINGS)}")
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r:.80}: give one of {', '.join(KINDS)}")
    try:
        make = _maker(url, timestamp, domain, KINDS[kind].header_noun)
        body = decode.inflate(html)
        if pdf.is_pdf(body, content_type):
            title, text = pdf.read(body, url)
            return make(title, text, FULL, 1.0)
        return read_page(_text_of(body, content_type), Playback.of(url, timestamp), make, reading)
    except ConversionError:
        raise
    except (ValueError, LookupError, RecursionError, MemoryError, TypeError, AttributeError) as error:
        raise ConversionError(f"{type(error).__name__} while converting {url[:200]}: {str(error)[:200]}") from error


def _maker(url: str, timestamp: str, domain: str, noun: str) -> Make:
    address = snapshot_url(url, timestamp)

    def make(title: str, body: str, name: str, coverage: float) -> Document:
        if not body.strip():
            raise NoArticle("the page has no text: nothing to make a document of")
        return Document(
            domain=domain,
            date=render_date(timestamp),
            snapshot_url=address,
            title=one_line(encodable(title))[:MAX_TITLE],
            body=encodable(body),
            converter_version=CONVERTER_VERSION,
            noun=noun,
            reading=name,
            reading_coverage=round(coverage, 4),
        )

    return make


def _text_of(body: bytes, content_type: str) -> str:
    """Return a page's HTML. Plain text becomes preformatted. Raises NotHtml for code, which is no policy, but has links."""
    text = decode.decode(body, content_type)
    if name := code_name(text):
        raise NotHtml(f"the body is no page but {name}")
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        return f"<pre>{escape(text, quote=False)}</pre>"
    return as_html(text) if is_xhtml(content_type) else text
