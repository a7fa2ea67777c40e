"""Pieces of lines from a page's glyphs: what stands close together on one baseline, as text in logical order."""

from __future__ import annotations

import re
import statistics
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.convert.visual_order import has_right_to_left, is_right_to_left, logical_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.convert.pdf_glyphs import Glyph

_GUTTER: Final = 0.9
"""Distance, in ems, from which two pieces of a line can belong to different columns. Chromium's columns are 1 em apart
unless the page says otherwise; the space between words of justified text is smaller."""
_WORD_GAP: Final = 0.15
"""Distance, in ems, above the usual one between a line's letters from which there is a space. The narrowest spaces of
justified text in TeX's fonts are 0.22; kerning moves letters by 0.1 at most."""
_CJK_GAP: Final = 0.4
"""The same beside Chinese and Japanese characters, which typesetters set apart from Latin ones by a quarter em."""
_OVERLAP: Final = 0.5
"""Share of a glyph's height by which it must overlap a line to stand on it, as a superscript does."""
_ASCENT: Final = 0.8  # of the size, above the baseline; the rest is below it

_CJK: Final = re.compile("[\u2e80-\u30ff\u3100-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
_PRESENTATION: Final = re.compile("[\u0132\u0133\u01c4-\u01cc\ufb00-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\u2f00-\u2fdf]")
_LAM_ALEF: Final = re.compile("([\u0627\u0622\u0623\u0625])\u0644$")
_BULLETS: Final = str.maketrans({"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▸", "\uf0fc": "✓", "\u00a0": " ", "\x02": "-"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line: its text, its box (points, up is positive) and its place in the content stream."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    order: int

    @property
    def top(self) -> float:
        return self.baseline + _ASCENT * self.size

    @property
    def bottom(self) -> float:
        return self.baseline - (1 - _ASCENT) * self.size

    def is_beside(self, other: Piece) -> bool:
        """Whether both stand on one line."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > _OVERLAP * min(self.size, other.size)


class _Run:
    """Glyphs that follow each other in the content stream and stand on one line without a wide gap."""

    def __init__(self, glyph: Glyph, order: int) -> None:
        self.glyphs = [glyph]
        self.order = order
        self.left, self.right = glyph.left, glyph.right
        self.baseline, self.size = glyph.baseline, glyph.size

    def takes(self, glyph: Glyph) -> bool:
        """Whether a glyph continues the run, on either side of it: right-to-left text may come in either order."""
        size = max(self.size, glyph.size)
        if max(glyph.left - self.right, self.left - glyph.right) > _GUTTER * size:
            return False
        return _share_line(self.baseline, self.size, glyph.baseline, glyph.size)

    def add(self, glyph: Glyph) -> None:
        self.glyphs.append(glyph)
        self.left, self.right = min(self.left, glyph.left), max(self.right, glyph.right)
        if glyph.size > self.size and glyph.text.strip():
            self.baseline, self.size = glyph.baseline, glyph.size


def pieces(glyphs: Iterable[Glyph]) -> list[Piece]:
    """Return the pieces of lines that glyphs form, in the order of the content stream. Empty ones are left out."""
    found = []
    for runs in _beside_each_other(_runs(glyphs)):
        text = _text(runs)
        if text:
            largest = max(runs, key=lambda run: run.size)
            left, right = min(run.left for run in runs), max(run.right for run in runs)
            order = min(run.order for run in runs)
            found.append(Piece(text, left, right, largest.baseline, largest.size, order))
    return sorted(found, key=lambda piece: piece.order)


def is_cjk(char: str) -> bool:
    """Whether a character is Chinese or Japanese, which are written without spaces."""
    return bool(_CJK.match(char))


def _runs(glyphs: Iterable[Glyph]) -> list[_Run]:
    found: list[_Run] = []
    for order, glyph in enumerate(glyphs):
        if found and found[-1].takes(glyph):
            found[-1].add(glyph)
        else:
            found.append(_Run(glyph, order))
    return [run for run in found if any(glyph.text.strip() for glyph in run.glyphs)]


def _beside_each_other(runs: list[_Run]) -> Iterable[list[_Run]]:
    """Yield groups of runs that stand on one line without a wide gap, each from left to right."""
    row: list[_Run] = []
    for run in sorted(runs, key=lambda run: -(run.baseline + run.size * (_ASCENT - 0.5))):
        if row and not _share_line(row[0].baseline, row[0].size, run.baseline, run.size):
            yield from _split(row)
            row = []
        row.append(run)
    yield from _split(row)


def _split(row: list[_Run]) -> Iterable[list[_Run]]:
    group: list[_Run] = []
    right = 0.0
    for run in sorted(row, key=lambda run: run.left):
        if group and run.left - right > _GUTTER * max(run.size, group[-1].size):
            yield group
            group = []
        right = max(right, run.right) if group else run.right
        group.append(run)
    if group:
        yield group


def _share_line(baseline: float, size: float, other: float, other_size: float) -> bool:
    top = min(baseline + _ASCENT * size, other + _ASCENT * other_size)
    bottom = max(baseline - (1 - _ASCENT) * size, other - (1 - _ASCENT) * other_size)
    return top - bottom > _OVERLAP * min(size, other_size)


def _text(runs: Sequence[_Run]) -> str:
    glyphs = [glyph for run in runs for glyph in _left_to_right(run.glyphs)]
    clusters = _clusters(glyphs)
    plain = "".join(clusters)
    if has_right_to_left(plain):
        clusters = _clusters(_marks_on_letters(sorted(glyphs, key=lambda glyph: glyph.left + glyph.right)))
        plain = "".join(logical_order(clusters, right_to_left=is_right_to_left(plain)))
    return " ".join(plain.split())


def _left_to_right(glyphs: list[Glyph]) -> list[Glyph]:
    """Return glyphs from left to right. Where the content stream goes that way, its order stays.

    It knows better where a mark belongs, or a vowel that stands left of the consonant after which it is read.
    """
    for before, after in zip(glyphs, glyphs[1:], strict=False):
        if after.left < before.left - before.size:
            return sorted(glyphs, key=lambda glyph: glyph.left)
    return glyphs


def _marks_on_letters(glyphs: list[Glyph]) -> list[Glyph]:
    """Put each mark after the letter that it stands on, which from left to right may come later."""
    found = [glyph for glyph in glyphs if not _is_mark(glyph)]
    for mark in (glyph for glyph in glyphs if _is_mark(glyph)):
        middle = (mark.left + mark.right) / 2
        near = min(
            range(len(found)), key=lambda index: abs((found[index].left + found[index].right) / 2 - middle), default=-1
        )
        if near >= 0:
            letter = found[near]
            found[near] = type(letter)(
                letter.text + mark.text, letter.left, letter.right, letter.baseline, letter.size
            )
    return found


def _is_mark(glyph: Glyph) -> bool:
    return bool(glyph.text) and all(unicodedata.combining(char) for char in glyph.text)


def _clusters(glyphs: list[Glyph]) -> list[str]:
    """Return the text of glyphs that stand from left to right, with a space for each gap between words."""
    gaps = [after.left - before.right for before, after in zip(glyphs, glyphs[1:], strict=False)]
    usual = max(0.0, statistics.median(gaps)) if len(gaps) > 3 else 0.0  # noqa: PLR2004 - of fewer there is no usual one
    found: list[str] = []
    for index, glyph in enumerate(glyphs):
        if index and _is_word_gap(gaps[index - 1] - usual, glyphs[index - 1], glyph):
            found.append(" ")
        found.append(_letters(glyph.text))
    return found


def _is_word_gap(gap: float, before: Glyph, after: Glyph) -> bool:
    size = max(before.size, after.size)
    if gap < _WORD_GAP * size:
        return False
    beside_cjk = is_cjk(before.text[-1:]) or is_cjk(after.text[:1])
    return gap > (_CJK_GAP if beside_cjk else _WORD_GAP) * size


def _letters(text: str) -> str:
    """Return a glyph's text with ligatures and other presentation forms as the letters they stand for."""
    if text.isascii():
        return text.translate(_BULLETS)
    text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).translate(_BULLETS)
    text = _LAM_ALEF.sub("\u0644\\1", text)
    if len(text) > 1 and unicodedata.combining(text[0]):
        text = "".join(sorted(text, key=lambda char: unicodedata.combining(char) != 0))
    return text
