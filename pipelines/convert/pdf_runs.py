"""Runs of glyphs: what the content stream draws together on one line, and which runs stand beside each other."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_letters import usual_gap
from pipelines.convert.visual_order import has_right_to_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.convert.pdf_glyphs import Glyph

ASCENT: Final = 0.8
"""Height of a line above its baseline, in ems; the rest of the em is below it."""
OVERLAP: Final = 0.5
"""Share of its height by which a glyph must overlap a line to stand on it, as a superscript does."""
_GUTTER: Final = 0.7
"""Distance, in ems, from which two pieces of a line can belong to different columns. Pieces of one column join again."""
_ADJACENT: Final = 0.35
"""Distance, in ems, up to which runs form one piece though their baselines or sizes differ."""
_WITHIN_WORD: Final = 0.12
"""The same for runs that do not follow each other in the content stream: they may be of two narrow columns."""
_DROP_CAP: Final = 1.8
"""Size of a large initial, as a multiple of the size of the text beside it."""
_MAX_INITIALS: Final = 100  # of a page
_RECENT: Final = 16
"""Glyphs among which one is looked for that has been read already."""
_NEXT: Final = 4
"""Glyphs, spaces for instance, that may stand between two runs of one piece in the content stream."""


class Run:
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
        if size > _DROP_CAP * min(self.size, glyph.size):
            return False
        if max(glyph.left - self.reach[1], self.reach[0] - glyph.right) > _GUTTER * size:
            return False
        return _share_line(self.baseline, self.size, glyph.baseline, glyph.size)

    def is_initial_of(self, line: Run) -> bool:
        """Whether the run is a large initial that stands before a line and reaches below it."""
        first, size = self.glyphs[0], line.size
        if first.size < _DROP_CAP * size or abs(line.left - first.right) > size:
            return False
        return first.baseline <= line.baseline < first.baseline + first.size

    def reach_to(self, other: Run, row: Row) -> float:
        """Return the distance, in ems, up to which the runs form one piece.

        PDFium names the runs of a right-to-left line in any order, so that theirs says nothing.
        """
        if row.has_right_to_left:
            return _GUTTER
        return _ADJACENT if self._is_next_to(other) else _WITHIN_WORD

    def _is_next_to(self, other: Run) -> bool:
        """Whether one of the runs follows the other in the content stream, spaces aside."""
        first, second = (self, other) if self.order < other.order else (other, self)
        return second.order - first.order - len(first.glyphs) <= _NEXT

    def begin_with(self, initial: Glyph) -> None:
        """Put a large initial before the run as if it were of the run's size."""
        self.glyphs.insert(0, replace(initial, right=self.left, baseline=self.baseline, size=self.size))
        self.left = initial.left

    def left_to_right(self) -> list[Glyph]:
        """Return glyphs from left to right. Where the content stream goes that way, its order stays.

        It knows better where a mark belongs, or a vowel that stands left of the consonant after which it is read.
        """
        for before, after in zip(self.glyphs, self.glyphs[1:], strict=False):
            if after.left < before.left - before.size:
                return sorted(self.glyphs, key=lambda glyph: glyph.left)
        return self.glyphs

    def add(self, glyph: Glyph) -> None:
        self.glyphs.append(glyph)
        self.reach = min(self.reach[0], glyph.left), max(self.reach[1], glyph.right)
        if not glyph.text.strip():
            return
        self.left, self.right = min(self.left, glyph.left), max(self.right, glyph.right)
        if glyph.size > self.size:
            self.baseline, self.size = glyph.baseline, glyph.size


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of all that stands on one height of a page: the usual gap between letters, and a direction."""

    letter_gap: float
    has_right_to_left: bool


def runs_of(glyphs: Iterable[Glyph]) -> list[Run]:
    """Return the runs that glyphs form, in the order of the content stream, but for those of spaces alone."""
    found: list[Run] = []
    for order, glyph in enumerate(_read_once(glyphs)):
        if found and found[-1].takes(glyph):
            found[-1].add(glyph)
        else:
            found.append(Run(glyph, order))
    return _with_initials([run for run in found if any(glyph.text.strip() for glyph in run.glyphs)])


def _with_initials(runs: list[Run]) -> list[Run]:
    """Join each large initial with the uppermost line beside it. It may have been drawn long before."""
    initials = [run for run in runs if len(run.glyphs) == 1 and run.glyphs[0].text.isalpha()][:_MAX_INITIALS]
    joined: set[int] = set()
    for initial in initials:
        beside = [run for run in runs if initial.is_initial_of(run)]
        if beside:
            max(beside, key=lambda run: run.baseline).begin_with(initial.glyphs[0])
            joined.add(id(initial))
    return [run for run in runs if id(run) not in joined]


def beside_each_other(runs: list[Run]) -> Iterator[tuple[list[Run], Row]]:
    """Yield groups of runs that stand on one line without a wide gap, from left to right, and what is known of it."""
    row: list[Run] = []
    for run in sorted(runs, key=lambda run: -(run.baseline + run.size * (ASCENT - 0.5))):
        if row and not _share_line(row[0].baseline, row[0].size, run.baseline, run.size):
            yield from _split(row)
            row = []
        row.append(run)
    yield from _split(row)


def _split(row: list[Run]) -> Iterator[tuple[list[Run], Row]]:
    usual = [usual_gap(run.glyphs) for run in row]
    known = Row(
        max((gap for gap in usual if gap is not None), default=0.0),
        any(has_right_to_left("".join(glyph.text for glyph in run.glyphs)) for run in row),
    )
    group: list[Run] = []
    right = 0.0
    for run in sorted(row, key=lambda run: run.left):
        if group and abs(run.left - right) > run.reach_to(group[-1], known) * max(run.size, group[-1].size):
            yield group, known
            group = []
        right = max(right, run.right) if group else run.right
        group.append(run)
    if group:
        yield group, known


def _share_line(baseline: float, size: float, other: float, other_size: float) -> bool:
    top = min(baseline + ASCENT * size, other + ASCENT * other_size)
    bottom = max(baseline - (1 - ASCENT) * size, other - (1 - ASCENT) * other_size)
    return top - bottom > OVERLAP * min(size, other_size)


def _read_once(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """Yield glyphs, but those that repeat the text of another at its place, as forms that draw themselves do.

    PDFium gives the replacement text of several letters and marks once for each text object that draws some of them.
    """
    recent: deque[Glyph] = deque(maxlen=_RECENT)
    seen: set[tuple[str, float, float]] = set()
    for glyph in glyphs:
        place = (glyph.text, round(glyph.left, 1), round(glyph.baseline, 1))
        if place in seen or (len(glyph.text) > 1 and any(_is_repeated(glyph, other) for other in recent)):
            continue
        seen.add(place)
        recent.append(glyph)
        yield glyph


def _is_repeated(glyph: Glyph, other: Glyph) -> bool:
    if glyph.text != other.text:
        return False
    shared = min(glyph.right, other.right) - max(glyph.left, other.left)
    return shared > 0.5 * (glyph.right - glyph.left) and abs(glyph.baseline - other.baseline) < glyph.size
