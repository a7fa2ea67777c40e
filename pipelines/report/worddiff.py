"""The comparison of two texts: rows of lines with the words that differ. Pure, bounded, deterministic.

Lines are aligned first. Where lines were replaced, each old line is paired with the most similar new line, and the words of
the pair are aligned. Each step is a longest common subsequence by RapidFuzz (bit-parallel, 64 cells at a time, in C++).
difflib takes seconds for a long policy; jsdiff would compute the overview's counts in the browser.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel, LCSseq

from pipelines.similarity.markdown_links import strip_link_targets
from pipelines.similarity.words import visible_words, words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

KEPT, ADDED, REMOVED, CHANGED = 0, 1, -1, 2
MOVED_HERE, MOVED_AWAY = 3, -3
"""Kinds of rows: the first number of each row."""

MOVED_WORDS = 4
"""Fewest words of a line that is taken to have moved. Shorter ones ("Cookies") stand in several places anyway."""

MAX_CHARS = 1_000_000
"""Most characters of a text that a report shows. The longest known policy has 280,000 (pipelines.similarity.fingerprint)."""

MAX_CELLS = 1 << 28
"""Most cells of one alignment, of one bit each: 32 MB. Above it (16,000 by 16,000) everything counts as replaced."""

MAX_PAIRS = 60_000
"""Most pairs (old times new lines) compared in one replaced block. A pair of a real policy takes 1 to 6 µs."""

LIKE = 0.4
"""Share of common words, in order, from which two lines count as wordings of one line. Chosen by eye on the sample and 30
real versions: below it, only words like "the" and "of" are common."""

Row = tuple[int, ...]
"""(KEPT | ADDED | REMOVED, number of lines), (MOVED_HERE, 1, place among the old lines), (MOVED_AWAY, 1, place among the new
lines), or (CHANGED, kept, removed, added, kept, removed, added, …) for a pair of
lines: lengths of runs in UTF-16 code units, which are JavaScript's."""

_COUNTED = {KEPT, ADDED, REMOVED}
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|[^\w\s]")


@dataclass(slots=True)
class _TokenRun:
    """Tokens that both lines have, followed by tokens removed and added."""

    kept: Sequence[str]
    removed: Sequence[str]
    added: Sequence[str]


def lines_of(title: str, body: str) -> tuple[str, ...]:
    """Return the lines of a document for the report: the title and all lines that are not blank, without link targets."""
    lines = strip_link_targets(body[:MAX_CHARS]).splitlines()
    return (f"# {title}", *(line.rstrip() for line in lines if line.strip()))


