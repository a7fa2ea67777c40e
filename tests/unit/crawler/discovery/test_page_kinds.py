"""Each page belongs to one kind of document."""

from __future__ import annotations

import pytest

from crawler.discovery.knowledge import Page
from crawler.discovery.page_kinds import Claim, best_kind
from pipelines.catalog.discovery_queries import SearchedPage
from pipelines.kinds import KINDS

PRIVACY, TERMS = KINDS["privacy"], KINDS["terms"]
BOTH = (PRIVACY, TERMS)
SITE = "https://acme.example"
KEY = "example,acme)/legal"


def page(*, in_vain: bool = False, texts: bool = False) -> Page:
    years = frozenset({4036})
    none: frozenset[int] = frozenset()
    usable, vain = (none, years) if in_vain else (years, none)
    return Page(KEY, f"{SITE}/legal", usable, none, years if texts else none, none, vain, is_alive=True)


@pytest.mark.parametrize(
    ("path", "linked", "kind"),
    [
        ("/privacy", {}, "privacy"),
        ("/terms", {}, "terms"),
        ("/agb.html", {}, "terms"),
        ("/terms-and-privacy", {}, "privacy"),  # of both: the first one's
        ("/legal", {}, "privacy"),
        ("/legal", {"terms": 3}, "terms"),
        ("/doc9", {"privacy": 2, "terms": 2}, "privacy"),
        ("/doc9", {"terms": 1}, "terms"),
        ("/terms", {"privacy": 2, "terms": 5}, "terms"),
        ("/terms", {"privacy": 2}, "privacy"),  # home pages call it the policy
        ("/", {}, "privacy"),
    ],
)
def test_best_kind(path: str, linked: dict[str, int], kind: str) -> None:
    assert best_kind(f"{SITE}{path}", linked, BOTH).name == kind


def test_best_kind_of_one_kind_is_that_kind() -> None:
    assert best_kind(f"{SITE}/privacy", {}, (TERMS,)) is TERMS


def claim(kind: str, *before: str, given: str = "", kinds: tuple[str, ...] = ("privacy", "terms")) -> Claim:
    searched = {KEY: SearchedPage(before[-1], before[:-1])} if before else {}
    return Claim(KINDS[kind], tuple(KINDS[name] for name in kinds), searched, {given: {KEY}} if given else {}, {})


def test_claim_a_page_that_was_searched_stays_with_its_kind() -> None:
    assert claim("privacy", "privacy").page(page(texts=True)) == page(texts=True)
    assert claim("terms", "privacy").page(page(texts=True)) is None
    assert claim("privacy", "terms", kinds=("privacy",)).page(page(texts=True)) is None
    assert claim("terms", "privacy").page(page()) is None  # still to be read


def test_claim_a_page_that_was_read_in_vain_is_another_kinds_once() -> None:
    assert claim("terms", "privacy").page(page(in_vain=True)) == page()  # as if it had not been read
    assert claim("privacy", "privacy").page(page(in_vain=True)) == page(in_vain=True)
    assert claim("privacy", "privacy", "terms").page(page(in_vain=True)) is None
    assert claim("terms", "privacy", "terms").page(page(in_vain=True)) == page(in_vain=True)


def test_claim_a_given_page_is_of_the_kind_it_is_given_for() -> None:
    assert claim("terms", given="terms").page(page()) == page()
    assert claim("privacy", given="terms").page(page()) is None
    assert claim("terms", "privacy", given="terms").page(page(texts=True)) == page(texts=True)
    assert claim("privacy").page(page()) == page()
    assert claim("terms").page(page()) is None
    assert claim("terms", kinds=("terms",)).page(page()) == page()
