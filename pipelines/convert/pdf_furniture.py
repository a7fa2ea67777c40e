"""Running headers, footers and page numbers: rows at a page's edges that are those of other pages."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_order import rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipelines.convert.pdf_lines import Piece

_EDGE_ROWS: Final = 4
"""Rows at each edge of a page that can be a header or a footer."""
_SAME_HEIGHT: Final = 4.0
"""Points by which the height of a header may differ from page to page."""
_MIN_SHARE: Final = 0.6
"""Share of the pages on which a header stands."""
_MIN_SHARE_OF_SIDE: Final = 0.8
"""The same of left or right pages, of which each can have its own."""
_MARGIN: Final = 0.09
"""Share of a page's height, from its edge, in which a number can be the page's: an inch of A4."""
_WIDE_MARGIN: Final = 0.2
"""The same if the number is far from the text, as TeX sets it."""
_OUTER_MARGIN: Final = 0.05
"""The same for what browsers print by themselves: date, title, address and page number."""
_SET_OFF: Final = 1.7
"""Distance of baselines, in ems, from which a row is set off from the text beside it."""
_SET_OFF_ROWS: Final = 1.25
"""The same in usual distances of the page's rows."""
_MAX_ALONE: Final = 20
"""Words of a page that has nothing but a header and a footer."""
_MIN_PITCHES: Final = 6
"""Distances of rows from which one is the usual one."""
_MAX_TITLE_WORDS: Final = 8
_MAX_NUMBERS: Final = 8

