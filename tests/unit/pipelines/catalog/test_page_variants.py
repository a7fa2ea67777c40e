"""Versions of pages that give several texts side by side, and what the search reads of such pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.catalog.read_only import reading
from pipelines.evidence.version_captures import captures_of
from pipelines.report.site import build
from pipelines.versions import versions
from tests.support.folders import DOMAIN, PAGE, file, opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipelines.versions import Version

ENGLISH = "We collect the information that you give us when you order, and we use it to run the service. "
GERMAN = "Wir erheben die Daten, die Sie uns bei der Bestellung geben, und nutzen sie für den Betrieb des Dienstes. "


def settled(root: Path, texts: Mapping[str, str]) -> list[Version]:
    """File texts by month; return the versions after the domain has ended."""
    with opened(root) as library:
        for month, text in texts.items():
            file(library, f"{month}01000000", text, digest=month)
        library.catalog.settle_variants(DOMAIN)
    return list(versions(root))


def told(found: list[Version]) -> list[tuple[str | None, int, str, str, str]]:
    return [
        (each.variant, each.number, each.change, f"{each.first_seen:%Y%m}", f"{each.last_seen:%Y%m}") for each in found
    ]


def test_page_in_two_languages_has_versions_within_each(tmp_path: Path) -> None:
    found = settled(
        tmp_path,
        {
            "201501": ENGLISH,
            "201502": GERMAN,
            "201503": ENGLISH,
            "201504": GERMAN,
            "201505": f"{ENGLISH}We sell it.",
            "201506": GERMAN,
            "201507": f"{ENGLISH}We sell it.",
        },
    )
    assert told(found) == [
        ("de", 1, "first", "201502", "201506"),
        ("en", 1, "first", "201501", "201503"),
        ("en", 2, "changed", "201505", "201507"),
    ]
    german, old, new = found
    assert (german.previous_id, old.previous_id, new.previous_id) == (None, None, old.id)
    assert (german.change_class, new.change_class, new.words_added) == (None, "substantive", 3)


def test_evidence_of_a_version_is_of_its_variant(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for day in (1, 2, 3):
            file(library, f"2015010{day}000000", ENGLISH, digest=f"first {day}")
            file(library, f"2015010{day}000000", GERMAN, digest=f"second {day}")
        library.catalog.settle_variants(DOMAIN)
    german, english = versions(tmp_path)
    with reading(tmp_path) as db:
        assert {each.digest for each in captures_of(db, german)} == {"second 1", "second 3"}
        assert {each.digest for each in captures_of(db, english)} == {"first 1", "first 3"}


def test_policy_that_is_taken_back_has_three_versions(tmp_path: Path) -> None:
    found = settled(tmp_path, {"201501": "one", "201601": "two", "201701": "one", "201801": "three"})
    assert told(found) == [
        (None, 1, "first", "201501", "201501"),
        (None, 2, "changed", "201601", "201601"),
        (None, 3, "returned", "201701", "201701"),
        (None, 4, "changed", "201801", "201801"),
    ]


def test_variants_are_of_one_page_and_told_anew(tmp_path: Path) -> None:
    other = "com,example)/other"
    with opened(tmp_path) as library:
        for month, text in {"201501": ENGLISH, "201502": GERMAN}.items():
            file(library, f"{month}01000000", text, digest=month)
            file(library, f"{month}02000000", text, digest=month, page=other)
        assert library.catalog.settle_variants(DOMAIN) == []
        file(library, "20150301000000", ENGLISH, digest="201503")
        assert library.catalog.settle_variants(DOMAIN) == [PAGE]
        file(library, "20150401000000", GERMAN, digest="201504")  # known before the domain ends again
    found = list(versions(tmp_path))
    assert [(each.page, each.variant, f"{each.last_seen:%m}") for each in found] == [
        (other, None, "01"),
        (other, None, "02"),
        (PAGE, "de", "04"),
        (PAGE, "en", "03"),
    ]
    with opened(tmp_path) as library:
        library.catalog.forget_answers(DOMAIN, [capture for capture, _ in library.catalog.page(DOMAIN, PAGE)][1:])
        assert library.catalog.settle_variants(DOMAIN) == []
    assert [each.variant for each in versions(tmp_path)] == [None] * 3


def test_ids_and_files_stay_when_a_variant_is_told_later(tmp_path: Path) -> None:
    texts = {f"20150{month}": text for month, text in enumerate([ENGLISH, f"{ENGLISH}We sell it.", GERMAN], 1)}
    before = settled(tmp_path, texts)
    assert [each.variant for each in before] == [None] * 3
    after = settled(tmp_path, {"201504": f"{ENGLISH}We sell it."})
    assert told(after) == [
        ("de", 1, "first", "201503", "201503"),
        ("en", 1, "first", "201501", "201501"),
        ("en", 2, "changed", "201502", "201504"),
    ]
    assert {(each.id, each.path) for each in after} == {(each.id, each.path) for each in before}


def test_search_knows_the_language_of_what_was_read(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        assert file(library, "20150101000000", ENGLISH).language == "en"
        assert file(library, "20150102000000", GERMAN).language == "de"
        known = [answer.language for _, answer in library.catalog.page(DOMAIN, PAGE) if answer]
    assert known == ["en", "de"]


def test_report_compares_and_draws_each_variant_by_itself(tmp_path: Path) -> None:
    texts = {
        "201501": ENGLISH,
        "201502": GERMAN,
        "201503": ENGLISH,
        "201504": GERMAN,
        "201505": f"{ENGLISH}We sell it.",
    }
    settled(tmp_path, texts)
    build(tmp_path)
    (page,) = (tmp_path / "report" / "companies").glob("*.html")
    html = page.read_text()
    assert [f"/privacy ({variant})</h3>" in html for variant in ("de", "en", "en-2")] == [True, True, False]
    steps = re.findall(r'data-number="(\d)" data-before="(\d)"', html)
    assert ("3", "1") in steps  # the English ones, with the German one between
