"""Text of a PDF, by paragraphs."""

from __future__ import annotations

import io
import logging
import re
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pipelines.errors import PageTooLarge, UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PdfReader

MAX_PAGES: Final = 300
MAX_SECONDS: Final = 8.0
MAX_CHARACTERS: Final = 2_000_000

_MAGIC_WITHIN: Final = 1024
"""Bytes within which readers accept the magic number (ISO 32000-1, implementation note 13)."""
_BLANK_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SENTENCE_ENDS: Final = (".", "!", "?", ":", ";")


def is_pdf(body: bytes, content_type: str) -> bool:
    """Whether a body is a PDF, by its bytes or its header. Bytes that look like HTML outweigh the header."""
    if b"%PDF-" in body[:_MAGIC_WITHIN]:
        return True
    return content_type.partition(";")[0].strip().lower() == "application/pdf" and b"<" not in body[:_MAGIC_WITHIN]


def read(body: bytes, url: str) -> tuple[str, str]:
    """Return title (from the metadata, else the file name) and text, paragraphs separated by an empty line.

    Raises UnreadablePdf, or PageTooLarge above MAX_PAGES, MAX_SECONDS or MAX_CHARACTERS.
    """
    import pypdf  # noqa: PLC0415 - slow to import, and few captures are PDFs

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(body))
        title = str((reader.metadata.title if reader.metadata else None) or "")
        paragraphs = list(_paragraphs(reader))
    except (PageTooLarge, MemoryError):
        raise
    except Exception as error:
        raise UnreadablePdf(f"the PDF can't be read ({type(error).__name__}: {str(error)[:100]})") from error
    if not paragraphs:
        raise UnreadablePdf("the PDF has no text (a scan?)")
    return title.strip() or file_name(url), "\n\n".join(paragraphs) + "\n"


def file_name(url: str) -> str:
    """Return the last part of a URL's path, percent-decoded; the host if the path is empty."""
    path = urlsplit(url).path.rstrip("/")
    return unquote(path.rpartition("/")[2]) or urlsplit(url).netloc


def _paragraphs(reader: PdfReader) -> Iterator[str]:
    """Yield the paragraphs in order. A paragraph split by a page break in mid-sentence is joined."""
    held = ""
    for text in _pages(reader):
        blocks = [" ".join(block.split()) for block in _BLANK_LINES.split(text)]
        blocks = [block for block in blocks if block]
        if held and blocks and not held.endswith(_SENTENCE_ENDS) and blocks[0][:1].islower():
            blocks[0] = f"{held} {blocks[0]}"
        elif held:
            yield held
        yield from blocks[:-1]
        held = blocks[-1] if blocks else ""
    if held:
        yield held


def _pages(reader: PdfReader) -> Iterator[str]:
    """Yield the text of each page in its layout, with an empty line for each gap."""
    deadline, characters = time.monotonic() + MAX_SECONDS, 0
    for number, page in enumerate(reader.pages, start=1):
        if number > MAX_PAGES or time.monotonic() > deadline or characters > MAX_CHARACTERS:
            raise PageTooLarge(f"the PDF is too large: more than {MAX_PAGES} pages, or {MAX_SECONDS:.0f} s of reading")
        text = page.extract_text(extraction_mode="layout")
        characters += len(text)
        yield text
