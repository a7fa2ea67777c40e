"""Learn the weights of the features of URLs from the half of the addresses that is for learning.

    python tools/train_addresses.py [--dry-run]    (reads ../shared; benchmarks/addresses.py measures the result)

A logistic regression with an L2 penalty by gradient descent from zero, so that a run gives the same weights every time.
No weight may contradict its feature's name: a name of the kind never lowers a score, and what stands against a page never
raises it. An address that is in both sorts of examples (a link of a page to a policy) counts as a policy.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.address_data import ROOT, hard_negatives, ordinary, policies
from benchmarks.address_split import Half
from crawler.discovery.url_features import PLACES, features
from pipelines.kinds.privacy import PRIVACY

WEIGHTS: Final = ROOT / "pipelines" / "kinds" / "privacy" / "url_weights.json"
ROUNDS: Final = 1_000
RATE: Final = 0.5
PENALTY: Final = 0.3
HARD: Final = 8.0
ORDINARY: Final = 0.1
"""What an address counts beside a policy's: a hard negative more, of which few are known, a page's other link less."""

Example = tuple[dict[str, float], float, float]
"""Features, whether it is a policy (1 or 0), and what it counts."""


def main() -> None:
    """Learn the weights and write them, or print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="print the weights, write nothing")
    arguments = parser.parse_args()
    weights = learned(examples())
    text = content(weights)
    if arguments.dry_run:
        print(text)
    else:
        WEIGHTS.write_text(text, "utf-8")


def examples() -> list[Example]:
    """Return the examples of the half for learning. An address without features is none: its score is 0 anyhow."""
    found = policies(Half.LEARN)
    known = set(found)
    rows = [(url, 1.0, 1.0) for url in found]
    rows += [(each.url, 0.0, HARD) for each in hard_negatives(Half.LEARN)]
    rows += [(url, 0.0, ORDINARY) for url in ordinary(Half.LEARN) if url not in known]
    return [(described, label, counts) for url, label, counts in rows if (described := features(url, PRIVACY.urls))]


def learned(rows: list[Example]) -> dict[str, float]:
    """Return the weight of each feature, and the bias."""
    weights: defaultdict[str, float] = defaultdict(float)
    squares: defaultdict[str, float] = defaultdict(lambda: 1e-9)
    for _ in range(ROUNDS):
        slopes: defaultdict[str, float] = defaultdict(float)
        for described, label, counts in rows:
            odds = weights["bias"] + sum(weights[name] * value for name, value in described.items())
            wrong = counts * (1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))) - label)
            slopes["bias"] += wrong
            for name, value in described.items():
                slopes[name] += wrong * value
        for name, slope in slopes.items():
            full = slope + PENALTY * weights[name] * (name != "bias")
            squares[name] += full * full
            weights[name] = bounded(name, weights[name] - RATE * full / math.sqrt(squares[name]))
    return {name: round(weight, 2) for name, weight in sorted(weights.items()) if abs(weight) >= 0.01}


def bounded(name: str, weight: float) -> float:
    """Return a weight that does not contradict its feature's name."""
    place, _, said = name.partition(".")
    if name == "bias":
        return weight
    tiers = {tier for tier, _ in (*PRIVACY.urls.names, *PRIVACY.urls.relatives)}
    return max(0.0, weight) if place in PLACES and said in tiers else min(0.0, weight)


def content(weights: dict[str, float]) -> str:
    """Return the file that holds the weights."""
    about = "written by tools/train_addresses.py; benchmarks/ADDRESSES.md has the figures"
    return json.dumps({"about": about, "weights": weights}, indent=1) + "\n"


if __name__ == "__main__":
    main()
