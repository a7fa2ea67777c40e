"""Train the weights of all classes of the gate, and measure them on firms held out.

    python tools/train_gate.py SHARED_DIR [--dry-run] [--misses] [--only CLASS]

Needs scipy, which the project itself does not.

Documents: tools/gate_data.py; what is made of them for training alone: tools/gate_variants.py. Measured are the documents
themselves, each by weights for which its firm's documents were not used, in FOLDS parts.

Each class has a logistic regression of its own with an L2 penalty. A weight may not contradict its feature's name
(`bounds`): with few pages of a class it otherwise would, now and then, and fail on the next firm.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

try:
    from scipy.optimize import minimize
except ImportError:
    minimize = None

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from gate_data import Page, labelled, written
from gate_figures import report
from gate_variants import variants

from pipelines.gate.assess import MAX_CHARS
from pipelines.gate.features import features, read
from pipelines.gate.language import detect
from pipelines.kinds.classes import CLASSES
from pipelines.similarity.markdown_links import strip_link_targets

ROOT = Path(__file__).resolve().parent.parent
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

PENALTY = 3.0
FOREIGN = ("density.other.article", "density.other.news", "density.other.advice", "density.other.shop")
"""Words of blogs, news, advice and shops: they speak against every agreement."""
NAMED = ("title.", "heading.", "run.", *FOREIGN)
NAMED_PENALTY = 0.3
"""Share of the penalty for features that say much, but of which most of the training documents have nothing."""
MARGIN = 0.4
"""Log-odds by which the boundary of `privacy` is moved towards precision; by the scores of the firms held out."""
FOLDS = 10
OWN = (
    "title",
    "heading",
    "headings",
    "head",
    "self",
    "names",
    "share",
    "stretch",
    "ratio",
    "topics",
    "lead",
    "first",
    "run",
)
"""Features that speak for their own class and against every other."""
SUBJECT = "title.subject"
OF_ONE_CLASS = {"terms": "gate_terms.md"}
"""Pages of tools/ on which one class alone is trained, so that the weights of the others stay."""


@dataclass
class Measured:
    """Documents with their features as rows of a matrix."""

    pages: list[Page]
    names: list[str]
    x: Array
    languages: list[str]
    lengths: list[float]


def measure(pages: list[Page]) -> Measured:
    rows, languages, lengths = [], [], []
    for page in pages:
        text = strip_link_targets(page.body[:MAX_CHARS])
        language = detect(text)
        reading = read(text, language)
        rows.append(features(page.title, text, language, reading))
        languages.append(language)
        lengths.append(reading.words)
    return Measured(pages, ["bias", *rows[0]], np.array([[1.0, *row.values()] for row in rows]), languages, lengths)


def bounds(name: str, feature: str) -> tuple[float | None, float | None]:
    """Return the range of a feature's weight in the model of a class."""
    what, _, rest = feature.partition(".")
    owner = rest.partition(".")[0]
    if feature == SUBJECT:
        return (0, None) if name == "privacy" else (None, 0)
    if what in OWN:
        return (0, None) if owner == name else (None, 0)
    if what == "density" and owner == name:
        return (0, None)
    if feature in FOREIGN:
        return (None, 0)
    return (None, None)


def fit(name: str, known: Measured, used: Array, firms: Counter[str]) -> Array:
    """Minimise the mean log loss, both sides weighing the same, and the penalty; the bias is free of it.

    A firm's documents weigh as the square root of their number, so that no firm decides.
    """
    pages = [page for page, is_used in zip(known.pages, used, strict=True) if is_used]
    x, y = known.x[used], np.array([name in page.classes for page in pages])
    weight = np.array([page.weight / np.sqrt(firms[page.firm]) for page in pages])
    share = np.where(y, 0.5 / weight[y].sum(), 0.5 / weight[~y].sum()) * weight
    sign = np.where(y, 1.0, -1.0)
    penalty = np.array([0.0, *(_penalty(feature) for feature in known.names[1:])]) / weight.sum()

    def loss(w: Array) -> tuple[float, Array]:
        margin = sign * (x @ w)
        slope = -sign * share / (1 + np.exp(np.clip(margin, -500, 500)))
        return float(share @ np.logaddexp(0, -margin) + penalty @ w**2), x.T @ slope + 2 * penalty * w

    limits = [(None, None), *(bounds(name, feature) for feature in known.names[1:])]
    start = np.zeros(len(known.names))
    return np.asarray(minimize(loss, start, jac=True, bounds=limits, method="L-BFGS-B", options={"maxiter": 400}).x)


