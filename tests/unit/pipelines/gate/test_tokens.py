"""Texts and phrases meet although they are written differently."""

from __future__ import annotations

import pytest

from pipelines.gate.phrases import find
from pipelines.gate.tokens import MAX_FOLDED_CHARS, fold, tokens, words_per_token


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Política de Privacidad", "politica de privacidad"),
        ("ΠΟΛΙΤΙΚΗ ΑΠΟΡΡΗΤΟΥ", "Πολιτική Απορρήτου"),
        ("Politica de confidenţialitate", "politica de confidențialitate"),
        ("Chính sách", "Chi\u0301nh sa\u0301ch"),
        ("المعلومات", "معلومات"),
        ("وبالمعلومات", "معلومات"),
        ("ﺳﯾﺎﺳﺔ", "سياسة"),
        ("במדיניות הפרטיות", "מדיניות פרטיות"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_tokens_ignore_spelling(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


def test_tokens_keep_indic_words_and_split_unspaced_ones() -> None:
    assert tokens("गोपनीयता नीति।") == ["गोपनीयता", "नीति"]
    assert tokens("ข้อมูล") == list("ข้อมูล")
    assert tokens("隐私 Policy") == ["隐", "私", "policy"]


def test_words_per_token_by_script() -> None:
    assert words_per_token(tokens("one two three")) == 1
    assert words_per_token(tokens("隐私政策")) == pytest.approx(0.6)
    assert words_per_token(tokens("ข้อมูล")) == 0.25
    assert words_per_token([]) == 1


def test_fold_bounds_what_decomposition_lengthens() -> None:
    assert len(fold("\ufdfa" * 100_000)) <= MAX_FOLDED_CHARS


@pytest.mark.parametrize(
    ("language", "text", "group"),
    [
        ("th", "บริษัทนี้มีนโยบายความเป็นส่วนตัวของเรา", "privacy.name"),
        ("ko", "본 개인정보처리방침은", "privacy.name"),
        ("he", "ובמדיניות הפרטיות", "privacy.name"),
        ("ar", "وسياسة الخصوصية", "privacy.name"),
        ("hi", "हमारी गोपनीयता नीति", "privacy.name"),
        ("id", "notis privasi kami", "privacy.name"),
        ("sk", "zásady ochrany osobních údajů", "privacy.name"),
        ("de", "wegen berechtigter interessen", "privacy.use_share"),
        ("uk", "Умови використання", "terms.name"),
        ("ca", "política de galetes", "cookies.name"),
    ],
)
def test_find_phrase_in_language(language: str, text: str, group: str) -> None:
    assert group in {each for _, each in find(tokens(text), language)}


def test_find_merges_exact_words_and_prefixes() -> None:
    """`cookie*` is a group's prefix and `cookie policy` another's name: the word leads to both."""
    assert {"cookies.cookie", "cookies.name"} <= {group for _, group in find(tokens("cookie policy"), "en")}


def test_find_counts_a_group_once_a_place() -> None:
    hits = list(find(tokens("terms of service"), "en"))
    assert [hit for hit in hits if hit == (0, "terms.name")] == [(0, "terms.name")]
