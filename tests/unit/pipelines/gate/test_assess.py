from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.gate.assess import MAX_CHARS, assess, explain
from pipelines.gate.features import features, read
from pipelines.gate.language import detect
from pipelines.gate.phrases import find
from pipelines.kinds.classes import CLASSES
from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.vocabulary import read_json
from tests.support.commands import SHARED

PAGES = Path(__file__).with_name("gate_pages.md")
GOLDEN = SHARED / "golden"
SEEDS = GOLDEN.parent / "seeds"
GATE = GOLDEN.parent / "gate" / "pages.jsonl.gz"

POLICY = """We collect the personal information that you give us when you order: your name, email address and payment
details. We use your information to provide our services and to bill you. We do not sell or share your personal
information with third parties, except with service providers who work for us, or when required by law. We use cookies.
You may opt out of mailings, and you have the right to access, correct or delete your personal data."""
PHRASES = read_json("privacy", "phrases.json")


@dataclass(frozen=True)
class Page:
    name: str
    kind: str
    title: str
    body: str

    @property
    def policy(self) -> bool:
        return self.kind == "privacy"


def written() -> list[Page]:
    """Read gate_pages.md: `=== class language-name`, `# title`, body."""
    pages = []
    for part in PAGES.read_text("utf-8").split("\n=== ")[1:]:
        head, title, body = part.split("\n", 2)
        label, name = head.split(" ", 1)
        pages.append(Page(name, label, title.removeprefix("# "), body))
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
    """58 pages, half of them as hard as they get (blogs on privacy, products, cookies); one is known to be let in."""
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
        kind = "privacy" if not modern or "-Privacy-Policy-" in name else "other"
        pages.append(Page(f"{path.parent.name}/{name}", kind, *document(path)))
    precision, recall = precision_and_recall(pages)
    assert precision >= 0.98
    assert recall >= 0.98


def test_weights_record_held_out_accuracy():
    figures = read_json("privacy", "weights.json")["held out by firm"]
    assert figures["precision"] >= 0.98
    assert figures["recall"] >= 0.97
    assert figures["documents"] >= 820


@pytest.mark.parametrize("name", CLASSES)
def test_weights_are_of_features(name):
    weights = read_json(name, "weights.json")["weights"]
    assert weights.keys() <= {*features("", "", "en", read("", "en")), "bias"}
    assert all(abs(weight) < 15 for weight in weights.values())
    assert weights[f"title.{name}"] > 0


@pytest.mark.parametrize("language", [*PHRASES["name"], "und"])
def test_features_are_between_0_and_1(language):
    for text in (POLICY * 20, POLICY, "", "日"):
        measured = features("Privacy Policy", text, language, read(text, language))
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
    assert [group for _, group in find(["dpas"], "en")] == []
    assert (0, "processing.detail") in list(find(["subprocessors"], "en"))
    assert (1, "privacy.collect") in list(find(["what", "we", "collect"], "en"))
    assert (0, "privacy.personal_data") in list(find(["personenbezogenen"], "de"))
    assert list(find(["personenbezogenen"], "fr")) == []


def test_find_unknown_language_uses_all_phrases():
    assert (0, "privacy.personal_data") in list(find(["personenbezogenen"], "sw"))


@pytest.mark.parametrize("name", CLASSES)
def test_phrases_are_words_and_groups_have_english(name):
    table = read_json(name, "phrases.json")
    assert all("en" in languages for languages in table.values())
    phrases = [phrase for languages in table.values() for each in languages.values() for phrase in each]
    assert all(re.search(r"\w", phrase) for phrase in phrases)


LANGUAGES = "en de fr es it nl pt pl sv da no fi cs hu ro ru tr zh ja ar ko el hi id ms vi th he uk sk ca".split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_of_privacy_and_terms_cover_language(language):
    assert all(language in languages for languages in read_json("privacy", "phrases.json").values())
    assert all(language in languages for languages in read_json("terms", "phrases.json").values())


KINDS_BY_TEXT = {
    "terms": """By using our servers you agree to these terms of service. Fees are due in advance and are not refundable. You
        may not resell the service. We may terminate your account without notice. The service is provided as is, without
        warranty of any kind, and our liability is limited. These terms are governed by the laws of Oregon.""",
    "cookies": """Cookies are small text files that your browser keeps. We use strictly necessary cookies, performance cookies
        and third party cookies. This cookie policy lists each cookie, its purpose and when it expires. You can delete cookies
        or change your browser settings to block them.""",
    "imprint": """Example Hosting GmbH, registered office in Berlin, commercial register HRB 12345, VAT ID DE 123456789.
        Managing director: A. Example. Phone +49 30 000000. Responsible for content: A. Example.""",
    "processing": """This data processing addendum is part of the agreement between the customer and the processor. The
        processor shall process customer personal data only on documented instructions of the customer, shall notify the
        customer of a personal data breach, allow audits and use only the sub-processors listed in annex 2. The standard
        contractual clauses apply: the customer is the data exporter.""",
    "acceptable_use": """You may not use our servers for spam, phishing, malware or anything illegal. Harassment, hate speech,
        threats of violence and child sexual abuse material are prohibited. We remove content and suspend accounts that
        violate this acceptable use policy. Report abuse to us.""",
}
TITLES = {
    "terms": "Terms of Service", "cookies": "Cookie Policy", "imprint": "Imprint",
    "processing": "Data Processing Addendum", "acceptable_use": "Acceptable Use Policy",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS_BY_TEXT)
@pytest.mark.parametrize("titled", [True, False])
def test_assess_tells_neighbours_apart(name, titled):
    assessment = assess(TITLES[name] if titled else "", KINDS_BY_TEXT[name])
    assert not assessment.is_policy
    assert assessment.kind == name


def test_assess_page_of_all_agreements_is_privacy_and_terms():
    terms = KINDS_BY_TEXT["terms"] + "\n\n"
    page = (
        f"## Terms of Service\n\n{terms * 8}## Privacy Policy\n\n{(POLICY + chr(10) * 2) * 12}## Refunds\n\n{terms * 4}"
    )
    assessment = assess("Legal - Example", page)
    assert assessment.kind == "privacy"
    assert assessment.is_policy


@pytest.mark.parametrize(
    "page", [page for page in written() if page.name.endswith("-short")], ids=lambda page: page.name
)
@pytest.mark.parametrize("titled", [True, False])
def test_assess_short_policy_of_app(page, titled):
    assessment = assess(page.title if titled else "", page.body)
    assert assessment.is_policy
    assert assessment.language == page.name[:2]


@pytest.mark.skipif(not GATE.is_file(), reason="needs ../shared")
def test_assess_short_texts_of_strangers():
    """Trained on, so the floor is about the shipped weights; for pages not seen see benchmarks/GATE.md."""
    with gzip.open(GATE, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"].startswith("gh-") and len(row["body"]) < 4000]
    rows = [
        row for row in rows if not re.search("vti-cnf|footer-links|original|prefs|browsing|toccaes__index", row["name"])
    ]
    named = [re.search("privacy", row["name"], re.IGNORECASE) for row in rows]
    verdicts = [assess(row["title"], row["body"]) for row in rows]
    policies = [verdict.is_policy for verdict, name in zip(verdicts, named, strict=True) if name]
    others = [verdict.is_policy for verdict, name in zip(verdicts, named, strict=True) if not name]
    assert len(policies) >= 40
    assert sum(policies) / len(policies) >= 0.95
    assert sum(others) / len(others) <= 0.02