def compare(old: Sequence[str], new: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows that turn the lines of one text into those of another: by lines, and then by words.

    A line whose visible words stand in another place has moved, both there and here.
    """
    blocks = list(_blocks(old, new))
    moves = _moves([block for block in blocks if not block.same])
    return tuple(_joined(row for block in blocks for row in _rows(block, moves)))


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that are equal, or replaced by one another (one side may be empty), and the place of the first of each side."""

    old: Sequence[str]
    new: Sequence[str]
    same: bool
    old_at: int
    new_at: int


@dataclass(slots=True)
class _Moves:
    """Lines that moved: the place among the new lines by that among the old ones, and the other way round."""

    away: dict[int, int] = field(default_factory=dict)
    here: dict[int, int] = field(default_factory=dict)


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[_Block]:
    old_at = new_at = 0
    for left, right, same in _aligned(old, new):
        yield _Block(left, right, same, old_at, new_at)
        old_at, new_at = old_at + len(left), new_at + len(right)


def _moves(replaced: Iterable[_Block]) -> _Moves:
    """Return the lines that stand on both sides of replaced blocks. Equal ones are taken in their order."""
    moves, blocks = _Moves(), list(replaced)
    waiting: defaultdict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for block in blocks:
        for place, line in enumerate(block.old, block.old_at):
            waiting[tuple(visible_words(line))].append(place)
    for block in blocks:
        for place, line in enumerate(block.new, block.new_at):
            key = tuple(visible_words(line))
            if len(key) >= MOVED_WORDS and waiting.get(key):
                moves.here[place] = waiting[key].popleft()
    moves.away = {before: place for place, before in moves.here.items()}
    return moves


def _rows(block: _Block, moves: _Moves) -> Iterator[Row]:
    if block.same:
        yield (KEPT, len(block.old))
        return
    old_at, new_at = block.old_at, block.new_at
    left = [None if place in moves.away else line for place, line in enumerate(block.old, old_at)]
    right = [None if place in moves.here else line for place, line in enumerate(block.new, new_at)]
    for is_old, is_new in _paired(left, right):
        if is_old and is_new:
            runs = _runs(
                _TOKEN.findall(block.old[old_at - block.old_at]), _TOKEN.findall(block.new[new_at - block.new_at])
            )
            yield (CHANGED, *(_units(part) for run in runs for part in (run.kept, run.removed, run.added)))
        elif is_old:
            yield (MOVED_AWAY, 1, moves.away[old_at]) if old_at in moves.away else (REMOVED, 1)
        else:
            yield (MOVED_HERE, 1, moves.here[new_at]) if new_at in moves.here else (ADDED, 1)
        old_at, new_at = old_at + is_old, new_at + is_new


def parts_of(row: Row, old: str, new: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a changed pair of lines in order, each KEPT, REMOVED or ADDED, without empty ones."""
    sides = [text.encode("utf-16-le", "surrogatepass") for text in (old, new)]
    at = [0, 0]

    def take(side: int, count: int) -> str:
        part = sides[side][2 * at[side] : 2 * (at[side] + count)].decode("utf-16-le", "replace")
        at[side] += count
        return part

    for kept, removed, added in zip(*(iter(row[1:]),) * 3, strict=True):
        take(0, kept)
        found = ((KEPT, take(1, kept)), (REMOVED, take(0, removed)), (ADDED, take(1, added)))
        yield from ((kind, text) for kind, text in found if text)


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Yield (old, new, equal): blocks that are equal, or replaced by one another (one of them may be empty)."""
    if len(old) * len(new) > MAX_CELLS:
        yield old, new, False
        return
    numbers: dict[Hashable, int] = {}
    left, right = ([numbers.setdefault(item, len(numbers)) for item in side] for side in (old, new))
    for same, run in groupby(LCSseq.opcodes(left, right), key=lambda step: step.tag == "equal"):
        steps = list(run)  # RapidFuzz gives a replaced block as several steps: deleted, inserted
        i, j, end = steps[0].src_start, steps[0].dest_start, steps[-1]
        yield old[i : end.src_end], new[j : end.dest_end], same


def _paired(old: Sequence[str | None], new: Sequence[str | None]) -> Iterator[tuple[bool, bool]]:
    """Yield, for each old line with its new line, and for each alone, in order, which sides it is on.

    The pairing with the most common words is chosen. None is a line that has moved: it is never paired.
    """
    if len(old) * len(new) > MAX_PAIRS:
        yield from ((True, False) for _ in old)
        yield from ((False, True) for _ in new)
        return
    words_old, words_new = ([words(line or "") for line in side] for side in (old, new))
    shared = [[_in_common(left, right) for right in words_new] for left in words_old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]  # best[i][j]: of old[i:] and new[j:]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + shared[i][j])
    i = j = 0
    while i < len(old) or j < len(new):
        is_pair = i < len(old) and j < len(new) and shared[i][j] and best[i][j] == best[i + 1][j + 1] + shared[i][j]
        is_old = bool(is_pair) or (i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j]))
        yield is_old, bool(is_pair) or not is_old
        i, j = i + is_old, j + (bool(is_pair) or not is_old)


def _in_common(old: list[str], new: list[str]) -> float:
    """Return the number of common words of two lines, counted in both; 0 below LIKE."""
    if len(old) * len(new) > MAX_CELLS:
        return 0
    like: float = Indel.normalized_similarity(old, new, score_cutoff=LIKE)
    return like * (len(old) + len(new))


def _runs(old: Sequence[str], new: Sequence[str]) -> list[_TokenRun]:
    """Return the aligned tokens of two lines. A few kept words between larger changes count as changed, for legibility."""
    runs: list[_TokenRun] = []
    kept: Sequence[str] = ()
    for left, right, same in _aligned(old, new):
        if same:
            kept = left
            continue
        if runs and _count(kept) <= min(_size(runs[-1].removed, runs[-1].added), _size(left, right)):
            last = runs[-1]
            runs[-1] = _TokenRun(last.kept, [*last.removed, *kept, *left], [*last.added, *kept, *right])
        else:
            runs.append(_TokenRun(kept, left, right))
        kept = ()
    if kept:
        runs.append(_TokenRun(kept, (), ()))
    return runs


def _size(removed: Sequence[str], added: Sequence[str]) -> int:
    return max(_count(removed), _count(added))


def _count(tokens: Iterable[str]) -> int:
    return len(words(" ".join(tokens)))


def _units(tokens: Iterable[str]) -> int:
    return len("".join(tokens).encode("utf-16-le", "surrogatepass")) // 2


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows with neighbours of the same kind joined."""
    waiting: Row | None = None
    for row in rows:
        if waiting and waiting[0] == row[0] and row[0] in _COUNTED:
            waiting = (row[0], waiting[1] + row[1])
            continue
        if waiting:
            yield waiting
        waiting = row
    if waiting:
        yield waiting
