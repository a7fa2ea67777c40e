"""The figures of benchmarks/GATE.md: precision and recall by length, language and class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pipelines.kinds import KINDS
from pipelines.kinds.classes import CLASSES, OTHER

if TYPE_CHECKING:
    from gate_data import Page

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
THRESHOLDS = (0.1, 0.2, 0.35, 0.5)
"""Thresholds at which `pipelines.gate.prior` may put a page of which more is known, and that of a guess."""
LENGTHS = ((0, 100), (100, 300), (300, 600), (600, 1500), (1500, 10**9))


def report(
    pages: list[Page], languages: list[str], lengths: list[float], logits: Array, *, misses: bool
) -> dict[str, dict[str, object]]:
    """Print the figures of documents with these log-odds, for each kind; return those of each class."""
    real = np.array([not page.is_written for page in pages])
    for name in KINDS:
        print(f"kind {name}")
        _report_kind(name, pages, languages, lengths, logits[:, CLASSES.index(name)], misses=misses)
    kinds = [_kind(row) for row in logits]
    return {name: _of_class(name, pages, kinds, real) for name in CLASSES}


def _report_kind(
    name: str, pages: list[Page], languages: list[str], lengths: list[float], logits: Array, *, misses: bool
) -> None:
    real = np.array([not page.is_written for page in pages])
    truth = np.array([name in page.classes for page in pages])
    said = logits >= 0
    groups = [("real documents", real), ("written pages", ~real)]
    words = np.array(lengths[: len(pages)])
    groups += [(f"real, {low} to {high} words", real & (words >= low) & (words < high)) for low, high in LENGTHS]
    for group, among in groups:
        print(f"{group:32} {_line(truth[among], said[among])}")
    by_language = defaultdict(list)
    for index, language in enumerate(languages[: len(pages)]):
        by_language[language].append(index)
    for language, indices in sorted(by_language.items(), key=lambda pair: -len(pair[1])):
        print(f"language {language:23} {_line(truth[indices], said[indices])}")
    for threshold in THRESHOLDS:
        passed = logits >= np.log(threshold / (1 - threshold))
        print(f"threshold {threshold:<22} {_line(truth[real], passed[real])}")
    if misses:
        _print_misses(pages, logits, truth, said)


def _kind(row: Array) -> str:
    """Return the class of a document with these log-odds, as `pipelines.gate.assess` does."""
    if row[0] >= 0:
        return CLASSES[0]
    best = 1 + int(row[1:].argmax())
    return CLASSES[best] if row[best] >= 0 else OTHER


def _of_class(name: str, pages: list[Page], kinds: list[str], real: Iterable[bool]) -> dict[str, object]:
    rows = [(page.classes, kind) for page, kind, is_real in zip(pages, kinds, real, strict=True) if is_real]
    # a page that holds two texts is right as either
    right = sum(name in classes and kind == name for classes, kind in rows)
    true = sum(name in classes and (kind == name or kind not in classes) for classes, kind in rows)
    found = sum(kind == name for _, kind in rows)
    result: dict[str, object] = {
        "documents": true,
        "precision": round(right / max(1, found), 4),
        "recall": round(right / max(1, true), 4),
    }
    print(f"class {name:26} {result}")
    return result


def _line(truth: Mask, said: Mask) -> str:
    right, found, true = int((truth & said).sum()), int(said.sum()), int(truth.sum())
    precision = f"{right / found:.4f}" if found else "  -   "
    recall = f"{right / true:.4f}" if true else "  -   "
    return f"{len(truth):5} documents, {true:4} of the kind, precision {precision}, recall {recall}, passed {found - right}"


def _print_misses(pages: list[Page], logits: Array, truth: Mask, said: Mask) -> None:
    for index in np.argsort(logits):
        if truth[index] != said[index]:
            page = pages[index]
            start = " ".join(page.body.split())[:70]
            print(
                f"   {'missed' if truth[index] else 'passed'} {logits[index]:6.2f} {page.name} ({page.title[:40]}) {start}"
            )
