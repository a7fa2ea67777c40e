"""What changed between two texts, as rows of lines with the words that differ. Pure, bounded, deterministic.

Lines are aligned first, then, where lines were replaced, each old one with the new one that is most like it, then the words
of such a pair. Each step is a longest common subsequence by RapidFuzz (bit-parallel: 64 cells at a time, in C++), where
difflib takes seconds for a long policy and jsdiff would leave the counts of the overview to the browser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel, LCSseq

from pipelines.similarity.fingerprint import strip_link_targets
from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

KEPT, ADDED, REMOVED, CHANGED = 0, 1, -1, 2
"""The first number of a row."""

MAX_CHARS = 1_000_000
"""A report shows no more of a text; the longest policy known has 280,000 characters (pipelines.similarity.fingerprint)."""

MAX_CELLS = 1 << 28
"""Cells of one alignment: a bit each, 32 MB. Beyond it (16,000 by 16,000) everything counts as replaced."""

MAX_PAIRS = 60_000
"""Old lines times new lines of one replaced stretch that are compared one by one; measured on real policies, 1 to 6 µs
each."""

LIKE = 0.4
"""Lines with at least this share of their words in common, in order, are two wordings of one line. Chosen by eye, on the
sample and on 30 real versions: below it, what is kept is words like "the" and "of"."""

Row = tuple[int, ...]
"""(KEPT | ADDED | REMOVED, number of lines), or (CHANGED, kept, removed, added, kept, removed, added, …): lengths of a pair
of lines' runs, in UTF-16 units as JavaScript counts."""

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows that lead from one text's lines to another's, and how many words they show as added and removed."""

    rows: tuple[Row, ...]
    added: int
    removed: int


@dataclass(slots=True)
class _Run:
    """Tokens kept, then what is removed and added after them."""

    kept: Sequence[str]
    removed: Sequence[str]
    added: Sequence[str]


def lines_of(title: str, body: str) -> tuple[str, ...]:
    """Give a document's text as the report shows it: the title, and the lines that are not blank, without link targets."""
    lines = strip_link_targets(body[:MAX_CHARS]).splitlines()
    return (f"# {title}", *(line.rstrip() for line in lines if line.strip()))


def compare(old: Sequence[str], new: Sequence[str]) -> Comparison:
    """Compare two texts line by line, then word by word."""
    rows: list[Row] = []
    added = removed = 0
    for left, right, same in _aligned(old, new):
        for row, plus, minus in [((KEPT, len(left)), 0, 0)] if same else _replaced(left, right):
            rows.append(row)
            added, removed = added + plus, removed + minus
    return Comparison(tuple(_joined(rows)), added, removed)


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Yield stretches of both sides that are equal, or replaced by one another (one may be empty)."""
    if len(old) * len(new) > MAX_CELLS:
        yield old, new, False
        return
    numbers: dict[Hashable, int] = {}
    left, right = ([numbers.setdefault(item, len(numbers)) for item in side] for side in (old, new))
    for same, run in groupby(LCSseq.opcodes(left, right), key=lambda step: step.tag == "equal"):
        steps = list(run)  # a replaced stretch comes as several: deleted, inserted
        i, j, end = steps[0].src_start, steps[0].dest_start, steps[-1]
        yield old[i : end.src_end], new[j : end.dest_end], same


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Row, int, int]]:
    """Yield rows, words added and words removed of one replaced stretch."""
    for left, right in _paired(old, new):
        if right is None:
            yield (REMOVED, 1), 0, len(words(left or ""))
        elif left is None:
            yield (ADDED, 1), len(words(right)), 0
        else:
            runs = _runs(_TOKEN.findall(left), _TOKEN.findall(right))
            lengths = (_units(part) for run in runs for part in (run.kept, run.removed, run.added))
            yield (CHANGED, *lengths), sum(_count(r.added) for r in runs), sum(_count(r.removed) for r in runs)


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Yield each old line with the new line it became, in order, or alone; the pairing with most words in common wins."""
    if len(old) * len(new) > MAX_PAIRS:
        yield from ((line, None) for line in old)
        yield from ((None, line) for line in new)
        return
    words_old, words_new = ([words(line) for line in side] for side in (old, new))
    shared = [[_in_common(left, right) for right in words_new] for left in words_old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]  # best[i][j]: of old[i:] and new[j:]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + shared[i][j])
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and shared[i][j] and best[i][j] == best[i + 1][j + 1] + shared[i][j]:
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j]):
            yield old[i], None
            i += 1
        else:
            yield None, new[j]
            j += 1


def _in_common(old: list[str], new: list[str]) -> float:
    """How many words two lines have in common, counted on both sides; 0 if they are not like enough to be one line."""
    if len(old) * len(new) > MAX_CELLS:
        return 0
    like: float = Indel.normalized_similarity(old, new, score_cutoff=LIKE)
    return like * (len(old) + len(new))


def _runs(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    """Align the tokens of two lines; a few words kept between larger changes join them, as that reads better."""
    runs: list[_Run] = []
    kept: Sequence[str] = ()
    for left, right, same in _aligned(old, new):
        if same:
            kept = left
            continue
        if runs and _count(kept) <= min(_size(runs[-1].removed, runs[-1].added), _size(left, right)):
            last = runs[-1]
            runs[-1] = _Run(last.kept, [*last.removed, *kept, *left], [*last.added, *kept, *right])
        else:
            runs.append(_Run(kept, left, right))
        kept = ()
    if kept:
        runs.append(_Run(kept, (), ()))
    return runs


def _size(removed: Sequence[str], added: Sequence[str]) -> int:
    return max(_count(removed), _count(added))


def _count(tokens: Iterable[str]) -> int:
    return len(words(" ".join(tokens)))


def _units(tokens: Iterable[str]) -> int:
    return len("".join(tokens).encode("utf-16-le", "surrogatepass")) // 2


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Join neighbouring rows of the same kind."""
    waiting: Row | None = None
    for row in rows:
        if waiting and waiting[0] == row[0] != CHANGED:
            waiting = (row[0], waiting[1] + row[1])
            continue
        if waiting:
            yield waiting
        waiting = row
    if waiting:
        yield waiting
