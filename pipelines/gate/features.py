"""The features of a document: two dozen named numbers from 0 to 1, the gate's input."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipelines.gate.phrases import find
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.words import words

if TYPE_CHECKING:
    from pipelines.kinds.base import GateGroups, Kind

WINDOW_WORDS = 100
STRETCH_WINDOWS = 5
_HEAD_WORDS = 60
_MAX_TITLE_CHARS = 1000

Window = Counter[str]
"""Hits by phrase group in WINDOW_WORDS consecutive words."""


def features(title: str, text: str, language: str, kind: Kind = PRIVACY) -> dict[str, float]:
    """Return the features of a document: its title, its body without link targets, its language's code.

    All documents of a kind have the same names in the same order. Most are groups in the kind's phrases.json.
    """
    found = words(text.lower())
    hits = list(find(found, language, kind))
    windows = _windows(hits, len(found))
    return {
        **_title(title, language, kind),
        **_head(hits),
        **{group: min(1.0, _density(windows, group) / full) for group, full in kind.groups.full_densities.items()},
        **_subject(windows, kind.groups),
        "neighbour": min(1.0, max(0.0, _density(windows, "neighbour_word") - 2) / 2),
        "length": min(1.0, len(found) / 600),
    }


def _title(title: str, language: str, kind: Kind) -> dict[str, float]:
    groups = {group for _, group in find(words(title[:_MAX_TITLE_CHARS].lower()), language, kind)}
    return {
        "title_policy": float("policy_name" in groups),
        "title_subject": float("subject_word" in groups),
        "title_neighbour": float("neighbour_word" in groups and "subject_word" not in groups),
        "title_other": float("other_name" in groups),
    }


def _head(hits: list[tuple[int, str]]) -> dict[str, float]:
    """Return the features of the first words. Other documents are often mentioned in passing, so they need more hits."""
    count = Counter(group for index, group in hits if index < _HEAD_WORDS)
    return {"head_policy": min(1.0, count["policy_name"] / 2), "head_other": min(1.0, count["other_name"] / 4)}


def _subject(windows: list[Window], groups: GateGroups) -> dict[str, float]:
    on_subject = sum(_is_on_subject(window, groups) for window in windows)
    topics = (*groups.practices, *groups.shared)
    return {
        "subject_share": on_subject / max(1, len(windows)),
        "subject_windows": min(1.0, on_subject / 10),
        "subject_stretch": min(1.0, max(0.0, _best_stretch(windows, groups) / 6)),
        "subject_topics": sum(any(window[topic] for window in windows) for topic in topics) / len(topics),
    }


def _is_on_subject(window: Window, groups: GateGroups) -> bool:
    hits = [window[practice] for practice in groups.practices if window[practice]]
    return len(hits) >= 2 and sum(hits) >= 4  # noqa: PLR2004 - more than a passing mention


def _best_stretch(windows: list[Window], groups: GateGroups) -> float:
    """Return the hits per window of the best stretch: those of the kind's practices, less those of opposed groups.

    The best stretch finds a policy that is a small part of a page of many agreements.
    """
    net = [
        sum(window[each] for each in groups.practices) - sum(window[each] for each in groups.opposed)
        for window in windows
    ]
    length = max(1, min(STRETCH_WINDOWS, len(net)))
    return max(sum(net[i : i + length]) / length for i in range(max(1, len(net) - length + 1)))


def _density(windows: list[Window], group: str) -> float:
    return sum(window[group] for window in windows) / max(1, len(windows))


def _windows(hits: list[tuple[int, str]], count: int) -> list[Window]:
    windows = [Counter[str]() for _ in range(0, count, WINDOW_WORDS)]
    for index, group in hits:
        windows[index // WINDOW_WORDS][group] += 1
    return windows