_NUMBER: Final = re.compile(r"(?<![\d.,])\d{1,4}(?![\d,]|\.\d)")
_PAGE_NUMBER: Final = re.compile(
    r"\W*(?:page|p\.?|seite|p[aá]gina|p[aá]g\.?|стр(?:аница|\.)?|sayfa|strona|str\.?|sid[ae]|sivu|trang|halaman|第|صفحة|עמוד)?"
    r"\s*[-–—|]?\s*(?P<number>\d{1,4}|[ivxl]{1,6})\s*"  # noqa: RUF001
    r"(?:(?:of|von|de|di|do|van|z|ze|av|af|из|din|dari|sur|/|\||מתוך|من)\s*(?P<last>\d{1,4}))?\s*"
    r"(?:頁|页|ページ|페이지|쪽)?\W*",
    re.IGNORECASE,
)
_BROWSER_FOOTER: Final = re.compile(r"(?:https?|file)://\S+\s+(\d{1,4})/(\d{1,4})")
_BROWSER_HEADER: Final = re.compile(r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{2,4},?\s+\d{1,2}[:.]\d{2}\b")


@dataclass(frozen=True, slots=True)
class PagePieces:
    """A page's pieces and the lower and upper edge of the page."""

    pieces: list[Piece]
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class _Row:
    pieces: list[Piece]
    text: str
    distance: float
    """From the page's edge, in shares of its height."""
    height: float
    """The baseline, from the page's edge, in points."""
    size: float
    pitch: float
    """The usual distance of two rows of the page, in points."""


def without_furniture(pages: Sequence[PagePieces]) -> list[list[Piece]]:
    """Return the pages' pieces without headers, footers and page numbers."""
    rows = [rows_of(page.pieces) for page in pages]
    counts = Counter(_text(row) for page in rows for row in page)
    bodies = [hash(tuple(map(_text, page[1:-1]))) for page in rows]
    dropped: set[tuple[int, int]] = set()
    for at_top in (True, False):
        edges = [_edge(page, each, at_top=at_top) for page, each in zip(pages, rows, strict=True)]
        repeated = _repeated(edges, bodies, counts, at_top=at_top)
        for number, edge in enumerate(edges):
            count = _furniture_rows(edge, repeated[number], number, len(pages))
            dropped |= {(number, piece.order) for row in edge[:count] for piece in row.pieces}
    return [
        [piece for piece in page.pieces if (number, piece.order) not in dropped] for number, page in enumerate(pages)
    ]


def _text(row: list[Piece]) -> str:
    return " ".join(piece.text for piece in row)


def _edge(page: PagePieces, rows: list[list[Piece]], *, at_top: bool) -> list[_Row]:
    """Return the outermost rows of a page and the one beside them, from the edge inwards."""
    height = max(page.top - page.bottom, 1.0)
    pitches = [above[0].baseline - below[0].baseline for above, below in pairwise(rows)]
    pitch = statistics.median(pitches) if len(pitches) >= _MIN_PITCHES else 0.0
    found = []
    for row in (rows if at_top else rows[::-1])[: _EDGE_ROWS + 1]:
        baseline = row[0].baseline
        away = page.top - baseline if at_top else baseline - page.bottom
        found.append(_Row(row, _text(row), away / height, away, max(piece.size for piece in row), pitch))
    return found


def _repeated(edges: list[list[_Row]], bodies: list[int], counts: Counter[str], *, at_top: bool) -> list[list[bool]]:
    """Return for each row of each page's edge whether other pages have it at this height.

    `bodies` are hashes of what else the pages have: pages that are the same say nothing of what is furniture. `counts`
    says how often each row's text stands anywhere: what stands elsewhere as often is no furniture.
    """
    heights: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for number, rows in enumerate(edges):
        for row in rows:
            for key in _keys(row.text, number):
                heights[key].append((row.height, number))

    def is_repeated(row: _Row, number: int) -> bool:
        for key in _keys(row.text, number):
            pages = {page for height, page in heights[key] if abs(height - row.height) <= _SAME_HEIGHT}
            if key == row.text and _is_body(row.text, counts[row.text], len(pages)):
                continue
            if key == row.text and len({bodies[page] for page in pages}) == 1:
                continue
            is_sure = key == row.text or (not at_top and not key.startswith("\0")) or _PAGE_NUMBER.fullmatch(row.text)
            if len(pages) >= (2 if is_sure else 3) and _stands_on_most(pages, len(edges)):
                return True
        return False

    return [[is_repeated(row, number) for row in rows] for number, rows in enumerate(edges)]


def _stands_on_most(pages: Collection[int], count: int) -> bool:
    """Whether these are most of a document's pages, or of its left or right ones."""
    sides = (len(range(side, count, 2)) for side in (0, 1))
    counts = (sum(page % 2 == side for page in pages) for side in (0, 1))
    by_side = any(on >= max(2, _MIN_SHARE_OF_SIDE * of) for on, of in zip(counts, sides, strict=True))
    return len(pages) >= _MIN_SHARE * count or by_side


def _is_body(text: str, count: int, at_edge: int) -> bool:
    """Whether a row's text stands elsewhere, too, as a sentence that a document repeats, and not as its title."""
    return count >= 2 * at_edge or (count > at_edge and len(text.split()) > _MAX_TITLE_WORDS)


def _keys(text: str, page: int) -> list[str]:
    """Return what tells a row from others: texts that rows of other pages share with it.

    They are its text, its text with a number as its difference from the page's index, and this difference alone if the
    number is the first or last word, beside a chapter's name.
    """
    found = [text]
    for where, word in (("first", text.partition(" ")[0]), ("last", text.rpartition(" ")[2])):
        if word != text and re.fullmatch(r"\d{1,4}", word):
            found.append(f"\0{where}\0{int(word) - page}")
    numbers = islice(_NUMBER.finditer(text), _MAX_NUMBERS)
    return found + [f"{text[: each.start()]}\0{int(each[0]) - page}\0{text[each.end() :]}" for each in numbers]


def _furniture_rows(rows: list[_Row], repeated: list[bool], page: int, pages: int) -> int:
    """Return how many rows from the edge inwards are furniture."""
    for count in range(min(_EDGE_ROWS, len(rows)), 0, -1):
        inner = rows[count] if count < len(rows) else None
        if not all(repeated[:count]) or not _is_set_off(rows[count - 1], inner):
            continue
        if inner or sum(len(row.text.split()) for row in rows) <= _MAX_ALONE:
            return count
    return int(bool(rows) and _is_furniture_by_itself(rows[0], rows[1] if len(rows) > 1 else None, page, pages))


def _is_set_off(row: _Row, inner: _Row | None) -> bool:
    if inner is None:
        return True
    size = max(row.size, inner.size)
    return (
        inner.height - row.height > max(_SET_OFF * size, _SET_OFF_ROWS * row.pitch)
        or abs(row.size - inner.size) > 0.05 * size
    )


def _is_furniture_by_itself(row: _Row, inner: _Row | None, page: int, pages: int) -> bool:
    """Whether a row is this page's number, or a browser's header or footer."""
    if row.distance < _OUTER_MARGIN:
        if _BROWSER_HEADER.match(row.text):
            return True
        footer = _BROWSER_FOOTER.fullmatch(row.text)
        if footer and (int(footer[1]), int(footer[2])) == (page + 1, pages):
            return True
    number = _PAGE_NUMBER.fullmatch(row.text)
    if number is None or not _is_set_off(row, inner):
        return False
    gap = inner.height - row.height if inner else row.height
    if row.distance > _MARGIN and (row.distance > _WIDE_MARGIN or gap < 2 * _SET_OFF * row.size):
        return False
    return number["number"] == str(page + 1) and number["last"] in {None, str(pages)}
