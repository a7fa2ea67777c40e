"""Train pipelines/gate_weights.json.

    python tools/train_gate.py GOLDEN_DIR          (needs scikit-learn; nothing else in the project does)

Pages: GOLDEN_DIR/*/*.txt, labelled by their names and by the exceptions below, and tools/gate_pages.md, written for this.
Validation leaves out one company at a time, with all its pages. Of texts that occur twice, one is used.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pipelines.dedup import text_sha256
from pipelines.gate_features import features
from pipelines.language import detect

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "pipelines" / "gate_weights.json"
STRENGTH = 1.0
"""Inverse of the L2 penalty: small, for few pages and features that mean what their names say."""

# One firm under several names: its pages go together, so that none is judged by its sister's.
SAME_FIRM = {"ChatGPT": "OpenAI", "DALL-302-267E": "OpenAI", "Grok": "xAI", "GitHub-Copilot": "GitHub"} | {
    "npm-Public-Registry": "GitHub", "site-patrol.com": "host8b.com", "hostbluefish.com": "hostbluefish.com",
}  # fmt: skip
# What the name doesn't say. Combined legal pages, a privacy policy being a main part; another page's name on a policy.
POLICIES = re.compile(
    r"Buffer-|Mistral-AI-(?!Imprint).*__20250105|Mistral-AI-Developer-Terms-html__20250101|Speechify-Trackers"
)
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
    for path in sorted(folder.glob("*/*.txt")):
        title, body = path.read_bytes().decode().split("\n\n", 2)[1:]
        name = path.stem
        if name in LEFT_OUT:
            continue
        if path.parent.name != "modern":
            yield Page(name, SAME_FIRM.get(name, name), title[2:], body, policy=True)
            continue
        firm = re.sub(r"^[a-z]+__|-(?:html__|Privacy|Terms|Trackers|Copyright|Developer|Acceptable|Data-P|Platform|Brand"
                      r"|Imprint|Accessib|Community|Vulnerab).*", "", name)  # fmt: skip
        policy = "-Privacy-Policy-" in name or bool(POLICIES.search(name))
        yield Page(name, SAME_FIRM.get(firm, firm), title[2:], body, policy=policy)


def written(path: Path) -> Iterator[Page]:
    """Read pages as `=== policy|other name`, then `# title`, an empty line, and the body."""
    for part in path.read_text("utf-8").split("\n=== ")[1:]:
        head, title, body = part.split("\n", 2)
        label, name = head.split(" ", 1)
        yield Page(name, f"written {name}", title[2:], body.lstrip("\n"), policy=label == "policy")


def pages(folder: Path) -> list[Page]:
    found = [*golden(folder), *written(HERE / "gate_pages.md")]
    return list({text_sha256(page.title, page.body): page for page in found}.values())


def report(known: list[Page], scores: np.ndarray) -> dict[str, float]:
    truth, said = np.array([page.policy for page in known]), scores >= 0.5
    for page, score in zip(known, scores, strict=True):
        if page.policy != (score >= 0.5):
            print(f"  {'missed' if page.policy else 'passed'} {score:.3f} {page.name}")
    right = int((truth & said).sum())
    return {"precision": round(right / said.sum(), 4), "recall": round(right / truth.sum(), 4)}


def main() -> None:
    known = pages(Path(sys.argv[1]))
    measured = [features(page.title, page.body, detect(page.body)) for page in known]
    names = list(measured[0])
    x = np.array([[row[name] for name in names] for row in measured])
    y = np.array([page.policy for page in known])
    firms = np.array([page.firm for page in known])
    per_firm = Counter(firms)
    model = LogisticRegression(C=STRENGTH, max_iter=5000, class_weight="balanced")
    left_out = cross_val_predict(model, x, y, groups=firms, cv=LeaveOneGroupOut(), method="predict_proba")[:, 1]
    print(f"{len(known)} texts, {y.sum()} of them policies, {len(per_firm)} firms")
    print("firm left out:", validation := report(known, left_out))
    model.fit(x, y)
    print("trained on all:", report(known, model.predict_proba(x)[:, 1]))
    weights = {"bias": float(model.intercept_[0])} | dict(zip(names, map(float, model.coef_[0]), strict=True))
    for name, weight in weights.items():
        print(f"   {name:16} {weight:6.2f}")
    WEIGHTS.write_text(
        json.dumps(
            {
                "weights": {k: round(v, 3) for k, v in weights.items()},
                "left_one_firm_out": validation,
                "trained_on": {
                    "policies": sorted(p.name for p in known if p.policy),
                    "others": sorted(p.name for p in known if not p.policy),
                },
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
