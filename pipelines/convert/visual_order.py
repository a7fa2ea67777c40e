"""Logical order of text that is known as it is seen, from left to right: the Unicode bidirectional algorithm backwards.

A PDF places glyphs; in which order it names them differs by the program that wrote it. Right-to-left text is therefore
put in order from the glyphs' places alone. See Unicode Standard Annex 9 for the classes and levels.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SCRIPTS: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_ADDRESS: Final = re.compile(r"(?<![a-z0-9._:-])[a-z0-9._:-]*+[@/][a-z0-9._@/-]*+", re.ASCII | re.IGNORECASE)
_RIGHT: Final = frozenset({"R", "AL"})
_NUMBER: Final = frozenset({"EN", "AN"})
_IN_NUMBERS: Final = frozenset({"CS", "ES", "ET"})
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "<": ">", "«": "»", "‹": "›"}  # noqa: RUF001
_MIRRORED: Final = _BRACKETS | {closing: opening for opening, closing in _BRACKETS.items()}


def has_right_to_left(text: str) -> bool:
    """Whether a text has a letter, a digit or a mark of a right-to-left script."""
    return not text.isascii() and bool(_SCRIPTS.search(text))


def is_right_to_left(text: str) -> bool:
    """Whether most of a text's letters are of right-to-left scripts. Those of addresses don't count."""
    kinds = [unicodedata.bidirectional(char) for char in _ADDRESS.sub(" ", text)]
    right = sum(kind in _RIGHT for kind in kinds)
    return right > sum(kind == "L" for kind in kinds)


def logical_order(clusters: list[str], *, right_to_left: bool) -> list[str]:
    """Return clusters (a base character and its marks, or a ligature's letters) in the order in which they are read.

    `clusters` are in visual order from left to right. `right_to_left` is the direction of the paragraph.
    """
    kinds = _resolved([_kind(cluster) for cluster in clusters], right_to_left=right_to_left)
    levels = [_level(kind, right_to_left=right_to_left) for kind in kinds]
    order = list(range(len(clusters)))
    for level in range(max(levels, default=0), 0, -1):
        order = _reversed_runs(order, levels, level)
    found = [clusters[index] for index in order]
    odd = [levels[index] % 2 == 1 for index in order]
    return _with_brackets_mirrored(found, odd)


def _kind(cluster: str) -> str:
    """Return L, R, N (number), S (separator within numbers) or O (neutral) for a cluster."""
    for char in cluster:
        kind = unicodedata.bidirectional(char)
        if kind in _RIGHT:
            return "R"
        if kind == "L":
            return "L"
        if kind in _NUMBER:
            return "N"
        if kind in _IN_NUMBERS:
            return "S"
    return "O"


def _resolved(kinds: list[str], *, right_to_left: bool) -> list[str]:
    """Give separators and neutrals the kind of what stands on both sides of them, else that of the paragraph."""
    base = "R" if right_to_left else "L"
    found = list(kinds)
    start = 0
    while start < len(found):
        if found[start] not in "SO":
            start += 1
            continue
        end = start
        while end < len(found) and found[end] in "SO":
            end += 1
        before = found[start - 1] if start else base
        after = found[end] if end < len(found) else base
        kind = _between(before, after, base, is_separator=end - start == 1 and kinds[start] == "S")
        found[start:end] = [kind] * (end - start)
        start = end
    return found


def _between(before: str, after: str, base: str, *, is_separator: bool) -> str:
    if before == after == "N":
        return "N" if is_separator else base
    if base == "R" and before == "L" and after in "LN":
        return "L"
    return before if before == after else base


def _level(kind: str, *, right_to_left: bool) -> int:
    if kind == "R":
        return 1
    if right_to_left:
        return 2
    return 0


def _reversed_runs(order: list[int], levels: list[int], least: int) -> list[int]:
    """Reverse each run of items whose level is `least` or more (rule L2)."""
    found: list[int] = []
    run: list[int] = []
    for index in order:
        if levels[index] >= least:
            run.append(index)
            continue
        found += run[::-1]
        run = []
        found.append(index)
    return found + run[::-1]


def _with_brackets_mirrored(clusters: list[str], odd: list[bool]) -> list[str]:
    """Turn the brackets of right-to-left runs so that they open and close.

    Fonts and PDFium name them by their shape or by their meaning; which one is seen by the spaces beside a bracket.
    """
    found = list(clusters)
    for index, cluster in enumerate(clusters):
        if not odd[index] or cluster not in _MIRRORED:
            continue
        opens = _opens(found, index)
        if opens is not None and opens != (cluster in _BRACKETS):
            found[index] = _MIRRORED[cluster]
    return found


def _opens(clusters: list[str], index: int) -> bool | None:
    """Whether a bracket opens, by its neighbours; None if they don't tell."""
    before = index == 0 or not clusters[index - 1].strip() or clusters[index - 1] in _BRACKETS
    after = index + 1 == len(clusters) or not clusters[index + 1].strip() or clusters[index + 1] in ".,;:،؛"
    return None if before == after else before
