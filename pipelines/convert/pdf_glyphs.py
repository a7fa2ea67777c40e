"""Glyphs of a PDF's pages, as PDFium reads them: the only module that calls PDFium."""

from __future__ import annotations

import ctypes
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import EncryptedPdf, PageTooLarge, UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PAGE_GLYPHS: Final = 200_000
"""Characters of one page. The fullest of the pages measured in benchmarks/PDF.md has 7,000."""
MAX_PAGE_OBJECTS: Final = 50_000
"""Objects of one page that are looked at before its text is read. Forms within forms can make any number."""

UNMAPPED: Final = "\0"
"""Text of a glyph that the font maps to no character."""
HYPHEN: Final = "\x02"
"""PDFium's character for a hyphen or soft hyphen at the end of a line."""

_MAX_SKEW: Final = math.radians(12)
"""Deviation from a right angle above which text counts as diagonal. Scanners' text layers deviate by a few degrees."""
_CONTROL: Final = re.compile("[\x00\x01\x03-\x08\x10-\x1a\x7f-\x87\x89-\x9f]")
"""All but white space, PDFium's hyphen, and the codes that pdf_letters knows."""
_MAX_TITLE_BYTES: Final = 1 << 22
_ASCENT: Final = 0.88  # ems from the baseline to the top of an ideograph
_MAX_SHIFT: Final = 0.6  # ems by which characters of a vertical line stand beside each other
_MIN_STEP: Final = 0.3  # ems
_MAX_STEP: Final = 1.6  # ems
_MIN_VERTICAL: Final = 8
"""Characters below one another from which text is vertical."""
_DOUBLED: Final = ("f", "l", "s", "t")
"""Letters that ligatures have twice."""
_PASSWORD_ERROR: Final = 4  # FPDF_ERR_PASSWORD, fpdfview.h
_MAX_DEPTH: Final = 15  # of forms within forms
_MIN_EXTENT: Final = 0.01  # points below which PDFium leaves text out (CPDF_TextPage)
_COVERING: Final = 0.5  # share of the page that a scan covers


@dataclass(frozen=True, slots=True)
class Glyph:
    """Characters drawn as one shape, in points, in a frame in which its text runs to the right and up is positive."""

    text: str
    left: float
    right: float
    baseline: float
    size: float


@dataclass(frozen=True, slots=True)
class PageGlyphs:
    """A page's glyphs in the order of its content stream, by quarter turns of their text."""

    turns: dict[int, list[Glyph]]
    edges: dict[int, tuple[float, float]]
    """For each quarter turn, the lower and upper edge of the page in the glyphs' frame."""
    is_picture: bool
    """Whether an image covers most of the page."""


class PdfDocument:
    """An open PDF. Raises EncryptedPdf if it needs a password, UnreadablePdf if PDFium can't open it."""

    def __init__(self, body: bytes) -> None:
        import pypdfium2  # noqa: PLC0415 - loads a shared library, and few captures are PDFs

        try:
            self._document = pypdfium2.PdfDocument(body)
            self.pages = len(self._document)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _PASSWORD_ERROR:
                raise EncryptedPdf("the PDF can't be opened without a password") from error
            raise UnreadablePdf(f"the PDF can't be opened ({error})") from error

    def close(self) -> None:
        self._document.close()

    @property
    def title(self) -> str:
        """The title of the metadata, with the halves of surrogate pairs that it may have."""
        from pypdfium2 import raw as pdfium  # noqa: PLC0415

        length = min(pdfium.FPDF_GetMetaText(self._document.raw, b"Title", None, 0), _MAX_TITLE_BYTES)
        buffer = ctypes.create_string_buffer(length)
        if pdfium.FPDF_GetMetaText(self._document.raw, b"Title", buffer, length) > length:
            return ""
        return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "surrogatepass")

    def page(self, index: int) -> PageGlyphs:
        """Return a page's glyphs. Raises UnreadablePdf if it is damaged, PageTooLarge above MAX_PAGE_GLYPHS."""
        import pypdfium2  # noqa: PLC0415

        try:
            with _closing(self._document[index]) as page:
                is_picture = _prepare(page)
                with _closing(page.get_textpage()) as text:
                    return _page_glyphs(page, text, is_picture=is_picture)
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(f"page {index + 1} of the PDF is damaged ({error})") from error


@contextmanager
def _closing(resource: Any) -> Iterator[Any]:
    try:
        yield resource
    finally:
        resource.close()


def _page_glyphs(page: Any, text: Any, *, is_picture: bool) -> PageGlyphs:
    count = text.count_chars()
    if count > MAX_PAGE_GLYPHS:
        raise PageTooLarge(f"a page of the PDF has more than {MAX_PAGE_GLYPHS:,} characters")
    turns: dict[int, list[Glyph]] = {}
    place = (-1.0, -1.0)
    for turn, origin, glyph in _characters(text.raw, count):
        glyphs = turns.setdefault(turn, [])
        if origin == place and glyphs:  # several characters of one shape: a ligature, or a letter with its marks
            glyphs[-1] = _joined(glyphs[-1], glyph)
        else:
            glyphs.append(glyph)
        place = origin
    if _are_vertical(turns.get(0, [])):
        turns[3] = [_upright(glyph) for glyph in turns.pop(0)] + turns.get(3, [])
    left, bottom, right, top = page.get_bbox()
    edges = {0: (bottom, top), 1: (-right, -left), 2: (-top, -bottom), 3: (left, right)}
    return PageGlyphs(turns, {turn: edges[turn] for turn in turns}, is_picture)


