"""Kinds of documents: everything particular to one is data in its folder."""

from __future__ import annotations

import ast
import pickle
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crawler.discovery.knowledge import Known
from crawler.discovery.link_texts import page_links
from crawler.discovery.plan import Plan
from crawler.discovery.questions import Asked, Ending, Outcome, Phase
from crawler.discovery.url_scores import best_pages, can_be_policy, page_score, policy_score
from pipelines import document
from pipelines.document import Document, parse
from pipelines.gate.assess import assess
from pipelines.kinds import KINDS
from pipelines.kinds.base import LinkTexts, UrlWords
from pipelines.kinds.classes import CLASSES
from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.vocabulary import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.support.commands import ROOT

VOCABULARY = re.compile("priva|datenschutz|confidential|gdpr|dsgvo", re.IGNORECASE)
PROSE = re.compile(
    r"privacy-policy-(?:versions|historical)|(?:versions?|changes) of (?:companies' )?privacy policies|The privacy policies"
    r"|Corpus of Privacy Policies|<title>Privacy</title>|like a privacy policy|https://example\.com/privacy",
    re.IGNORECASE,
)
"""Sentences for users, example addresses and the worker's warm-up page. None is searched for."""
READER = ROOT / "pipelines" / "convert" / "reader" / "rules.py"
MIGRATIONS = ROOT / "pipelines" / "catalog" / "migrations"  # name the kind that all documents had then
EXEMPT = (ROOT / "pipelines" / "kinds" / "privacy", READER, MIGRATIONS)
"""Class names of consent banners, part of Readability's rules."""

RULES = replace(
    PRIVACY,
    name="rules",
    header_noun="house rules",
    urls=UrlWords(
        names=(("full", re.compile("terms-of-service")), ("word", re.compile("terms|agb"))),
        relatives=(),
        companions=re.compile("service"),
        namesakes=re.compile("long-terms"),
        weights={"bias": -1.0, "page.full": 9.0, "page.word": 3.0, "page.namesake": -9.0},
        filter_regex=".*terms.*",
    ),
    links=LinkTexts(
        rel="terms-of-service",
        exact=frozenset({"terms", "agb"}),
        names=re.compile("terms"),
        companions=frozenset({"service", "of"}),
        namesakes=re.compile("long terms"),
        neighbours=re.compile("rules"),
        hubs=(re.compile("legal"),),
        hosts=re.compile("terms.example/t/"),
        authorities=frozenset(),
    ),
    prefixes=("terms",),
    guesses=("terms", "tos.html"),
)


def strings(source: str) -> Iterator[ast.Constant]:
    """Yield the string and bytes literals of a module except docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in docstrings:
            yield node


def test_no_module_outside_a_kind_has_its_words() -> None:
    found = []
    modules = sorted([*(ROOT / "crawler").rglob("*.py"), *(ROOT / "pipelines").rglob("*.py")])
    for module in modules:
        if any(module.is_relative_to(path) for path in EXEMPT):
            continue
        for literal in strings(module.read_text("utf-8")):
            text = literal.value if isinstance(literal.value, str) else literal.value.decode("latin-1")
            if VOCABULARY.search(PROSE.sub("", text)):
                found.append(f"{module.relative_to(ROOT)}:{literal.lineno}: {text[:60]!r}")
    assert len(modules) > 100
    assert found == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kind_is_data_in_its_own_folder(kind) -> None:
    assert KINDS[kind.name] is kind
    assert pickle.loads(pickle.dumps(kind)) == kind  # noqa: S301
    assert kind.name in CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_class_has_phrases_and_weights_in_its_own_folder(name) -> None:
    phrases, weights = read_json(name, "phrases.json"), read_json(name, "weights.json")["weights"]
    assert "name" in phrases
    densities = {f"density.{name}.{group}" for group in phrases if group != "name"}
    assert densities & weights.keys()


def test_url_scores_follow_the_kind() -> None:
    assert policy_score("https://example.com/terms-of-service", RULES) > 0.99
    assert policy_score("https://example.com/privacy-policy", RULES) == 0
    assert not can_be_policy("https://example.com/long-terms", RULES)
    assert can_be_policy("https://example.com/agb", RULES)
    assert not can_be_policy("https://example.com/agb")
    assert page_score("https://example.com/agb", 1, RULES) > page_score("https://example.com/agb", 1)
    pages = [("com,example)/agb", "https://example.com/agb"), ("com,example)/privacy", "https://example.com/privacy")]
    assert best_pages(pages, {}, kind=RULES) == ["com,example)/agb"]


@pytest.mark.parametrize(
    ("html", "policies", "hubs"),
    [
        ('<a href="/a">AGB</a><a href="/p">Privacy Policy</a>', ["/a"], []),
        ('<a href="/s">Terms of our service</a><a href="/l">Long terms</a>', ["/s"], []),
        ('<a href="/l">Long terms</a><a href="/x">Legal</a>', [], ["/x"]),
        ('<a href="/x" rel="terms-of-service">x</a><a href="/p" rel="privacy-policy">Privacy</a>', ["/x"], []),
    ],
)
def test_link_texts_follow_the_kind(html: str, policies: list[str], hubs: list[str]) -> None:
    links = page_links(html.encode(), "", url="http://a.example/", domain="a.example", kind=RULES)
    assert links.policies == tuple(f"http://a.example{path}" for path in policies)
    assert links.hubs == tuple(f"http://a.example{path}" for path in hubs)


def test_guesses_follow_the_kind() -> None:
    known, asked = Known("a.example", "example,a)/", kind=RULES), Asked()
    urls = []
    while question := Plan(known, asked, now=4052).next_question(Phase.GUESSED):
        urls.append(question.query.url)
        asked.outcomes[question] = Outcome(Ending.READ)
    assert urls == ["http://a.example/terms", "http://a.example/tos.html"]  # the prefix has said what is at /terms


def test_threshold_follows_the_kind() -> None:
    text = "We collect personal information and use cookies to provide the service. " * 3
    score = assess("Privacy Policy", text).policy_score
    assert assess("Privacy Policy", text, replace(PRIVACY, threshold=score)).is_policy
    assert not assess("Privacy Policy", text, replace(PRIVACY, threshold=score + 0.001)).is_policy


def test_header_of_another_kind_reads_back(monkeypatch) -> None:
    made = Document("a.example", "2020-01-02", "https://web.archive.org/web/x", "T", "B\n", noun=RULES.header_noun)
    assert "from the a.example house rules that was archived on 2020-01-02." in made.text
    assert parse(made.text).domain is None
    monkeypatch.setattr(document, "_HEADER_PATTERN", document._header_pattern([PRIVACY, RULES]))
    assert parse(made.text) == made


def test_document_keeps_its_facts_when_pickled(monkeypatch) -> None:
    made = Document("a.example", None, None, "T", "We collect data.\n")
    known = made.text_sha256, made.words, made.policy_score, made.language
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301
    for name in ("text_sha256", "visible_words", "assess"):
        monkeypatch.setattr(document, name, None)
    assert (copy.text_sha256, copy.words, copy.policy_score, copy.language) == known
