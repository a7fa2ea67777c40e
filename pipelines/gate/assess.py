"""The class of a document, its score as a privacy policy, and its language. Title and body decide; the URL does not.

Each class has a logistic regression over the numbers of `pipelines.gate.features`. The class's weights.json has its
weights; tools/train_gate.py writes it, and benchmarks/GATE.md says how well it does. `explain` returns each feature's part
in a score.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.gate.features import features, read
from pipelines.gate.language import detect
from pipelines.kinds.classes import CLASSES, OTHER
from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.vocabulary import read_json
from pipelines.similarity.markdown_links import strip_link_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.kinds.base import Kind

MAX_CHARS = 400_000
"""Characters of a body that are judged."""
_WORTH_NAMING = 0.01
_LIKELY = 0.5
"""Score from which a text is of a class that was not asked for."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The gate's verdict on a document."""

    policy_score: float
    """Probability that the document is of the kind asked for, 0 to 1, four decimals."""
    is_policy: bool
    """Whether `policy_score` reaches the threshold. Then `kind` is the kind asked for."""
    language: str
    """ISO 639-1 code, or `und` for a text that is too short or too mixed."""
    kind: str
    """One of CLASSES: the kind asked for if its score reaches the threshold, else the likeliest, else `other`."""
    scores: tuple[float, ...]
    """Scores of all CLASSES, in their order. A page that holds two texts has two high ones."""

    def score_of(self, name: str) -> float:
        """Return the score of a class."""
        return self.scores[CLASSES.index(name)]

    @property
    def class_scores(self) -> str:
        """The classes with a score of at least 0.01, the likeliest first: `terms 0.83 privacy 0.05`."""
        ranked = sorted(zip(CLASSES, self.scores, strict=True), key=lambda each: -each[1])
        return " ".join(f"{name} {score:.2f}" for name, score in ranked if score >= _WORTH_NAMING)

    def at(self, threshold: float, kind: Kind = PRIVACY) -> Assessment:
        """Return the verdict with another threshold (`pipelines.gate.prior.threshold`). The scores stay."""
        return _verdict(self.scores, self.language, kind, threshold)


def assess(title: str, body: str, kind: Kind = PRIVACY) -> Assessment:
    """Return the verdict on a document with this title and markdown body."""
    measured, language = _measured(title, body)
    scores = tuple(_logistic(_log_odds(name, measured)) for name in CLASSES)
    return _verdict(scores, language, kind, kind.threshold)


def explain(title: str, body: str, name: str = PRIVACY.name) -> dict[str, float]:
    """Return each feature's part in the log-odds of a class, the largest first. `bias` is the constant term."""
    measured, _ = _measured(title, body)
    parts = _contributions(name, measured)
    return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def _measured(title: str, body: str) -> tuple[dict[str, float], str]:
    text = strip_link_targets(body[:MAX_CHARS])
    language = detect(text)
    return {"bias": 1.0, **features(title, text, language, read(text, language))}, language


def _verdict(scores: tuple[float, ...], language: str, kind: Kind, threshold: float) -> Assessment:
    by_name = dict(zip(CLASSES, scores, strict=True))
    score = by_name.pop(kind.name)
    is_policy = score >= threshold
    best = max(by_name, key=lambda name: by_name[name])
    found = kind.name if is_policy else best if by_name[best] >= _LIKELY else OTHER
    return Assessment(score, is_policy, language, found, scores)


def _log_odds(name: str, measured: Mapping[str, float]) -> float:
    return sum(weight * measured[feature] for feature, weight in _weights(name).items())


def _contributions(name: str, measured: Mapping[str, float]) -> dict[str, float]:
    return {feature: weight * measured[feature] for feature, weight in _weights(name).items()}


def _logistic(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-log_odds)), 4)


@functools.cache
def _weights(name: str) -> dict[str, float]:
    weights: dict[str, float] = read_json(name, "weights.json")["weights"]
    return weights