def _characters(raw: Any, count: int) -> Iterator[tuple[int, tuple[float, float], Glyph]]:
    """Yield quarter turns, origin on the page and glyph of each character drawn, but for diagonal ones."""
    from pypdfium2 import raw as pdfium  # noqa: PLC0415

    x, y, box, matrix = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    for index in range(count):
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        if box.left == box.right and box.bottom == box.top:
            continue  # a space or a line end that PDFium has inferred: pdf_lines infers its own
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        pdfium.FPDFText_GetMatrix(raw, index, matrix)
        size = pdfium.FPDFText_GetFontSize(raw, index) * math.hypot(matrix.c, matrix.d)
        turn = _quarter_turns(matrix.a, matrix.b)
        if turn is None or not 0 < size < math.inf:
            continue
        character = _character(pdfium.FPDFText_GetUnicode(raw, index))
        origin = (x.value, y.value)
        yield turn, origin, _turned(turn, character, (box.left, box.bottom, box.right, box.top), origin, size)


def _quarter_turns(a: float, b: float) -> int | None:
    """Return by how many quarters counterclockwise text with the matrix [a b ..] is turned; None if diagonal."""
    angle = math.atan2(b, a)
    turns = round(angle / (math.pi / 2))
    return None if abs(angle - turns * math.pi / 2) > _MAX_SKEW else turns % 4


def _turned(
    turn: int, text: str, box: tuple[float, float, float, float], origin: tuple[float, float], size: float
) -> Glyph:
    left, bottom, right, top = box
    if turn == 0:
        return Glyph(text, left, right, origin[1], size)
    if turn == 1:
        return Glyph(text, bottom, top, -origin[0], size)
    if turn == 2:  # noqa: PLR2004 - half a turn
        return Glyph(text, -right, -left, -origin[1], size)
    return Glyph(text, -top, -bottom, origin[0], size)


def _are_vertical(glyphs: list[Glyph]) -> bool:
    """Whether most glyphs stand below the one before, as in vertical Chinese and Japanese."""
    below = sum(
        abs(after.left - before.left) < _MAX_SHIFT * after.size
        and _MIN_STEP * after.size < before.baseline - after.baseline < _MAX_STEP * after.size
        for before, after in pairwise(glyphs)
    )
    return below > _MIN_VERTICAL and below * 2 > len(glyphs)


def _upright(glyph: Glyph) -> Glyph:
    """Return a glyph of vertical text in the frame of text that is turned clockwise, in which lines go down."""
    top = glyph.baseline + _ASCENT * glyph.size
    return Glyph(glyph.text, -top, glyph.size - top, glyph.left, glyph.size)


def _joined(first: Glyph, second: Glyph) -> Glyph:
    """Return two glyphs at one place as one: a ligature's letters, a letter and its mark; not a letter drawn twice."""
    if second.text == first.text[-1:] and (second.text not in _DOUBLED or first.text[-2:] == 2 * second.text):
        return first
    return Glyph(
        first.text + second.text,
        min(first.left, second.left),
        max(first.right, second.right),
        first.baseline,
        first.size,
    )


def _character(code: int) -> str:
    """Return a character; UNMAPPED for a control character that no font means, and for what is none."""
    if not 0 <= code <= 0x10FFFF or _CONTROL.match(chr(code)):  # noqa: PLR2004 - the last code point
        return UNMAPPED
    return chr(code)


def _prepare(page: Any) -> bool:
    """Make all text of a page readable; return whether an image covers most of it. Objects in forms count, too.

    PDFium leaves out text without extent, such as a single character of which neither the PDF nor the machine has a
    font. A stroke gives it one.
    """
    from pypdfium2 import raw as pdfium  # noqa: PLC0415

    left, bottom, right, top = page.get_bbox()
    covering = _COVERING * (right - left) * (top - bottom)
    is_picture = False
    for item in islice(page.get_objects(max_depth=_MAX_DEPTH), MAX_PAGE_OBJECTS):
        if item.type not in {pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE}:
            continue
        left, bottom, right, top = item.get_bounds()
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            is_picture = is_picture or (right - left) * (top - bottom) > covering
        elif min(right - left, top - bottom) < _MIN_EXTENT:
            pdfium.FPDFTextObj_SetTextRenderMode(item.raw, pdfium.FPDF_TEXTRENDERMODE_STROKE)
            pdfium.FPDFPageObj_SetStrokeWidth(item.raw, 1.0)
            pdfium.FPDFPageObj_Transform(item.raw, 1, 0, 0, 1, 0, 0)  # so that the extent is computed again
    return is_picture
