"""What the gate sees in a document: two dozen named numbers from 0 to 1."""

from __future__ import annotations

from collections import Counter

from pipelines.gate.phrases import find
from pipelines.similarity.words import words

PRACTICES = ("personal_data", "collect", "use_share", "rights", "safekeeping")
"""Groups of phrases a privacy policy is made of."""
TOPICS = (*PRACTICES, "tracking")
"""The same, with what policies share with pages about cookies."""

FULL = {
    "personal_data": 4.0, "collect": 3.0, "rights": 2.0, "tracking": 3.0,
    "safekeeping": 1.5, "terms": 6.0, "processor": 3.0, "shop": 4.0, "article": 3.0, "empty": 3.0, "login": 3.0,
    "speaker": 5.0,
}  # fmt: skip
"""Hits per 100 words from which a group's density counts as 1: about what a page that is full of it shows."""

WINDOW_WORDS = 100
STRETCH_WINDOWS = 5
_HEAD_WORDS = 60
_MAX_TITLE_CHARS = 1000

Window = Counter[str]
"""How often each group occurs in WINDOW_WORDS words."""


def features(title: str, text: str, language: str) -> dict[str, float]:
    """Measure a document, given its title, its body without link targets, and its language's code.

    The names are the same in the same order for every document; most are those of groups in gate_phrases.json.
    """
    found = words(text.lower())
    hits = list(find(found, language))
    windows = _windows(hits, len(found))
    return {
        **_title(title, language),
        **_head(hits),
        **{group: min(1.0, _density(windows, group) / full) for group, full in FULL.items()},
        **_privacy(windows),
        "cookies": min(1.0, max(0.0, _density(windows, "cookie_word") - 2) / 2),
        "length": min(1.0, len(found) / 600),
    }


def _title(title: str, language: str) -> dict[str, float]:
    groups = {group for _, group in find(words(title[:_MAX_TITLE_CHARS].lower()), language)}
    return {
        "title_policy": float("policy_name" in groups),
        "title_privacy": float("privacy_word" in groups),
        "title_cookies": float("cookie_word" in groups and "privacy_word" not in groups),
        "title_other": float("other_name" in groups),
    }


def _head(hits: list[tuple[int, str]]) -> dict[str, float]:
    """Count what the beginning names; it may name other documents in passing, so these need more of it."""
    count = Counter(group for index, group in hits if index < _HEAD_WORDS)
    return {"head_policy": min(1.0, count["policy_name"] / 2), "head_other": min(1.0, count["other_name"] / 4)}


def _privacy(windows: list[Window]) -> dict[str, float]:
    speaking = sum(map(_speaks_of_privacy, windows))
    return {
        "privacy_share": speaking / max(1, len(windows)),
        "privacy_windows": min(1.0, speaking / 10),
        "privacy_stretch": min(1.0, max(0.0, _best_stretch(windows) / 6)),
        "privacy_topics": sum(any(window[topic] for window in windows) for topic in TOPICS) / len(TOPICS),
    }


def _speaks_of_privacy(window: Window) -> bool:
    hits = [window[topic] for topic in PRACTICES if window[topic]]
    return len(hits) >= 2 and sum(hits) >= 4  # noqa: PLR2004 - as a passing mention doesn't


def _best_stretch(windows: list[Window]) -> float:
    """Give the hits per window of the best stretch: on topic, less those of terms and of processors' agreements.

    It finds the policy in a page of many agreements, of which it is a small part.
    """
    net = [sum(window[topic] for topic in PRACTICES) - window["terms"] - window["processor"] for window in windows]
    length = max(1, min(STRETCH_WINDOWS, len(net)))
    return max(sum(net[i : i + length]) / length for i in range(max(1, len(net) - length + 1)))


def _density(windows: list[Window], group: str) -> float:
    return sum(window[group] for window in windows) / max(1, len(windows))


def _windows(hits: list[tuple[int, str]], count: int) -> list[Window]:
    windows = [Counter[str]() for _ in range(0, count, WINDOW_WORDS)]
    for index, group in hits:
        windows[index // WINDOW_WORDS][group] += 1
    return windows
