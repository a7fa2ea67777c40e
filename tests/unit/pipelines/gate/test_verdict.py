"""Verdicts on texts of pages of which more is known than the text."""

from __future__ import annotations

import pytest

from pipelines.document import Document
from pipelines.gate.no_document import CHALLENGE
from pipelines.gate.prior import NOTHING, Evidence, threshold
from pipelines.gate.verdict import Examined, examine, judgement, with_others

GIVEN = Evidence(given=True)
LINKED = Evidence(linked=True)


def text(score: float, *, language: str = "en", nothing: str = "") -> Examined:
    return Examined("a" * 64, score, language, nothing)


@pytest.mark.parametrize(
    ("found", "evidence", "cause"),
    [
        (text(0.5), NOTHING, ""),
        (text(0.49), NOTHING, "policy score 0.49"),
        (text(0.3), LINKED, ""),
        (text(0.1), LINKED, "policy score 0.10"),
        (text(0.01), GIVEN, ""),
        (text(0.01, nothing=CHALLENGE), GIVEN, CHALLENGE),
        (text(0.01, nothing=CHALLENGE), NOTHING, "policy score 0.01"),
        (text(0.3, nothing=CHALLENGE), LINKED, CHALLENGE),
        (text(0.9, language="de"), NOTHING, "language de"),
        (text(0.01, language="de"), GIVEN, "language de"),
    ],
)
def test_why_not(found: Examined, evidence: Evidence, cause: str) -> None:
    assert found.why_not(evidence, ("en",)) == cause


def test_judgement_keeps_the_score_and_lowers_the_threshold() -> None:
    assert judgement(text(0.3), NOTHING)[1:3] == (0.3, 0.5)
    assert judgement(text(0.3), LINKED)[1:3] == (0.3, threshold(LINKED))
    assert not judgement(text(0.3), NOTHING).is_policy
    assert judgement(text(0.3), LINKED).is_policy


def test_examine_looks_for_error_pages_in_doubtful_texts_only() -> None:
    refused = Document("acme.example", None, None, "Just a moment...", "Enable JavaScript and cookies to continue\n")
    assert examine(refused).nothing == CHALLENGE
    refused.__dict__["policy_score"] = 0.9
    assert examine(refused).nothing == ""


def test_with_others_counts_the_other_texts() -> None:
    found = with_others(LINKED, {"a": 0.9, "b": 0.4, "c": 0.6})
    assert found == {
        "a": Evidence(linked=True, other_policies=1, other_texts=2),
        "b": Evidence(linked=True, other_policies=2, other_texts=2),
        "c": Evidence(linked=True, other_policies=1, other_texts=2),
    }
    assert with_others(NOTHING, {"a": 0.9}) == {"a": NOTHING}


def test_with_others_a_doubtful_text_does_not_speak_for_others() -> None:
    assert with_others(NOTHING, {"a": 0.45, "b": 0.45})["a"].other_policies == 0
