from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.gate.assess import MAX_CHARS, assess, explain
from pipelines.gate.features import features
from pipelines.gate.language import detect
from pipelines.gate.phrases import find
from pipelines.kinds.privacy import PRIVACY
from tests.support.commands import SHARED

PAGES = Path(__file__).with_name("gate_pages.md")
GOLDEN = SHARED / "golden"
SEEDS = GOLDEN.parent / "seeds"

POLICY = """We collect the personal information that you give us when you order: your name, email address and payment
details. We use your information to provide our services and to bill you. We do not sell or share your personal
information with third parties, except with service providers who work for us, or when required by law. We use cookies.
You may opt out of mailings, and you have the right to access, correct or delete your personal data."""
PHRASES = PRIVACY.read_json("phrases.json")
WEIGHTS = PRIVACY.read_json("weights.json")


@dataclass(frozen=True)
class Page:
    name: str
    policy: bool
    title: str
    body: str


def written() -> list[Page]:
    """Read gate_pages.md: `=== policy|other language-name`, `# title`, body."""
    pages = []
    for part in PAGES.read_text("utf-8").split("\n=== ")[1:]:
        head, title, body = part.split("\n", 2)
        label, name = head.split(" ", 1)
        pages.append(Page(name, label == "policy", title.removeprefix("# "), body))
    return pages


def document(path: Path) -> tuple[str, str]:
    """Take title and body out of a document; the header line and the title may be missing."""
    text = re.sub(r"\A> \*.*\n\n", "", path.read_bytes().decode())
    title = re.match(r"# (.*)\n\n", text)
    return (title[1], text[title.end() :]) if title else ("", text)


def precision_and_recall(pages: list[Page]) -> tuple[float, float]:
    said = {page.name for page in pages if assess(page.title, page.body).is_policy}
    true = {page.name for page in pages if page.policy}
    return len(said & true) / len(said), len(said & true) / len(true)


def test_assess_held_out_pages():
    """49 pages, half of them as hard as they get (blogs on privacy, products, cookies); one is known to be let in."""
    precision, recall = precision_and_recall(written())
    assert precision >= 0.94
    assert recall >= 0.98


@pytest.mark.parametrize("page", [page for page in written() if len(page.body) > 150], ids=lambda page: page.name)
def test_detect_languages(page):
    assert assess(page.title, page.body).language == page.name[:2]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="needs ../shared")
def test_assess_seeds_are_policies():
    documents = [document(path) for path in sorted(SEEDS.glob("*.txt"))]
    assert len(documents) == 5
    for title, body in documents:
        assessment = assess(title, body)
        assert assessment.policy_score > 0.9
        assert assessment.language == "en"


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="needs ../shared")
def test_assess_golden_pages():
    """Trained on, so the floor is about the shipped weights; for pages not seen see `one firm left out` in them."""
    pages = []
    for path in GOLDEN.glob("*/*.txt"):
        modern, name = path.parent.name == "modern", path.stem
        # Combined legal pages and mislabelled ones: see tools/train_gate.py.
        if re.search(r"Buffer-|Mistral-AI-.*__20250|Speechify-Trackers|domdigger", name):
            continue
        pages.append(Page(f"{path.parent.name}/{name}", not modern or "-Privacy-Policy-" in name, *document(path)))
    precision, recall = precision_and_recall(pages)
    assert precision >= 0.98
    assert recall >= 0.98


def test_weights_record_held_out_accuracy():
    real = WEIGHTS["one firm left out"]["real pages"]
    assert real["precision"] >= 0.98
    assert real["recall"] >= 0.95
    assert real["pages"] >= 150
    assert len(WEIGHTS["policies"]) >= 80
    assert len(WEIGHTS["others"]) >= 80


def test_weights_and_features_have_same_names():
    assert set(features("", "", "en")) | {"bias"} == set(WEIGHTS["weights"])


@pytest.mark.parametrize("language", [*PHRASES["policy_name"], "und"])
def test_features_are_between_0_and_1(language):
    measured = features("Privacy Policy", POLICY * 20, language)
    assert all(0 <= value <= 1 for value in measured.values())


def test_explain_adds_up_to_score():
    parts = explain("Privacy Policy", POLICY)
    assert (sum(parts.values()) >= 0) == assess("Privacy Policy", POLICY).is_policy
    assert abs(next(iter(parts.values()))) == max(map(abs, parts.values()))


@pytest.mark.parametrize("title", ["Privacy Policy", "Acme - Hosting, Servers, Bandwidth", ""])
def test_assess_policy_by_body(title):
    assessment = assess(title, POLICY)
    assert assessment.is_policy
    assert assessment.policy_score >= PRIVACY.threshold


@pytest.mark.parametrize(
    "body",
    ["", " \n", "Please enable JavaScript to view this site.", "This page has moved.", "[](https://a.example/)" * 50],
)
def test_assess_title_alone_is_no_policy(body):
    assert not assess("Privacy Policy", body).is_policy


def test_assess_ignores_link_targets():
    links = "[more](https://a.example/we-collect-personal-information-privacy-policy) " * 40
    assert assess("Links", links).policy_score == assess("Links", "[more](https://a.example/x) " * 40).policy_score


def test_assess_reads_bounded_text():
    filler = "nothing here. " * (MAX_CHARS // 14 + 1)
    assert assess("", filler + POLICY * 50) == assess("", filler)


@pytest.mark.parametrize(
    "unit", ["[", "](", "<a:", "a ", "日", "we collect personal data ", "x" * 50, "http://", "\n", "\ud800 "]
)
def test_assess_hostile_body(unit):
    text = unit * (10_000_000 // len(unit))
    assert 0 <= assess(text, text).policy_score <= 1


def test_detect_short_text_is_undetermined():
    assert detect("Privacy Policy") == "und"
    assert detect("https://www.example.com/this/is/an/address/and/says/nothing/about/the/language " * 5) == "und"


def test_detect_ignores_menu_and_addresses():
    german = "Wir erheben personenbezogene Daten nur, soweit es nötig ist, und geben sie nicht an Dritte weiter. " * 20
    assert detect("[Home](https://a.example/) [About us](https://a.example/about) " + german) == "de"


def test_find_whole_words_unless_starred():
    assert [group for _, group in find(["dpas"], "en", PRIVACY)] == []
    assert (0, "processor") in list(find(["subprocessors"], "en", PRIVACY))
    assert (1, "collect") in list(find(["what", "we", "collect"], "en", PRIVACY))
    assert (0, "personal_data") in list(find(["personenbezogenen"], "de", PRIVACY))
    assert list(find(["personenbezogenen"], "fr", PRIVACY)) == []


def test_find_unknown_language_uses_all_phrases():
    assert (0, "personal_data") in list(find(["personenbezogenen"], "sw", PRIVACY))


def test_phrases_groups_have_english():
    assert all("en" in languages for languages in PHRASES.values())
    assert all(
        re.search(r"\w", phrase) for languages in PHRASES.values() for each in languages.values() for phrase in each
    )
