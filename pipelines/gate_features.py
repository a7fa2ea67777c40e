"""What the gate sees in a document: a few dozen named numbers from 0 to 1."""

from __future__ import annotations

import functools
import json
import re
from importlib.resources import files

from pipelines.dedup import strip_link_targets
from pipelines.words import words

TOPICS = ("personal_data", "collect", "use_share", "rights", "tracking", "safekeeping")
"""Groups of phrases a privacy policy is made of."""
PRACTICES = tuple(topic for topic in TOPICS if topic != "tracking")
"""Those of them that a page about cookies lacks."""
CONTRASTS = ("terms", "processor", "shop", "article", "empty", "login", "speaker")
"""Groups of phrases that tell other pages, and who speaks."""

WINDOW_WORDS = 100
STRETCH_WINDOWS = 5
_MAX_CHARS = 400_000
_HEAD_WORDS = 60
_PRIVACY_HITS = 4
_PRIVACY_TOPICS = 2
_LINK = re.compile(r"\]\(|<[a-z]+:", re.IGNORECASE)

Phrases = dict[str, tuple[str, ...]]


def features(title: str, body: str, language: str) -> dict[str, float]:
    """Measure a document; the same names in the same order for every one. Looks at the body's first 400,000 characters.

    Densities are hits per window of 100 words, over a cap; `privacy_*` count the windows that speak as a policy does.
    """
    body = body[:_MAX_CHARS]
    phrases = _phrases(language)
    found = words(strip_link_targets(body).casefold())
    windows = [
        {group: _hits(text, phrases[group]) for group in (*TOPICS, *CONTRASTS, "policy_name", "cookie_word")}
        for text in _windows(found)
    ]
    title_text = _joined(words(title[:1000].casefold()))
    head = _joined(found[:_HEAD_WORDS])
    return {
        "title_policy": float(_hits(title_text, phrases["policy_name"]) > 0),
        "title_privacy": float(_hits(title_text, phrases["privacy_word"]) > 0),
        "title_cookies": float(_hits(title_text, phrases["cookie_word"]) > 0 == _hits(title_text, phrases["privacy_word"])),
        "title_other": float(_hits(title_text, phrases["other_name"]) > 0),
        "head_policy": min(1.0, _hits(head, phrases["policy_name"]) / 2),
        "head_other": min(1.0, _hits(head, phrases["other_name"]) / 4),
        **{group: min(1.0, _density(windows, group) / cap) for group, cap in _CAPS.items()},
        **_privacy_windows(windows),
        "cookies": min(1.0, max(0.0, _density(windows, "cookie_word") - 2) / 2),
        "length": min(1.0, len(found) / 600),
        "links": min(1.0, len(_LINK.findall(body)) / (1 + len(found)) * 20),
    }


_CAPS = {
    "policy_name": 1.5, "personal_data": 4, "collect": 3, "use_share": 4, "rights": 2, "tracking": 3, "safekeeping": 1.5,
    "terms": 6, "processor": 3, "shop": 4, "article": 3, "empty": 3, "login": 3, "speaker": 5,
}  # fmt: skip
"""Hits per 100 words from which a group counts in full: about what a document made of nothing else shows."""


def _density(windows: list[dict[str, int]], group: str) -> float:
    return sum(window[group] for window in windows) / max(1, len(windows))


def _privacy_windows(windows: list[dict[str, int]]) -> dict[str, float]:
    speaking = sum(map(_speaks_of_privacy, windows))
    topics = sum(any(window[topic] for window in windows) for topic in TOPICS)
    return {
        "privacy_share": speaking / max(1, len(windows)),
        "privacy_windows": min(1.0, speaking / 10),
        "privacy_stretch": min(1.0, max(0.0, _best_stretch(windows) / 6)),
        "privacy_topics": topics / len(TOPICS),
    }


def _best_stretch(windows: list[dict[str, int]]) -> float:
    """Give the hits per window of the best stretch: on topic, less those of terms and processors' agreements.

    It finds the policy in a page of many agreements, which is little of the whole.
    """
    net = [sum(window[topic] for topic in PRACTICES) - window["terms"] - window["processor"] for window in windows]
    stretches = range(max(1, len(net) - STRETCH_WINDOWS + 1))
    return max(sum(stretch := net[i : i + STRETCH_WINDOWS]) / max(1, len(stretch)) for i in stretches)


def _speaks_of_privacy(window: dict[str, int]) -> bool:
    hits = [window[topic] for topic in PRACTICES]
    return sum(hits) >= _PRIVACY_HITS and sum(hit > 0 for hit in hits) >= _PRIVACY_TOPICS


def _windows(found: list[str]) -> list[str]:
    return [_joined(found[i : i + WINDOW_WORDS]) for i in range(0, len(found), WINDOW_WORDS)]


def _joined(found: list[str]) -> str:
    """Put spaces around every word, so that a phrase with spaces around it is found as words."""
    return f" {' '.join(found)} "


def _hits(text: str, phrases: tuple[str, ...]) -> int:
    return sum(map(text.count, phrases))


@functools.cache
def _table() -> dict[str, dict[str, tuple[str, ...]]]:
    """Read gate_phrases.json: group -> language -> phrases, each as `_joined` writes it; `*` ends a word's beginning."""
    raw: dict[str, dict[str, list[str]]] = json.loads(
        files("pipelines").joinpath("gate_phrases.json").read_text("utf-8")
    )
    return {
        group: {language: tuple(map(_pattern, phrases)) for language, phrases in languages.items()}
        for group, languages in raw.items()
    }


def _pattern(phrase: str) -> str:
    pattern = _joined(words(phrase.casefold()))
    return pattern[:-1] if phrase.endswith("*") else pattern


@functools.cache
def _phrases(language: str) -> Phrases:
    """Give each group's phrases in a language and in English; in all languages if there are none in this one."""
    table = _table()
    wanted = {language, "en"} if language in table["policy_name"] else set(table["policy_name"])
    return {
        group: tuple(dict.fromkeys(p for code in sorted(wanted & set(languages)) for p in languages[code]))
        for group, languages in table.items()
    }
