"""Is a document a privacy policy, and in which language? Judged by title and body; the gate never sees a URL.

A logistic regression over the two dozen named numbers of `gate_features`. Its weights are in gate_weights.json, with
how well it did on firms it had not seen and on what it was trained; tools/train_gate.py writes that file. `explain`
says what spoke for and against a document.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from importlib.resources import files

from pipelines.gate.features import features
from pipelines.gate.language import detect
from pipelines.similarity.fingerprint import strip_link_targets

THRESHOLD = 0.5
"""The score from which a document is a policy. Training moves the bias so that the boundary lies here."""

MAX_CHARS = 400_000
"""How much of a body is looked at."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The gate's answer about one document."""

    policy_score: float
    """0 (certainly none) to 1 (certainly a privacy policy)."""
    is_policy: bool
    """`policy_score` >= THRESHOLD."""
    language: str
    """ISO 639-1 code, or `und` where the text is too short or too mixed to tell."""


def assess(title: str, body: str) -> Assessment:
    """Judge a document by its title and markdown body."""
    text = strip_link_targets(body[:MAX_CHARS])
    language = detect(text)
    score = _logistic(sum(_contributions(title, text, language).values()))
    return Assessment(policy_score=score, is_policy=score >= THRESHOLD, language=language)


def explain(title: str, body: str) -> dict[str, float]:
    """Give what each feature adds to the log-odds of being a policy, the strongest first; `bias` is the start."""
    text = strip_link_targets(body[:MAX_CHARS])
    parts = _contributions(title, text, detect(text))
    return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def _contributions(title: str, text: str, language: str) -> dict[str, float]:
    weights = _weights()
    measured = {"bias": 1.0, **features(title, text, language)}
    return {name: weights[name] * value for name, value in measured.items()}


def _logistic(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-log_odds)), 4)


@functools.cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(
        files("pipelines.kinds.privacy").joinpath("weights.json").read_text("utf-8")
    )["weights"]
    return weights
