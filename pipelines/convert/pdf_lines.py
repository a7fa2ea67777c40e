"""Pieces of lines from a page's glyphs: what stands close together on one baseline, as text in logical order."""

from __future__ import annotations

import re
import statistics
import unicodedata
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_glyphs import HYPHEN, UNMAPPED, Glyph
from pipelines.convert.visual_order import has_right_to_left, is_right_to_left, logical_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_GUTTER: Final = 0.7
"""Distance, in ems, from which two pieces of a line can belong to different columns. Pieces of one column join again."""
_ADJACENT: Final = 0.35
"""Distance, in ems, up to which runs form one piece though their baselines or sizes differ."""
_WITHIN_WORD: Final = 0.12
"""The same for runs that do not follow each other in the content stream: they may be of two narrow columns."""
_WORD_GAP: Final = 0.12
"""Distance, in ems, above the usual one between a line's letters from which there is a space. The narrowest spaces of
justified text in TeX's fonts are 0.22, of which an f may cover 0.05; kerning moves letters apart by less than 0.1."""
_WORD_GAP_BESIDE_SPACES: Final = 0.22
"""The same where the line has characters for its spaces."""
_SHAPED_WORD_GAP: Final = 0.2
"""The same in scripts whose letters are shaped: of these, PDFium often knows the outline alone, not the width."""
_RTL_WORD_GAP: Final = 0.3
"""The same in right-to-left scripts, whose letters are set apart wider."""
_MIN_SPACES: Final = 1 / 16
"""Share of the glyphs from which a line has characters for its spaces."""
_DROP_CAP: Final = 1.8
"""Size of a large initial, as a multiple of the size of the text beside it."""
_MIN_GAPS: Final = 4
"""Gaps between letters from which one is the usual one."""
_NEAR: Final = 3
"""Glyphs left of a gap that may reach to it."""
_MAX_INITIALS: Final = 100  # of a page
_RECENT: Final = 16
"""Glyphs among which one is looked for that has been read already."""
_CJK_GAP: Final = 0.4
"""The same beside Chinese and Japanese characters, which typesetters set apart from Latin ones by a quarter em."""
_OVERLAP: Final = 0.5
"""Share of a glyph's height by which it must overlap a line to stand on it, as a superscript does."""
_ASCENT: Final = 0.8  # of the size, above the baseline; the rest is below it

