"""Plain text tables: aligned columns for people, cut by white space of two or more for programs."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def text_table(rows: Sequence[Sequence[object]], align: str = "") -> str:
    """Return rows of the same length as lines, two spaces between columns.

    `align` has `<` (left) or `>` (right) for each column; columns after its end are left-aligned.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    formats = [f"{side}{width}" for side, width in zip_longest(align[: len(widths)], widths, fillvalue="<")]
    return "\n".join(
        "  ".join(format(cell, spec) for cell, spec in zip(row, formats, strict=True)).rstrip() for row in texts
    )
