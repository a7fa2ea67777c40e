"""The threshold of a page falls with what is known of it, and only with that."""

from __future__ import annotations

import itertools

import pytest

from pipelines.gate.assess import Assessment, assess
from pipelines.gate.prior import LOWEST, Evidence, threshold
from pipelines.kinds.privacy import PRIVACY

GIVEN = Evidence(given=True)
EACH = [
    GIVEN,
    Evidence(linked=True),
    Evidence(address_score=1.0),
    Evidence(other_policies=3, other_texts=3),
]


def test_threshold_of_guessed_page_is_the_kinds() -> None:
    assert threshold() == threshold(Evidence(other_texts=5)) == PRIVACY.threshold
    assert threshold(guessed=0.7) == 0.7


@pytest.mark.parametrize("evidence", EACH)
def test_threshold_each_evidence_lowers_it(evidence: Evidence) -> None:
    assert LOWEST <= threshold(evidence) < threshold()


def test_threshold_grows_with_evidence_of_one_sort() -> None:
    by_address = [threshold(Evidence(address_score=score / 10)) for score in range(11)]
    by_others = [threshold(Evidence(other_policies=count, other_texts=10)) for count in range(11)]
    for falling in (by_address, by_others):
        assert all(one > other for one, other in itertools.pairwise(falling))


def test_threshold_many_captures_say_more_than_one() -> None:
    assert threshold(Evidence(other_policies=10, other_texts=10)) < threshold(Evidence(other_policies=1, other_texts=1))


def test_threshold_never_below_lowest() -> None:
    everything = Evidence(given=True, linked=True, address_score=1.0, other_policies=50, other_texts=50)
    assert threshold(everything) == LOWEST
    assert threshold(everything, guessed=0.05) == 0.05


@pytest.mark.parametrize(
    "evidence",
    [Evidence(address_score=1.1), Evidence(address_score=-0.1), Evidence(other_policies=2, other_texts=1)],
)
def test_threshold_refuses_impossible_evidence(evidence: Evidence) -> None:
    with pytest.raises(ValueError, match="evidence out of range"):
        threshold(evidence)


def test_assessment_at_another_threshold_keeps_its_scores() -> None:
    doubtful = Assessment(0.3, is_policy=False, language="en", kind="other", scores=(0.3, 0.1, 0.1, 0.0, 0.0, 0.0, 0.4))
    known = doubtful.at(threshold(GIVEN))
    assert (known.is_policy, known.kind) == (True, "privacy")
    assert (known.policy_score, known.scores, known.language) == (0.3, doubtful.scores, "en")
    assert known.at(threshold()) == doubtful


@pytest.mark.parametrize(
    "body",
    [
        "",
        "## 404 - Page not found\n\nSorry, the page you requested could not be found.",
        "Please log in.\n\nUsername\n\nPassword\n\n[Forgot your password?](https://a.example/f)",
        "Checking your browser before accessing the site. Please enable JavaScript and cookies.",
        "This domain is for sale. Related searches: web hosting, domain names, privacy policy.",
    ],
)
def test_no_evidence_makes_a_policy_of_an_empty_page(body: str) -> None:
    assert not assess("Privacy Policy", body).at(LOWEST).is_policy
