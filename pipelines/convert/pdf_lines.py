"""Pieces of lines from a page's glyphs: what stands close together on one baseline, as text in logical order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.convert.pdf_letters import line_text
from pipelines.convert.pdf_runs import ASCENT, OVERLAP, beside_each_other, runs_of
from pipelines.convert.visual_order import is_right_to_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.convert.pdf_glyphs import Glyph


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
        return self.baseline + ASCENT * self.size

    @property
    def bottom(self) -> float:
        return self.baseline - (1 - ASCENT) * self.size

    def is_beside(self, other: Piece) -> bool:
        """Whether both stand on one line."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > OVERLAP * min(self.size, other.size)


def pieces(glyphs: Sequence[Glyph]) -> list[Piece]:
    """Return the pieces of lines that glyphs form, in the order of the content stream. Empty ones are left out."""
    right_to_left = is_right_to_left("".join(glyph.text for glyph in glyphs))
    found = []
    for runs, row in beside_each_other(runs_of(glyphs)):
        shown = [glyph for run in runs for glyph in run.left_to_right()]
        text = line_text(shown, row.letter_gap, right_to_left=right_to_left and row.has_right_to_left)
        if text:
            largest = max(runs, key=lambda run: run.size)
            left, right = min(run.left for run in runs), max(run.right for run in runs)
            order = min(run.order for run in runs)
            found.append(Piece(text, left, right, largest.baseline, largest.size, order))
    return sorted(found, key=lambda piece: piece.order)
