"""Train pipelines/kinds/privacy/weights.json, and say how well it does.

    python tools/train_gate.py GOLDEN_DIR          (needs numpy and scipy, which the project itself does not)

Pages: the text files of GOLDEN_DIR's real pages, labelled by their names and by the exceptions below, and
tools/gate_pages.md, written for this. Of texts that occur twice, one is used. Every page counts twice, once under a title
that says nothing, since many sites have one title for all their pages. Validation leaves out one firm at a time, with all
its pages.

The model is a logistic regression with an L2 penalty. A weight may not contradict its feature's name (`AGAINST`): with so
few pages it otherwise would, now and then, and fail on the next firm.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pipelines.gate.assess import MAX_CHARS
from pipelines.gate.features import features
from pipelines.gate.language import detect
from pipelines.similarity.fingerprint import text_sha256
from pipelines.similarity.markdown_links import strip_link_targets

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "pipelines" / "kinds" / "privacy" / "weights.json"
GOLDEN = ("corpus", "modern", "seeds")
"""Folders of real pages; `minis` has pages made for the converter."""
PENALTY = 0.3
MARGIN = 0.3
"""Log-odds by which the boundary is moved towards precision; by the scores of the firms left out."""
AGAINST = {
    "title_other", "head_other", "terms", "processor", "shop", "article", "empty", "login", "title_neighbour", "neighbour"
}  # fmt: skip
NEUTRAL_TITLE = "Example Networks - Hosting, Servers, Bandwidth"

# One firm under several names: its pages go together, so that none is judged by its sister's.
SAME_FIRM = {
    "ChatGPT": "OpenAI", "DALL-302-267E": "OpenAI", "Grok": "xAI", "GitHub-Copilot": "GitHub",
    "npm-Public-Registry": "GitHub", "site-patrol.com": "host8b.com",
}  # fmt: skip
KIND = re.compile(
    r"-(?:html__|Privacy|Terms|Trackers|Copyright|Developer|Acceptable|Data-P|Platform|Brand|Imprint|Accessib|Community"
    r"|Vulnerab).*"
)
# Policies by another name: combined legal pages of which a privacy policy is a main part, and a policy served as another.
POLICIES = re.compile(r"Buffer-|Mistral-AI-(?!Imprint).*__20250[19]|Speechify-Trackers")
# The policy is a paragraph of an "about" page: neither one nor the other.
LEFT_OUT = {"domdigger.com"}


@dataclass(frozen=True)
class Page:
    """A labelled page."""

    name: str
    firm: str
    title: str
    body: str
    policy: bool


def golden(folder: Path) -> Iterator[Page]:
    for path in sorted(path for name in GOLDEN for path in folder.glob(f"{name}/*.txt")):
        title, body = path.read_bytes().decode().split("\n\n", 2)[1:]
        name = path.stem
        if name in LEFT_OUT:
            continue
        modern = path.parent.name == "modern"
        firm = KIND.sub("", name.split("__", 1)[1]) if modern else name
        policy = not modern or "-Privacy-Policy-" in name or bool(POLICIES.search(name))
        yield Page(name, SAME_FIRM.get(firm, firm), title[2:], body, policy=policy)


def written(path: Path) -> Iterator[Page]:
    """Read pages that start with `=== policy|other name` and `# title`; each is a firm of its own."""
    for part in path.read_text("utf-8").split("\n=== ")[1:]:
        head, title, body = part.split("\n", 2)
        label, name = head.split(" ", 1)
        yield Page(name, f"written {name}", title[2:], body.lstrip("\n"), policy=label == "policy")


def pages(folder: Path) -> list[Page]:
    found = [*golden(folder), *written(HERE / "gate_pages.md")]
    return list({text_sha256(page.title, page.body): page for page in found}.values())


def measure(known: list[Page]) -> tuple[list[str], Array]:
    texts = [strip_link_targets(page.body[:MAX_CHARS]) for page in known]
    rows = [features(page.title, text, detect(text)) for page, text in zip(known, texts, strict=True)]
    return ["bias", *rows[0]], np.array([[1.0, *row.values()] for row in rows])


def fit(names: list[str], x: Array, y: Array) -> Array:
    """Minimise the mean log loss, both classes weighing the same, and the penalty; the bias is free of it."""
    sign = np.where(y, 1.0, -1.0)
    share = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
    penalty = np.array([0.0] + [PENALTY / len(y)] * (len(names) - 1))

    def loss(w: Array) -> tuple[float, Array]:
        margin = sign * (x @ w)
        slope = -sign * share / (1 + np.exp(margin))
        return float(share @ np.logaddexp(0, -margin) + penalty @ w**2), x.T @ slope + 2 * penalty * w

    bounds = [(None, None)] + [(None, 0) if name in AGAINST else (0, None) for name in names[1:]]
    return np.asarray(minimize(loss, np.zeros(len(names)), jac=True, bounds=bounds, method="L-BFGS-B").x)


def left_out_scores(known: list[Page], names: list[str], x: Array, y: Array) -> Array:
    firms = np.array([page.firm for page in known])
    logits = np.zeros(len(known))
    for firm in set(firms):
        own = firms == firm
        logits[own] = x[own] @ fit(names, x[~own], y[~own]) - MARGIN
    return logits


def report(what: str, known: list[Page], logits: Array) -> dict[str, float]:
    truth, said = np.array([page.policy for page in known]), logits >= 0
    right = int((truth & said).sum())
    result = {"pages": len(known), "policies": int(truth.sum()), "precision": round(right / int(said.sum()), 4),
              "recall": round(right / int(truth.sum()), 4)}  # fmt: skip
    print(f"{what}: {result}")
    for page, logit in sorted(zip(known, logits, strict=True), key=lambda pair: pair[1]):
        if page.policy != (logit >= 0):
            print(f"   {'missed' if page.policy else 'passed'} {logit:6.2f} {page.name} ({page.title[:40]})")
    return result


def main() -> None:
    once = pages(Path(sys.argv[1]))
    known = once + [replace(page, title=NEUTRAL_TITLE) for page in once if page.body.strip()]
    names, x = measure(known)
    y = np.array([page.policy for page in known])
    left_out = left_out_scores(known, names, x, y)
    own, neutral = left_out[: len(once)], left_out[len(once) :]
    real = np.array([not page.firm.startswith("written ") for page in once])
    validation = {
        "real pages": report(
            "real pages", [page for page, is_real in zip(once, real, strict=True) if is_real], own[real]
        ),
        "all pages": report("all pages", once, own),
        "all pages, neutral title": report("all pages, neutral title", known[len(once) :], neutral),
    }
    weights = fit(names, x, y)
    weights[0] -= MARGIN
    report("trained on all", known, x @ weights)
    for name, weight in zip(names, weights, strict=True):
        print(f"   {name:16} {weight:6.2f}")
    data = {
        "about": "written by tools/train_gate.py; pages are named after golden/ and tools/gate_pages.md",
        "weights": {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)},
        "one firm left out": validation,
        "policies": sorted(page.name for page in once if page.policy),
        "others": sorted(page.name for page in once if not page.policy),
    }
    WEIGHTS.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
