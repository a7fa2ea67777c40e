"""The score of a document as one of a kind, and its language. Title and body decide; the URL does not.

The score comes from a logistic regression over the numbers of `pipelines.gate.features`. The kind's weights.json has the
weights, the training pages and the results of validation; tools/train_gate.py writes it. `explain` returns each
feature's part in a score.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.gate.features import features
from pipelines.gate.language import detect
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.markdown_links import strip_link_targets

if TYPE_CHECKING:
    from pipelines.kinds.base import Kind

MAX_CHARS = 400_000
"""Characters of a body that are judged."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The gate's verdict on a document."""

    policy_score: float
    """Probability that the document is of the kind, 0 to 1, four decimals."""
    is_policy: bool
    """Whether `policy_score` reaches the kind's threshold."""
    language: str
    """ISO 639-1 code, or `und` for a text that is too short or too mixed."""


def assess(title: str, body: str, kind: Kind = PRIVACY) -> Assessment:
    """Return the verdict on a document with this title and markdown body."""
    text = strip_link_targets(body[:MAX_CHARS])
    language = detect(text)
    score = _logistic(sum(_contributions(title, text, language, kind).values()))
    return Assessment(policy_score=score, is_policy=score >= kind.threshold, language=language)


def explain(title: str, body: str, kind: Kind = PRIVACY) -> dict[str, float]:
    """Return each feature's part in the log-odds, the largest first. `bias` is the constant term."""
    text = strip_link_targets(body[:MAX_CHARS])
    parts = _contributions(title, text, detect(text), kind)
    return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def _contributions(title: str, text: str, language: str, kind: Kind) -> dict[str, float]:
    weights = _weights(kind)
    measured = {"bias": 1.0, **features(title, text, language, kind)}
    return {name: weights[name] * value for name, value in measured.items()}


def _logistic(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-log_odds)), 4)


@functools.cache
def _weights(kind: Kind) -> dict[str, float]:
    weights: dict[str, float] = kind.read_json("weights.json")["weights"]
    return weights
