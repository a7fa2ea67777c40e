"""Text of a PDF, by paragraphs: glyphs -> pieces of lines -> without headers -> in reading order -> paragraphs."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pipelines.convert.pdf_furniture import PagePieces, without_furniture
from pipelines.convert.pdf_glyphs import UNMAPPED, PdfDocument
from pipelines.convert.pdf_lines import pieces
from pipelines.convert.pdf_order import reading_order
from pipelines.convert.pdf_paragraphs import lines_of, paragraphs
from pipelines.convert.visual_order import is_right_to_left
from pipelines.errors import (
    ConversionTimedOut,
    CutShortPdf,
    EncryptedPdf,
    PageTooLarge,
    ScannedPdf,
    UnreadablePdf,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.convert.pdf_glyphs import PageGlyphs
    from pipelines.convert.pdf_lines import Piece

MAX_PAGES: Final = 300
MAX_SECONDS: Final = 30.0
"""Processor time for one PDF. It bounds `scrapy convert FILE`; a pool has a limit of its own, CONVERSION_SECONDS."""
MAX_CHARACTERS: Final = 2_000_000

_MAGIC_WITHIN: Final = 1024
"""Bytes within which readers accept the magic number (ISO 32000-1, implementation note 13)."""
_END_WITHIN: Final = 2048
"""Bytes within which readers look for the end marker (1,024 in implementation note 18), and some for what follows it."""
_SCAN_CHARACTERS: Final = 40
"""Characters of a page, on average, below which pictures of pages are a scan: stamps and page numbers aside."""
_MAX_UNMAPPED: Final = 0.3
"""Share of the characters without a Unicode value above which a text can't be read."""
_NO_LETTER: Final = re.compile(f"[{UNMAPPED}\ufffd\ue000-\uf8ff]")
_NO_TITLE: Final = re.compile(
    r"\(?(?:untitled|anonymous|unspecified|unknown|no title)(?: document)?[-\d]*\)?|", re.IGNORECASE
)
_PROGRAM: Final = re.compile(r"Microsoft (?:Office )?Word - ")


def is_pdf(body: bytes, content_type: str) -> bool:
    """Whether a body is a PDF, by its bytes or its header. Bytes that look like HTML outweigh the header."""
    if b"%PDF-" in body[:_MAGIC_WITHIN]:
        return True
    return content_type.partition(";")[0].strip().lower() == "application/pdf" and b"<" not in body[:_MAGIC_WITHIN]


def read(body: bytes, url: str) -> tuple[str, str]:
    """Return title (from the metadata, else the file name) and text, paragraphs separated by an empty line.

    Raises UnreadablePdf and its subclasses CutShortPdf, EncryptedPdf and ScannedPdf; PageTooLarge above MAX_PAGES,
    MAX_CHARACTERS or pdf_glyphs.MAX_PAGE_GLYPHS; ConversionTimedOut above MAX_SECONDS of processor time.
    """
    try:
        title, text = _title_and_text(body)
    except (EncryptedPdf, ScannedPdf):
        raise
    except UnreadablePdf as error:
        if _has_end(body):
            raise
        raise CutShortPdf(f"{error}, and its end is missing") from error
    return title or file_name(url), text


def _title_and_text(body: bytes) -> tuple[str, str]:
    document = PdfDocument(body)
    try:
        title = document.title.strip()
        pages = list(_pages(document))
    finally:
        document.close()
    if not _has_end(body) and any(not page.main.pieces and not page.is_picture for page in pages):
        raise UnreadablePdf("a page of the PDF is empty")
    return "" if _NO_TITLE.fullmatch(title) else _PROGRAM.sub("", title), _text(pages)


def _has_end(body: bytes) -> bool:
    """Whether a PDF has its end marker, which may be followed by what a server has added."""
    return b"%%EOF" in body[-_END_WITHIN:]


def file_name(url: str) -> str:
    """Return the last part of a URL's path, percent-decoded; the host if the path is empty."""
    path = urlsplit(url).path.rstrip("/")
    return unquote(path.rpartition("/")[2]) or urlsplit(url).netloc


def _text(pages: list[_Page]) -> str:
    """Return the pages' text by paragraphs. Raises UnreadablePdf without one, ScannedPdf if that is why."""
    found = []
    for number, kept in enumerate(without_furniture([page.main for page in pages])):
        for each in (kept, *pages[number].turned):
            right_to_left = is_right_to_left("".join(piece.text for piece in each))
            found += lines_of(reading_order(each, right_to_left=right_to_left), number)
    characters = sum(len(line.text) for line in found)
    if sum(page.is_picture for page in pages) * 2 >= len(pages) > 0 and characters < _SCAN_CHARACTERS * len(pages):
        raise ScannedPdf("the PDF is a scan: its pages are pictures without text")
    text = "\n\n".join(filter(None, paragraphs(found)))
    if not text:
        raise UnreadablePdf("the PDF has no text")
    if len(_NO_LETTER.findall(text)) > _MAX_UNMAPPED * len(text):
        raise UnreadablePdf("the PDF's fonts do not say which letters they draw")
    return text + "\n"


@dataclass(frozen=True, slots=True)
class _Page:
    """The pieces of a page's text, those of text that is turned against most of it, and whether it is a picture."""

    main: PagePieces
    turned: list[list[Piece]]
    is_picture: bool


def _pages(document: PdfDocument) -> Iterator[_Page]:
    """Yield the pages, within the limits."""
    if document.pages > MAX_PAGES:
        raise PageTooLarge(f"the PDF has {document.pages} pages, more than {MAX_PAGES}")
    started, characters = time.process_time(), 0
    for index in range(document.pages):
        page = document.page(index)
        characters += sum(len(glyphs) for glyphs in page.turns.values())
        if characters > MAX_CHARACTERS:
            raise PageTooLarge(f"the PDF has more than {MAX_CHARACTERS:,} characters")
        yield _page(page)
        if time.process_time() - started > MAX_SECONDS:
            raise ConversionTimedOut(f"the PDF takes more than {MAX_SECONDS:g} s of processor time")


def _page(page: PageGlyphs) -> _Page:
    turns = sorted(page.turns, key=lambda turn: -len(page.turns[turn]))
    if not turns:
        return _Page(PagePieces([], 0.0, 0.0), [], page.is_picture)
    main, *others = turns
    upright = PagePieces(pieces(page.turns[main]), *page.edges[main])
    return _Page(upright, [pieces(page.turns[turn]) for turn in others], page.is_picture)