def _penalty(feature: str) -> float:
    return PENALTY * (NAMED_PENALTY if feature.startswith(NAMED) else 1.0)


def by_class(known: Measured) -> dict[str, Measured]:
    """Return the documents on which each class is trained: those known, and those written for it alone behind them."""
    return {name: _with(known, OF_ONE_CLASS.get(name, "")) for name in CLASSES}


def _with(known: Measured, file: str) -> Measured:
    if not file:
        return known
    pages = list(written(Path(__file__).parent / file))
    more = measure([*pages, *variants(pages)])
    return Measured(
        [*known.pages, *more.pages],
        known.names,
        np.vstack([known.x, more.x]),
        [*known.languages, *more.languages],
        [*known.lengths, *more.lengths],
    )


def held_out(trained: dict[str, Measured], count: int) -> Array:
    """Return the log-odds of the first `count` documents for each class, by weights of other firms."""
    logits = np.zeros((count, len(CLASSES)))
    for index, name in enumerate(CLASSES):
        known = trained[name]
        firms = Counter(page.firm for page in known.pages)
        part = np.array([zlib.crc32(page.firm.encode()) % FOLDS for page in known.pages])
        for fold in range(FOLDS):
            own = (part == fold)[:count]
            logits[own, index] = known.x[:count][own] @ fit(name, known, part != fold, firms)
    return logits


def slope(logits: Array, truth: Array) -> float:
    """Return the factor that makes log-odds of firms held out probabilities. The penalty makes them too small."""
    sign = np.where(truth, 1.0, -1.0)

    def loss(factor: Array) -> float:
        return float(np.logaddexp(0, -sign * factor[0] * logits).mean())

    return float(minimize(loss, np.ones(1), bounds=[(0.5, 5.0)]).x[0])


def write(name: str, known: Measured, factor: float, figures: dict[str, object]) -> None:
    firms = Counter(page.firm for page in known.pages)
    weights = fit(name, known, np.ones(len(known.pages), bool), firms)
    weights[0] -= MARGIN * (name == CLASSES[0])
    data = {
        "about": "written by tools/train_gate.py; benchmarks/GATE.md has the figures",
        "weights": {
            feature: round(float(factor * weight), 3)
            for feature, weight in zip(known.names, weights, strict=True)
            if abs(factor * weight) >= 0.0005 or feature == "bias"
        },
        "held out by firm": figures,
    }
    path = ROOT / "pipelines" / "kinds" / name / "weights.json"
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="measure, and write no weights")
    parser.add_argument("--only", choices=CLASSES, metavar="CLASS", help="write the weights of this class alone")
    parser.add_argument("--misses", action="store_true", help="name the documents that are judged wrongly")
    given = parser.parse_args()
    if minimize is None:
        parser.error("scipy is needed, which the project itself does not need: pip install scipy")
    once = labelled(given.shared)
    known = measure([*once, *variants(once)])
    trained = by_class(known)
    logits = held_out(trained, len(once))
    logits[:, 0] -= MARGIN
    truths = [np.array([name in page.classes for page in once]) for name in CLASSES]
    factors = [slope(column, truth) for column, truth in zip(logits.T, truths, strict=True)]
    logits *= np.array(factors)
    figures = report(once, known.languages, known.lengths, logits, misses=given.misses)
    if not given.dry_run:
        for name, factor in zip(CLASSES, factors, strict=True):
            if given.only in {None, name}:
                write(name, trained[name], factor, figures[name])


if __name__ == "__main__":
    main()
