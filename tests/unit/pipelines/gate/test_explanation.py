"""What `convert --explain` prints."""

from __future__ import annotations

import re

import pytest

from pipelines.gate.assess import assess, explain
from pipelines.gate.explanation import _REASONS, explanation
from pipelines.kinds.classes import CLASSES
from pipelines.kinds.vocabulary import read_json
from tests.unit.pipelines.gate.test_assess import POLICY, written


def test_explanation_has_verdict_scores_and_both_sides() -> None:
    lines = explanation("Privacy Policy", POLICY).splitlines()
    verdict = assess("Privacy Policy", POLICY)
    assert lines[0] == f"kind privacy, privacy score {verdict.policy_score:.2f} (threshold 0.50), language en"
    assert [word.partition(" ")[0] for word in lines[1].removeprefix("scores: ").split(", ")] == list(CLASSES)
    for_, against = lines.index("for privacy:"), lines.index("against privacy:")
    assert all(re.match(r"  +\+\d", line) for line in lines[for_ + 1 : against])
    assert all(re.match(r"  +-\d", line) for line in lines[against + 1 :])
    assert lines[against + 1 :]


def test_explanation_quotes_phrases_of_the_text() -> None:
    text = explanation("", POLICY)
    assert re.search(r"words on privacy: personal data \([^)]*personal information", text)
    thai = next(page for page in written() if page.name == "th-short")
    assert "นโยบายความเป็นส่วนตัว" in explanation(thai.title, thai.title + " " + thai.body)


@pytest.mark.parametrize("name", CLASSES)
def test_every_feature_has_a_reason(name: str) -> None:
    assert {feature.partition(".")[0] for feature in read_json(name, "weights.json")["weights"]} <= _REASONS.keys()


def test_explain_of_other_class_is_its_own_score() -> None:
    terms = explain("Terms of Service", "You agree to these terms. No warranty. Liability is limited.", "terms")
    assert sum(terms.values()) > 0


@pytest.mark.parametrize("body", ["", "\x1b]0;owned\x07 we collect personal data", "日" * 1000])
def test_explanation_of_any_text_ends_lines_properly(body: str) -> None:
    text = explanation(body[:50], body)
    assert text.endswith("\n")
    assert "\x1b" not in text
