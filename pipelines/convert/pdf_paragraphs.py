"""Paragraphs from the lines of a document: where one ends, and how its lines join."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_letters import is_cjk
from pipelines.convert.pdf_words import Words, is_spaceless
from pipelines.convert.visual_order import is_right_to_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipelines.convert.pdf_lines import Piece

_SAME_SIZE: Final = 0.08
"""Share by which the sizes of a paragraph's lines may differ."""
_LEADING: Final = 1.2
"""Distance of two baselines, as a multiple of the document's usual one, from which there is a gap between them."""
_MAX_LEADING: Final = 2.0
"""Ems between the baselines of text with double spacing; what is wider is never the usual distance."""
_ROOM: Final = 0.5
"""Ems of room that must be left after the next line's first word, had it stood at the end of a line."""
_INDENT: Final = 0.8  # ems
_CJK_SPACE: Final = 1.1  # ems from which Chinese and Japanese text has a gap
_SYLLABLE: Final = 1.1  # ems of a Korean syllable and the space between two
_MIN_KOREAN_LINES: Final = 3
_SPACELESS_WORD: Final = 6.0  # ems that no word of a script without spaces exceeds

_SENTENCE_ENDS: Final = (".", "!", "?", ":", ";", "。", "！", "？", "：", "；", "؟", "؛", "।", "”", '"')  # noqa: RUF001
_MARKER: Final = re.compile(r"(?:[•▪●◦■□▸►‣∙·➢✓○–—*]|-)\s+\S|[•▪●◦■▸►‣➢✓]\S")  # noqa: RUF001
_NUMBERED: Final = re.compile(r"(?:\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]|\d{1,2}(?:\.\d{1,2})+\.?|§+\s?\d+)\s+\S")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column, with the page it stands on. Its box is in points, up is positive."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    page: int

    def overlaps(self, other: Line) -> bool:
        """Whether both lines stand above one another."""
        return min(self.right, other.right) > max(self.left, other.left)


def lines_of(pieces: Iterable[Piece], page: int) -> list[Line]:
    """Return the lines that pieces form in reading order: those beside each other become one."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and groups[-1][-1].is_beside(piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_line(group, page) for group in groups]


def _line(group: list[Piece], page: int) -> Line:
    largest = max(group, key=lambda piece: piece.size)
    return Line(
        group[0].text + "".join(_space(before, after) + after.text for before, after in pairwise(group)),
        min(piece.left for piece in group),
        max(piece.right for piece in group),
        largest.baseline,
        largest.size,
        page,
    )


def _space(before: Piece, after: Piece) -> str:
    """Return what stands between two pieces of a line: nothing beside Chinese punctuation, which has space of its own."""
    gap = max(after.left - before.right, before.left - after.right)
    return "" if is_cjk(before.text[-1]) and is_cjk(after.text[0]) and gap < _CJK_SPACE * after.size else " "


def paragraphs(lines: Sequence[Line]) -> list[str]:
    """Return the text of the paragraphs that lines form. One that a page or a column breaks in a sentence is whole."""
    words = Words(line.text for line in lines)
    usual = _usual_leading(lines)
    found: list[list[str]] = []
    before: Line | None = None
    blocks = list(_blocks(lines, usual))
    anywhere = _korean_breaks_anywhere(blocks)
    for block in blocks:
        for number, paragraph in enumerate(_split(block)):
            texts = [line.text for line in paragraph]
            if number == 0 and before and _goes_on(before, paragraph[0]):
                found[-1] += texts
            else:
                found.append(texts)
        before = block[-1]
    return [words.mended(words.joined(texts, korean_breaks_anywhere=anywhere)) for texts in found]


def _usual_leading(lines: Sequence[Line]) -> float:
    """Return the most frequent distance of baselines in ems; the smaller one of equally frequent ones."""
    pitches = Counter(
        round((before.baseline - after.baseline) / after.size, 1)
        for before, after in pairwise(lines)
        if _is_below(before, after) and _have_one_size(before, after)
    )
    usual = max(pitches, key=lambda pitch: (pitches[pitch], -pitch), default=_MAX_LEADING)
    return min(usual, _MAX_LEADING)


def _is_below(before: Line, after: Line) -> bool:
    return before.page == after.page and after.baseline < before.baseline and before.overlaps(after)


def _have_one_size(before: Line, after: Line) -> bool:
    return abs(before.size - after.size) <= _SAME_SIZE * max(before.size, after.size)


def _blocks(lines: Sequence[Line], usual: float) -> Iterator[list[Line]]:
    """Yield the lines in groups without a gap, a change of size, column or page."""
    block: list[Line] = []
    for line in lines:
        if block and not _follows(block[-1], line, usual):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _follows(before: Line, after: Line, usual: float) -> bool:
    if not _is_below(before, after) or not _have_one_size(before, after):
        return False
    return (before.baseline - after.baseline) / after.size <= usual * _LEADING + 0.05


def _split(block: list[Line]) -> Iterator[list[Line]]:
    """Yield a block's paragraphs: a line begins one if it has a marker, an indent, or had room on the line before."""
    right_to_left = is_right_to_left("".join(line.text for line in block[:20]))
    left, right = min(line.left for line in block), max(line.right for line in block)
    paragraph: list[Line] = []
    for line in block:
        if paragraph and _begins(paragraph[-1], line, (left, right), right_to_left=right_to_left):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _begins(before: Line, line: Line, margins: tuple[float, float], *, right_to_left: bool) -> bool:
    left, right = margins
    ended = before.text.endswith(_SENTENCE_ENDS)
    had_room = _had_room(before, line, left if right_to_left else right, right_to_left=right_to_left)
    if _MARKER.match(line.text):
        return True
    if _NUMBERED.match(line.text):
        return ended or had_room or before.text.endswith(",")
    if had_room:
        return ended or not (line.text[0].islower() or _HANGUL.match(line.text[0]))
    indent = right - line.right if right_to_left else line.left - left
    return ended and indent > _INDENT * line.size and line.left != before.left


def _had_room(before: Line, line: Line, margin: float, *, right_to_left: bool) -> bool:
    """Whether the line's first word would have fitted on the line before it, so that something else ended that one."""
    word = line.text.partition(" ")[0]
    width = (line.right - line.left) * (len(word) + 1) / max(len(line.text), 1)
    if is_spaceless(word[0]):
        width = min(width, _SPACELESS_WORD * line.size)
    room = before.left - margin if right_to_left else margin - before.right
    return room > width + _ROOM * line.size


def _goes_on(before: Line, line: Line) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    if _is_below(before, line) or not _have_one_size(before, line) or before.text.endswith(_SENTENCE_ENDS):
        return False
    return line.text[0].islower() and not _MARKER.match(line.text)


def _korean_breaks_anywhere(blocks: Iterable[list[Line]]) -> bool:
    """Whether lines break within Korean words, as browsers do it: each is full to less than a syllable."""
    room = []
    for block in blocks:
        right = max(line.right for line in block)
        room += [(right - line.right) / line.size for line in block[:-1] if _HANGUL.match(line.text[-1])]
    return len(room) >= _MIN_KOREAN_LINES and max(room) < _SYLLABLE