_CJK: Final = re.compile("[\u2e80-\u30ff\u3100-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
_SHAPED: Final = re.compile("[\u0900-\u109f\u1780-\u17ff]")
"""Scripts of India and South East Asia."""
_PRESENTATION: Final = re.compile("[\u0132\u0133\u01c4-\u01cc\ufb00-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\u2f00-\u2fdf]")
_LAM_ALEF: Final = re.compile("([\u0627\u0622\u0623\u0625])\u0644$")
_PLAIN: Final = str.maketrans(
    {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▸", "\uf0fc": "✓", "\x88": "•", "\u00a0": " ", HYPHEN: "-"}
    | {"\x0b": "ff", "\x0c": "fi", "\x0d": UNMAPPED, "\x0e": "ffi", "\x0f": "ffl"}
    | {"\x1b": "ff", "\x1c": "fi", "\x1d": "fl", "\x1e": "ffi", "\x1f": "ffl"}
)
"""Bullets of symbol fonts, and the ligatures of TeX's encodings OT1 and T1 in fonts that don't name their letters."""
_ACCENTS: Final = dict(zip("¨´`ˆ˜¸ˇ˚˙˘", "\u0308\u0301\u0300\u0302\u0303\u0327\u030c\u030a\u0307\u0306", strict=True))


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
        self.reach = glyph.left, glyph.right
        """Left and right edge with the spaces, of which some programs put one at each line's end."""
        self.baseline, self.size = glyph.baseline, glyph.size

    def takes(self, glyph: Glyph) -> bool:
        """Whether a glyph continues the run, on either side of it: right-to-left text may come in either order."""
        size = max(self.size, glyph.size)
        if max(glyph.left - self.reach[1], self.reach[0] - glyph.right) > _GUTTER * size:
            return False
        return _share_line(self.baseline, self.size, glyph.baseline, glyph.size)

    def is_initial_of(self, line: _Run) -> bool:
        """Whether the run is a large initial that stands before a line and reaches below it."""
        first, size = self.glyphs[0], line.size
        if first.size < _DROP_CAP * size or abs(line.left - first.right) > size:
            return False
        return first.baseline <= line.baseline < first.baseline + first.size

    def is_next_to(self, other: _Run) -> bool:
        """Whether one of the runs follows the other in the content stream, spaces aside."""
        first, second = (self, other) if self.order < other.order else (other, self)
        return second.order - first.order - len(first.glyphs) <= _MIN_GAPS

    def begin_with(self, initial: Glyph) -> None:
        """Put a large initial before the run as if it were of the run's size."""
        self.glyphs.insert(0, replace(initial, right=self.left, baseline=self.baseline, size=self.size))
        self.left = initial.left

    def add(self, glyph: Glyph) -> None:
        self.glyphs.append(glyph)
        self.reach = min(self.reach[0], glyph.left), max(self.reach[1], glyph.right)
        if not glyph.text.strip():
            return
        self.left, self.right = min(self.left, glyph.left), max(self.right, glyph.right)
        if glyph.size > self.size:
            self.baseline, self.size = glyph.baseline, glyph.size


@dataclass(frozen=True, slots=True)
class _Row:
    """What is known of all that stands on one height of a page: the usual gap between letters, and a direction."""

    letter_gap: float
    has_right_to_left: bool


def pieces(glyphs: Sequence[Glyph]) -> list[Piece]:
    """Return the pieces of lines that glyphs form, in the order of the content stream. Empty ones are left out."""
    right_to_left = is_right_to_left("".join(glyph.text for glyph in glyphs))
    found = []
    for runs, row in _beside_each_other(_runs(_read_once(glyphs))):
        text = _text(runs, row.letter_gap, right_to_left=right_to_left and row.has_right_to_left)
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
    return _with_initials([run for run in found if any(glyph.text.strip() for glyph in run.glyphs)])


def _with_initials(runs: list[_Run]) -> list[_Run]:
    """Join each large initial with the uppermost line beside it. It may have been drawn long before."""
    initials = [run for run in runs if len(run.glyphs) == 1 and run.glyphs[0].text.isalpha()][:_MAX_INITIALS]
    joined: set[int] = set()
    for initial in initials:
        beside = [run for run in runs if initial.is_initial_of(run)]
        if beside:
            max(beside, key=lambda run: run.baseline).begin_with(initial.glyphs[0])
            joined.add(id(initial))
    return [run for run in runs if id(run) not in joined]


def _beside_each_other(runs: list[_Run]) -> Iterator[tuple[list[_Run], _Row]]:
    """Yield groups of runs that stand on one line without a wide gap, from left to right, and what is known of it."""
    row: list[_Run] = []
    for run in sorted(runs, key=lambda run: -(run.baseline + run.size * (_ASCENT - 0.5))):
        if row and not _share_line(row[0].baseline, row[0].size, run.baseline, run.size):
            yield from _split(row)
            row = []
        row.append(run)
    yield from _split(row)


def _split(row: list[_Run]) -> Iterator[tuple[list[_Run], _Row]]:
    usual = [_usual_gap(run.glyphs, _gaps(run.glyphs)) for run in row]
    known = _Row(
        max((gap for gap in usual if gap is not None), default=0.0),
        any(has_right_to_left(glyph.text) for run in row for glyph in run.glyphs),
    )
    group: list[_Run] = []
    right = 0.0
    for run in sorted(row, key=lambda run: run.left):
        gap = (run.left - right) / max(run.size, group[-1].size) if group else 0.0
        if group and abs(gap) > (_ADJACENT if run.is_next_to(group[-1]) else _WITHIN_WORD):
            yield group, known
            group = []
        right = max(right, run.right) if group else run.right
        group.append(run)
    if group:
        yield group, known


def _usual_gap(glyphs: list[Glyph], gaps: list[float]) -> float | None:
    """Return the usual distance of letters, given each one's distance from the letter before; None of too few.

    Leaders, as tables of contents have them, are no letters.
    """
    between = [gap for before, after, gap in zip(glyphs, glyphs[1:], gaps, strict=False) if before.text + after.text != ".."]
    return max(0.0, statistics.median(between)) if len(between) >= _MIN_GAPS else None


def _gaps(glyphs: list[Glyph]) -> list[float]:
    """Return the distance of each glyph but the first from those left of it, which a mark may not be the last of."""
    found = []
    for index in range(1, len(glyphs)):
        right = max(glyph.right for glyph in glyphs[max(0, index - _NEAR) : index])
        found.append(glyphs[index].left - right)
    return found


def _share_line(baseline: float, size: float, other: float, other_size: float) -> bool:
    top = min(baseline + _ASCENT * size, other + _ASCENT * other_size)
    bottom = max(baseline - (1 - _ASCENT) * size, other - (1 - _ASCENT) * other_size)
    return top - bottom > _OVERLAP * min(size, other_size)


def _read_once(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """Yield glyphs, but those that repeat the text of another.

    PDFium gives the replacement text of several letters and marks once for each text object that draws some of them.
    """
    recent: deque[Glyph] = deque(maxlen=_RECENT)
    for glyph in glyphs:
        if len(glyph.text) > 1 and any(_is_repeated(glyph, other) for other in recent):
            continue
        recent.append(glyph)
        yield glyph


def _is_repeated(glyph: Glyph, other: Glyph) -> bool:
    if glyph.text != other.text:
        return False
    shared = min(glyph.right, other.right) - max(glyph.left, other.left)
    return shared > 0.5 * (glyph.right - glyph.left) and abs(glyph.baseline - other.baseline) < glyph.size


def _text(runs: Sequence[_Run], letter_gap: float, *, right_to_left: bool) -> str:
    glyphs = [glyph for run in runs for glyph in _left_to_right(run.glyphs)]
    glyphs = _with_accents(glyphs)
    plain = "".join(glyph.text for glyph in glyphs)
    if not right_to_left and not has_right_to_left(plain):
        clusters = _clusters(glyphs, _word_gap(plain), letter_gap)
        return " ".join("".join(clusters).split())
    glyphs = _marks_on_letters(sorted(glyphs, key=lambda glyph: glyph.left + glyph.right))
    clusters = _clusters(glyphs, _RTL_WORD_GAP, letter_gap)
    right_to_left = right_to_left or is_right_to_left("".join(clusters))
    return " ".join("".join(logical_order(clusters, right_to_left=right_to_left)).split())


def _word_gap(text: str) -> float:
    if _SHAPED.search(text):
        return _SHAPED_WORD_GAP
    spaces = sum(map(str.isspace, text.strip()))
    return _WORD_GAP_BESIDE_SPACES if spaces > _MIN_SPACES * len(text) else _WORD_GAP


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
    if not found or len(found) == len(glyphs):
        return found
    middles = [glyph.left + glyph.right for glyph in found]
    for mark in (glyph for glyph in glyphs if _is_mark(glyph)):
        middle = mark.left + mark.right
        after = min(bisect_left(middles, middle), len(found) - 1)
        near = after - 1 if after and middle - middles[after - 1] < middles[after] - middle else after
        found[near] = replace(found[near], text=found[near].text + mark.text)
    return found


def _with_accents(glyphs: list[Glyph]) -> list[Glyph]:
    """Put accents on the letters over which they are drawn, as TeX does it, before the letter."""
    found: list[Glyph] = []
    for glyph in glyphs:
        accent = found[-1] if found else glyph
        if len(glyph.text) == 2 and glyph.text[0] in _ACCENTS:  # noqa: PLR2004 - drawn at the same place
            found.append(replace(glyph, text=_accented(glyph.text[1], glyph.text[0])))
        elif accent.text in _ACCENTS and glyph.left < (accent.left + accent.right) / 2 < glyph.right:
            found[-1] = replace(glyph, text=_accented(glyph.text, accent.text))
        else:
            found.append(glyph)
    return found


def _accented(letter: str, accent: str) -> str:
    if not letter.isalpha():
        return accent + letter
    return unicodedata.normalize("NFC", {"ı": "i", "ȷ": "j"}.get(letter, letter) + _ACCENTS[accent])


def _is_mark(glyph: Glyph) -> bool:
    return bool(glyph.text) and all(unicodedata.combining(char) for char in glyph.text)


def _clusters(glyphs: list[Glyph], word_gap: float, letter_gap: float) -> list[str]:
    """Return the text of glyphs that stand from left to right, with a space for each gap of `word_gap` ems and more.

    `letter_gap` is the distance of letters that is usual on the line, should the glyphs be too few to tell.
    """
    gaps = _gaps(glyphs)
    usual = _usual_gap(glyphs, gaps)
    if usual is None:
        usual = letter_gap
    found: list[str] = []
    for index, glyph in enumerate(glyphs):
        if index:
            before = glyphs[index - 1]
            beside_cjk = is_cjk(before.text[-1:]) or is_cjk(glyph.text[:1])
            least = max(word_gap, _CJK_GAP) if beside_cjk else word_gap
            if gaps[index - 1] - usual > least * max(before.size, glyph.size):
                found.append(" ")
        found.append(_letters(glyph.text))
    return found


def _letters(text: str) -> str:
    """Return a glyph's text with ligatures and other presentation forms as the letters they stand for."""
    if text.isascii():
        return text.translate(_PLAIN)
    text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).translate(_PLAIN)
    text = _LAM_ALEF.sub("\u0644\\1", text)
    if len(text) > 1 and unicodedata.combining(text[0]):
        text = "".join(sorted(text, key=lambda char: unicodedata.combining(char) != 0))
    return text
