"""Reading order of a page's pieces: that of the content stream where it can be right, else that of rows and columns.

Most programs write a page's text in the order in which it is read, which no geometry knows better where there are
tables, notes and boxes. A content stream that goes back up or back left, or that jumps across the gutter line by
line, was written in another order; such a page is cut into regions, columns and rows instead.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipelines.convert.pdf_lines import Piece

_BUCKETS: Final = 128
"""Strips of a page, in each direction, for which it is known what has been written there."""
_MIN_GUTTER: Final = 0.65  # ems between columns
_MIN_COLUMN: Final = 8  # ems: narrower columns are a table's or a list's
_MIN_ROWS: Final = 3
_MIN_FILL: Final = 0.6  # mean share of the column's width that lines of prose fill
_MIN_FLOW: Final = 0.3  # share of line ends within a sentence
_MAX_PIECES: Final = 5_000  # of a page that is cut; the fullest pages measured have 300
_MAX_DEPTH: Final = 8
_SENTENCE_ENDS: Final = (".", "!", "?", ":", ";", "。")


def reading_order(pieces: Sequence[Piece], *, right_to_left: bool) -> list[Piece]:
    """Return pieces, given in the order of the content stream, in the order in which they are read."""
    if len(pieces) > _MAX_PIECES:
        return list(pieces)
    mirrored = [replace(piece, left=-piece.right, right=-piece.left) for piece in pieces] if right_to_left else pieces
    found = _ordered(mirrored)
    if not right_to_left:
        return found
    return [replace(piece, left=-piece.right, right=-piece.left) for piece in found]


def rows_of(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return the lines that pieces stand on, from top to bottom, each from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -(piece.top + piece.bottom)):
        if rows and rows[-1][0].is_beside(piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _ordered(pieces: Sequence[Piece]) -> list[Piece]:
    if not (_goes_back_up(pieces) or _goes_back_left(pieces) or _is_interleaved(pieces)):
        return list(pieces)
    return _cut(rows_of(pieces), 0)


def _goes_back_up(pieces: Sequence[Piece]) -> bool:
    """Whether a piece stands above one that was written before it."""
    strips = _strips([(piece.left, piece.right) for piece in pieces])
    lowest: dict[int, float] = {}
    for piece in pieces:
        margin = min(0.5 * piece.size, 0.25 * (piece.right - piece.left))
        covered = strips(piece.left + margin, piece.right - margin)
        if any(lowest.get(strip, piece.bottom) < piece.bottom for strip in covered):
            return True
        top = piece.top + 0.2 * piece.size
        lowest.update({strip: min(top, lowest.get(strip, top)) for strip in covered})
    return False


def _goes_back_left(pieces: Sequence[Piece]) -> bool:
    """Whether a piece stands left of one that was written before it."""
    strips = _strips([(piece.bottom, piece.top) for piece in pieces])
    rightmost: dict[int, float] = {}
    for piece in pieces:
        covered = strips(piece.baseline, piece.baseline + 0.5 * piece.size)
        if any(rightmost.get(strip, piece.right) > piece.right + 0.2 * piece.size for strip in covered):
            return True
        rightmost.update({strip: max(piece.left, rightmost.get(strip, piece.left)) for strip in covered})
    return False


def _strips(extents: list[tuple[float, float]]) -> Callable[[float, float], range]:
    low = min((extent[0] for extent in extents), default=0.0)
    width = (max((extent[1] for extent in extents), default=0.0) - low) / _BUCKETS or 1.0

    def covered(start: float, end: float) -> range:
        return range(int((start - low) / width), int((end - low) / width) + 1)

    return covered


def _is_interleaved(pieces: Sequence[Piece]) -> bool:
    """Whether the content stream jumps from column to column of running text at each line."""
    for region in _regions(rows_of(pieces)):
        gutter = _gutter(region)
        if gutter is None or not _are_columns(region, gutter):
            continue
        written = sorted((piece for row in region for piece in row), key=lambda piece: piece.order)
        sides = [piece.left >= gutter for piece in written]
        jumps = sum(before != after for before, after in pairwise(sides))
        both = sum(row[0].left < gutter <= row[-1].left for row in region)
        if jumps > 1.2 * both:
            return True
    return False


def _cut(rows: list[list[Piece]], depth: int) -> list[Piece]:
    found: list[Piece] = []
    for region in _regions(rows):
        gutter = _gutter(region) if depth < _MAX_DEPTH else None
        if gutter is None or not _are_columns(region, gutter):
            found += [piece for row in region for piece in row]
            continue
        for column in _sides(region, gutter):
            found += _cut(column, depth + 1)
    return found


def _sides(region: list[list[Piece]], gutter: float) -> tuple[list[list[Piece]], list[list[Piece]]]:
    left = [[piece for piece in row if piece.left < gutter] for row in region]
    right = [[piece for piece in row if piece.left >= gutter] for row in region]
    return [row for row in left if row], [row for row in right if row]


def _regions(rows: list[list[Piece]]) -> Iterable[list[list[Piece]]]:
    """Yield the rows in groups: those that a gutter runs through, and those between them."""
    group: list[list[Piece]] = []
    gaps: list[tuple[float, float]] = []
    for row in rows:
        own = _gaps(row)
        shared = _shared(gaps, own, row) if group else own
        if group and not _inner(shared, [*group, row]) and (_inner(gaps, group) or len(row) > 1):
            yield group
            group, shared = [], own
        group.append(row)
        gaps = shared
    if group:
        yield group


def _gaps(row: list[Piece]) -> list[tuple[float, float]]:
    """Return the free intervals of a row, the two ends of the page included."""
    found, right = [], float("-inf")
    for piece in row:
        if piece.left > right:
            found.append((right, piece.left))
        right = max(right, piece.right)
    return [*found, (right, float("inf"))]


def _shared(
    gaps: list[tuple[float, float]], own: list[tuple[float, float]], row: list[Piece]
) -> list[tuple[float, float]]:
    """Return the intervals that are free in both, if wide enough for a gutter."""
    least = _MIN_GUTTER * min(piece.size for piece in row)
    found, i, j = [], 0, 0
    while i < len(gaps) and j < len(own):
        low, high = max(gaps[i][0], own[j][0]), min(gaps[i][1], own[j][1])
        if high - low >= least:
            found.append((low, high))
        if gaps[i][1] < own[j][1]:
            i += 1
        else:
            j += 1
    return found


def _inner(gaps: list[tuple[float, float]], rows: list[list[Piece]]) -> list[tuple[float, float]]:
    """Return the gaps that have text on both sides."""
    left = min(row[0].left for row in rows)
    right = max(piece.right for row in rows for piece in row)
    return [gap for gap in gaps if gap[0] > left and gap[1] < right]


def _gutter(region: list[list[Piece]]) -> float | None:
    """Return where the widest gutter of a region ends, or None without one."""
    gaps = _gaps(region[0])
    for row in region[1:]:
        gaps = _shared(gaps, _gaps(row), row)
    inner = _inner(gaps, region)
    return max(inner, key=lambda gap: gap[1] - gap[0])[1] if inner else None


def _are_columns(region: list[list[Piece]], gutter: float) -> bool:
    """Whether both sides of a gutter are running text, and not the cells of a table."""
    return all(_is_prose(side) for side in _sides(region, gutter))


def _is_prose(rows: list[list[Piece]]) -> bool:
    if len(rows) < _MIN_ROWS:
        return False
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    size = max(row[0].size for row in rows)
    if right - left < _MIN_COLUMN * size:
        return False
    widths = [row[-1].right - row[0].left for row in rows]
    if sum(widths) < _MIN_FILL * len(rows) * (right - left):
        return False
    ends = [
        not before[-1].text.endswith(_SENTENCE_ENDS) and not after[0].text[:1].isupper()
        for before, after in pairwise(rows)
    ]
    return sum(ends) >= _MIN_FLOW * len(ends)
