"""The text of a line's glyphs: letters for ligatures, accents and marks on their letters, spaces, logical order."""

from __future__ import annotations

import re
import statistics
import unicodedata
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_glyphs import HYPHEN, UNMAPPED
from pipelines.convert.visual_order import has_right_to_left, is_right_to_left, logical_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.convert.pdf_glyphs import Glyph

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
_MIN_GAPS: Final = 4
"""Gaps between letters from which one is the usual one."""
_CJK_GAP: Final = 0.4
"""The same beside Chinese and Japanese characters, which typesetters set apart from Latin ones by a quarter em."""
_CJK_ONLY_GAP: Final = 1.0
"""The same between two of them: punctuation may stand at any side of its square."""

_CJK: Final = re.compile(
    "[\u2e80-\u30ff\u3100-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]"
)
_SHAPED: Final = re.compile("[\u0900-\u109f\u1780-\u17ff]")
"""Scripts of India and South East Asia."""
_PRESENTATION: Final = re.compile(
    "[\u0132\u0133\u01c4-\u01cc\ufb00-\ufdcf\ufdf0-\ufdff\ufe10-\ufe19\ufe30-\ufe4f\ufe70-\ufefc\u2f00-\u2fdf]"
)
_LAM_ALEF: Final = re.compile("([\u0627\u0622\u0623\u0625])\u0644$")
_PLAIN: Final = str.maketrans(
    {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▸", "\uf0fc": "✓", "\x88": "•", "\u00a0": " ", HYPHEN: "-"}
    | {"\x0b": "ff", "\x0c": "fi", "\x0d": UNMAPPED, "\x0e": "ffi", "\x0f": "ffl"}
    | {"\x1b": "ff", "\x1c": "fi", "\x1d": "fl", "\x1e": "ffi", "\x1f": "ffl"}
)
"""Bullets of symbol fonts, and the ligatures of TeX's encodings OT1 and T1 in fonts that don't name their letters."""
_ACCENTS: Final = dict(zip("¨´`ˆ˜¸ˇ˚˙˘", "\u0308\u0301\u0300\u0302\u0303\u0327\u030c\u030a\u0307\u0306", strict=True))  # noqa: RUF001


def is_cjk(char: str) -> bool:
    """Whether a character is Chinese or Japanese, which are written without spaces."""
    return bool(_CJK.match(char))


def line_text(glyphs: Sequence[Glyph], letter_gap: float, *, right_to_left: bool) -> str:
    """Return the text of glyphs that stand on one line, given from left to right as far as their runs go.

    `letter_gap` is the distance of letters that is usual on the line, should the glyphs be too few to tell;
    `right_to_left` the direction of the text around.
    """
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


def usual_gap(glyphs: Sequence[Glyph]) -> float | None:
    """Return the usual distance of letters; None of too few."""
    return _usual(glyphs, _gaps(glyphs))


def _usual(glyphs: Sequence[Glyph], gaps: list[float]) -> float | None:
    """Return the usual one of the gaps. Those of leaders, as tables of contents have them, are not between letters."""
    between = [
        gap for (before, after), gap in zip(pairwise(glyphs), gaps, strict=True) if before.text + after.text != ".."
    ]
    return max(0.0, statistics.median(between)) if len(between) >= _MIN_GAPS else None


def _gaps(glyphs: Sequence[Glyph]) -> list[float]:
    """Return the distance of each glyph but the first from the three before it, of which the last may be a mark."""
    found = []
    first = second = third = float("-inf")
    for glyph in glyphs:
        found.append(glyph.left - max(first, second, third))
        first, second, third = second, third, glyph.right
    return found[1:]


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


def _with_accents(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Put accents on the letters over which they are drawn, as TeX does it."""
    found: list[Glyph] = []
    for glyph in glyphs:
        before = found[-1] if found else None
        if len(glyph.text) == 2 and glyph.text[0] in _ACCENTS:  # noqa: PLR2004 - drawn at the same place
            found.append(replace(glyph, text=_accented(glyph.text[1], glyph.text[0])))
        elif before and before.text in _ACCENTS and _stands_on(before, glyph):
            found[-1] = replace(glyph, text=_accented(glyph.text, before.text))
        elif before and glyph.text in _ACCENTS and _stands_on(glyph, before):
            found[-1] = replace(before, text=_accented(before.text, glyph.text))
        else:
            found.append(glyph)
    return found


def _stands_on(accent: Glyph, letter: Glyph) -> bool:
    return letter.text.isalpha() and letter.left < (accent.left + accent.right) / 2 < letter.right


def _accented(letter: str, accent: str) -> str:
    if not letter.isalpha():
        return accent + letter
    return unicodedata.normalize("NFC", {"ı": "i", "ȷ": "j"}.get(letter, letter) + _ACCENTS[accent])  # noqa: RUF001


def _is_mark(glyph: Glyph) -> bool:
    return bool(glyph.text) and all(unicodedata.combining(char) for char in glyph.text)


def _clusters(glyphs: Sequence[Glyph], word_gap: float, letter_gap: float) -> list[str]:
    """Return the text of glyphs that stand from left to right, with a space for each gap of `word_gap` ems and more.

    `letter_gap` is the distance of letters that is usual on the line, should the glyphs be too few to tell.
    """
    gaps = _gaps(glyphs)
    usual = _usual(glyphs, gaps)
    if usual is None:
        usual = letter_gap
    found: list[str] = []
    for index, glyph in enumerate(glyphs):
        if index:
            before = glyphs[index - 1]
            if gaps[index - 1] - usual > _least_gap(before.text[-1:], glyph.text[:1], word_gap) * max(
                before.size, glyph.size
            ):
                found.append(" ")
        found.append(_letters(glyph.text))
    return found


def _least_gap(before: str, after: str, word_gap: float) -> float:
    """Return the distance, in ems, from which there is a space between two characters."""
    cjk = is_cjk(before) + is_cjk(after)
    return (word_gap, max(word_gap, _CJK_GAP), _CJK_ONLY_GAP)[cjk]


def _letters(text: str) -> str:
    """Return a glyph's text with ligatures and other presentation forms as the letters they stand for."""
    if text.isascii():
        return text.translate(_PLAIN)
    text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).translate(_PLAIN)
    text = _LAM_ALEF.sub("\u0644\\1", text)
    if len(text) > 1 and unicodedata.combining(text[0]):
        text = "".join(sorted(text, key=lambda char: unicodedata.combining(char) != 0))
    return text
