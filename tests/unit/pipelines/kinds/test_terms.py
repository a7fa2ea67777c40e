"""Terms of service: found by their links and addresses, told by their texts, with their own header."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from crawler.discovery.link_texts import links_of_kinds, page_links
from crawler.discovery.url_scores import can_be_policy, policy_score
from pipelines.convert import convert_html
from pipelines.document import parse
from pipelines.gate.prior import LOWEST, Evidence, threshold
from pipelines.gate.verdict import examine
from pipelines.kinds import KINDS, folder_of, kind_with_noun, suffix_of
from tests.support.commands import SHARED

if TYPE_CHECKING:
    from pipelines.document import Document

PRIVACY, TERMS = KINDS["privacy"], KINDS["terms"]
PAGES = SHARED / "gate" / "pages.jsonl.gz"
AGREEMENT = (
    "<title>Terms of Service</title><body><article><h1>Terms of Service</h1>"
    + (
        "<p>By using the services you agree to these terms of service. You may not use the service for any unlawful purpose. We "
        "may suspend or terminate your account if you breach these terms. The service is provided as is, without warranty of any "
        "kind, and our liability is limited to the fees that you paid.</p>"
    )
    * 6
)
POLICY = (
    "<title>Privacy Policy</title><body><article><h1>Privacy Policy</h1>"
    + (
        "<p>We collect personal information such as your name and e-mail address when you register. We use cookies. We do not "
        "share your personal information with third parties without your consent.</p>"
    )
    * 8
)


def made(html: str, **facts: str) -> Document:
    url = "https://acme.example/terms"
    return convert_html(html.encode(), url=url, timestamp="20200102030405", domain="acme.example", **facts)


def test_convert_html_as_terms_has_their_header_and_verdict() -> None:
    document = made(AGREEMENT, kind="terms")
    assert " acme.example terms of service that was archived on 2020-01-02." in document.text
    assert (document.kind, document.is_policy, document.sought) == ("terms", False, TERMS)
    assert document.score > 0.9
    assert document.policy_score < 0.1
    assert parse(document.text).noun == "terms of service"
    assert parse(document.text).text == document.text


def test_convert_html_without_a_kind_is_a_policys_whatever_the_text_is() -> None:
    document = made(AGREEMENT)
    assert " acme.example privacy policy that was archived on 2020-01-02." in document.text
    assert (document.kind, document.is_policy, document.sought) == ("terms", False, PRIVACY)
    assert document.policy_score == made(AGREEMENT, kind="terms").policy_score
    assert document.text_sha256 == made(AGREEMENT, kind="terms").text_sha256


def test_convert_html_a_policy_is_no_terms() -> None:
    document = made(POLICY, kind="terms")
    assert (document.kind, document.is_policy) == ("privacy", False)
    assert document.score < TERMS.threshold < document.policy_score
    assert (
        examine(document).why_not(Evidence(kind="terms", linked=True, address_score=1.0), ()).startswith("policy score")
    )
    assert examine(made(AGREEMENT, kind="terms")).why_not(Evidence(kind="terms"), ()) == ""


def test_convert_html_unknown_kind() -> None:
    with pytest.raises(ValueError, match="give one of privacy, terms"):
        made(POLICY, kind="cookies")


def test_threshold_of_terms_is_lowered_by_the_same_evidence() -> None:
    assert threshold(Evidence(kind="terms")) == TERMS.threshold
    assert LOWEST <= threshold(Evidence(kind="terms", linked=True)) < TERMS.threshold


def test_names_of_files_and_nouns() -> None:
    assert (folder_of("privacy"), folder_of("terms"), suffix_of("privacy"), suffix_of("terms")) == (
        "",
        "terms/",
        "",
        ".terms",
    )
    assert (kind_with_noun("terms of service"), kind_with_noun("house rules")) == (TERMS, PRIVACY)


@pytest.mark.parametrize(
    "path",
    [
        "/terms", "/terms-of-service", "/terms_of_use.html", "/tos", "/TermsAndConditions.aspx", "/legal/terms",
        "/en/legal/terms-of-service/", "/user-agreement", "/eula", "/agb", "/de/agb.php", "/nutzungsbedingungen",
        "/allgemeine-geschaeftsbedingungen", "/cgu", "/conditions-generales-de-vente", "/terminos-y-condiciones",
        "/termos-de-uso", "/condizioni-generali", "/algemene-voorwaarden", "/regulamin", "/obchodni-podminky",
        "/polzovatelskoe-soglashenie", "/index.php?page=terms", "/company/legal/terms-of-service",
    ],
)  # fmt: skip
def test_addresses_of_terms(path: str) -> None:
    assert can_be_policy(f"https://acme.example{path}", TERMS)
    assert policy_score(f"https://acme.example{path}") < policy_score(f"https://acme.example{path}", TERMS)


@pytest.mark.parametrize(
    "path",
    [
        "/privacy", "/privacy-policy", "/blog/our-new-terms-of-service", "/long-term-care", "/glossary-of-terms",
        "/terms-of-service-generator", "/data-processing-agreement", "/working-conditions", "/conditions-we-treat",
        "/partner-agreement", "/news/2019/terms", "/acceptable-use", "/terms.png", "/",
    ],
)  # fmt: skip
def test_addresses_of_other_things(path: str) -> None:
    assert not can_be_policy(f"https://acme.example{path}", TERMS)


@pytest.mark.parametrize(
    "text",
    [
        "Terms of Service", "Terms & Conditions", "Terms", "T&Cs", "TOS", "User Agreement", "AGB", "Nutzungsbedingungen",
        "Allgemeine Geschäftsbedingungen (AGB)", "Conditions générales d'utilisation", "CGV", "Términos y condiciones",
        "Termos de Uso", "Termini e condizioni", "Algemene voorwaarden", "Regulamin", "Käyttöehdot", "Obchodní podmínky",
        "Điều khoản sử dụng", "Syarat dan Ketentuan", "Пользовательское соглашение", "Όροι χρήσης",
        "شروط الاستخدام", "תנאי שימוש", "利用規約", "服务条款", "이용약관", "ข้อกำหนดการใช้งาน", "Acme's Terms of Use",
        "Read our terms of service.",
    ],
)  # fmt: skip
def test_links_to_terms(text: str) -> None:
    html = f"<a href='/x7'>{text}</a><a href='/privacy'>Privacy Policy</a>"
    found = links_of_kinds(html.encode(), "text/html; charset=utf-8", url="https://acme.example/", domain="acme.example",
                           kinds=["privacy", "terms"])  # fmt: skip
    assert [links.policies for links in found] == [("https://acme.example/privacy",), ("https://acme.example/x7",)]


@pytest.mark.parametrize(
    "text",
    [
        "Long-term care",
        "Glossary of terms",
        "Privacy Policy",
        "Careers",
        "Weather conditions",
        "Our new terms: a blog post",
    ],
)
def test_links_elsewhere(text: str) -> None:
    html = f"<a href='/x7'>{text}</a>".encode()
    assert page_links(html, "", url="https://acme.example/", domain="acme.example", kind=TERMS).policies == ()


@pytest.mark.skipif(not PAGES.exists(), reason="needs the shared documents")
def test_addresses_of_real_terms() -> None:
    """A sample of the figures in benchmarks/GATE.md."""
    with gzip.open(PAGES, "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    named = {
        label: [p["url"] for p in pages if p["label"].startswith(label) and p.get("url")]
        for label in ("Terms of", "Privacy")
    }
    assert len(named["Terms of"]) > 80
    assert sum(can_be_policy(url, TERMS) for url in named["Terms of"]) > 0.9 * len(named["Terms of"])
    taken = sum(policy_score(url, TERMS) > policy_score(url) + 0.2 for url in named["Privacy"])
    assert taken < 0.05 * len(named["Privacy"])
