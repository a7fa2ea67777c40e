"""What addresses alone say, on the half that nothing was learned from; and the filter of listings against urlkeys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from benchmarks.address_data import HARD_NEGATIVES, SHARED, hard_negatives, policies
from benchmarks.address_split import Half
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.url_features import features
from crawler.discovery.url_scores import can_be_policy
from pipelines.kinds.privacy import PRIVACY
from tools.train_addresses import bounded, learned

if TYPE_CHECKING:
    from collections.abc import Iterable

FILTER = re.compile(PRIVACY.urls.filter_regex)
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")


def share(found: Iterable[bool]) -> float:
    answers = list(found)
    return sum(answers) / len(answers)


@needs_shared
def test_policies_of_test_half_are_accepted() -> None:
    assert share(map(can_be_policy, policies(Half.TEST))) >= 0.95


@pytest.mark.parametrize("half", Half)
def test_hard_negatives_are_refused(half: Half) -> None:
    assert share(not can_be_policy(each.url) for each in hard_negatives(half)) >= 0.9


def test_hard_negatives_are_many_and_made_up() -> None:
    found = hard_negatives()
    assert len({each.url for each in found}) == len(found) > 400
    assert all(re.match(r"https://[a-z.]+\.example/", each.url) for each in found), HARD_NEGATIVES


@needs_shared
def test_filter_matches_urlkeys_of_test_half() -> None:
    assert share(FILTER.fullmatch(urlkey_of(url)) is not None for url in policies(Half.TEST)) >= 0.95


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com/privacy-policy", "https://example.com/Legal/Datenschutz.html?x=1",
        "https://privacy.example.com/en/x", "https://www.legal.eu.example.com/", "https://example.com/index.php?page=privacy",
        "https://example.com/datenschutzerkl%C3%A4rung", "https://example.com/%E9%9A%90%E7%A7%81", "https://example.com/pp",
        "https://example.co.uk/terms",
    ],
)  # fmt: skip
def test_filter_matches(url: str) -> None:
    assert FILTER.fullmatch(urlkey_of(url)), urlkey_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com/", "https://privacy.com/cards", "https://legal.example/x", "https://privateer.example.com/rum",
        "https://example.com/img/privacy.png", "https://example.com/css/legal.css?v=2", "https://example.com/hosting",
        "https://example.com/apple", "https://privacytools.example.com/browser",
    ],
)  # fmt: skip
def test_filter_leaves_out(url: str) -> None:
    assert not FILTER.fullmatch(urlkey_of(url)), urlkey_of(url)


def test_filter_is_short_and_plain() -> None:
    """The regex goes into a URL, and is read by Java: no possessive groups, no named groups, no Python-only flags."""
    assert len(PRIVACY.urls.filter_regex) < 1500
    assert not re.search(r"\(\?[^:!]|\+\+", PRIVACY.urls.filter_regex)


def test_guesses_are_few() -> None:
    assert len(PRIVACY.prefixes) <= 8
    assert sum(guess.startswith(PRIVACY.prefixes) for guess in PRIVACY.guesses) <= 4
    assert sum(not guess.startswith(PRIVACY.prefixes) for guess in PRIVACY.guesses) <= 4
    assert any(re.match("[a-z]{2}/", prefix) for prefix in PRIVACY.prefixes)


def test_weights_are_learned_the_same_every_time() -> None:
    urls = {"https://a.example/privacy-policy": 1.0, "https://a.example/blog/privacy-tips": 0.0}
    rows = [(features(url, PRIVACY.urls), label, 1.0) for url, label in urls.items()]
    weights = learned(rows)
    assert weights == learned(rows)
    assert weights["page.full"] > 0 > weights["folder.editorial"]
    assert bounded("page.full", -1.0) == bounded("folder.editorial", 1.0) == 0
    assert all(bounded(name, weight) == weight for name, weight in PRIVACY.urls.weights.items())
