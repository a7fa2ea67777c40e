"""The texts of pages that are searched for different kinds of documents: folders, headers, and pages that change kind."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from pipelines.convert import CONVERTER_VERSION
from pipelines.document import Document, parse
from pipelines.gate.prior import Evidence
from pipelines.items import HOME_PAGE, Answer, Capture, Fate, Judgement, Memento, MementoKey, Snapshot
from pipelines.kinds import KINDS
from pipelines.kinds.classes import CLASSES
from pipelines.output.store import OutputStore
from tests.support.folders import versions_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.catalog.writer import Catalog

pytestmark = pytest.mark.usefixtures("database")

DOMAIN = "example.com"
KEY = ("archive", DOMAIN, "domain", "", "", DOMAIN)
PAGES = {"privacy": "com,example)/privacy", "terms": "com,example)/terms"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[OutputStore]:
    store = OutputStore(tmp_path, "", software="test").open()
    store.catalog.set_company("Example", [DOMAIN])
    for kind, urlkey in PAGES.items():
        store.catalog.add_pages(DOMAIN, [urlkey], kind)
    yield store
    store.close()


def capture(timestamp: str, kind: str) -> Capture:
    url = f"http://example.com/{kind}"
    return Capture(PAGES[kind], timestamp, url, "text/html", "200", timestamp + kind, "9", "wayback")


def record(store: OutputStore, timestamp: str, kind: str, text: str) -> Answer:
    asked = capture(timestamp, kind)
    store.catalog.add_captures(DOMAIN, [asked])
    memento = Memento(timestamp, asked.original, "http://archive/", 200, (), b"<p>", "wayback")
    document = Document(
        DOMAIN,
        f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}",
        f"https://web.archive.org/web/{timestamp}id_/{asked.original}",
        "Legal",
        f"{text}\n",
        CONVERTER_VERSION,
        KINDS[kind].header_noun,
    )
    return store.record(Snapshot(DOMAIN, asked, memento, Evidence(kind=kind)), document)


def files(store: OutputStore) -> dict[str, tuple[str, str]]:
    """Return the noun and the text of each file."""
    folder = store.root / "text" / DOMAIN
    found = {str(path.relative_to(folder)): parse(path.read_text()) for path in sorted(folder.rglob("*.txt"))}
    return {name: (document.noun, document.body.strip()) for name, document in found.items()}


HISTORY = [("2011", "privacy", "a"), ("2012", "terms", "a"), ("2011", "terms", "b"), ("2013", "privacy", "c")]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_record_texts_of_two_kinds_in_any_order(library: OutputStore, order: tuple[int, ...]) -> None:
    for index in order:
        year, kind, text = HISTORY[index]
        record(library, f"{year}0101000000", kind, text)
    library.finish_domain(DOMAIN)
    assert files(library) == {
        "20110101000000.txt": ("privacy policy", "a"),  # of a page of each kind: one file, the first kind's
        "20130101000000.txt": ("privacy policy", "c"),
        "terms/20110101000000.txt": ("terms of service", "b"),  # of the same second, and no other name for it
    }
    found = [(version.searched_as, version.path, version.is_policy) for version in versions_in(library)]
    assert [(kind, path.removeprefix(f"text/{DOMAIN}/")) for kind, path, _ in found] == [
        ("privacy", "20110101000000.txt"),
        ("privacy", "20130101000000.txt"),
        ("terms", "terms/20110101000000.txt"),
        ("terms", "20110101000000.txt"),
    ]
    assert not any(is_policy for kind, _, is_policy in found if kind == "terms")


def test_sweep_deletes_leftovers_of_both_folders_and_nothing_else(library: OutputStore) -> None:
    record(library, "20110101000000", "terms", "b")
    folder = library.root / "text" / DOMAIN
    for name in ("20000101000000.txt", "terms/20000101000000.txt", "terms/notes.txt"):
        (folder / name).write_text("left over")
    library.finish_domain(DOMAIN)
    assert sorted(files(library)) == ["terms/20110101000000.txt", "terms/notes.txt"]
    assert library.texts.others(DOMAIN) == ["terms/notes.txt"]  # and not the folder


def judged(catalog: Catalog, asked: Capture, **facts: object) -> None:
    catalog.add_captures(DOMAIN, [asked])
    memento = MementoKey(asked.timestamp, asked.original, asked.archive)
    answer = Answer(
        DOMAIN, asked, Fate.NOT_A_POLICY, "policy score 0.10", memento=memento, judgement=Judgement("s" * 64, 0.1, 0.5)
    )
    catalog.put_answers([replace(answer, **facts)])


def test_add_pages_a_page_read_in_vain_is_searched_anew_for_another_kind(library: OutputStore) -> None:
    catalog, urlkey = library.catalog, PAGES["privacy"]
    first, home = capture("20110101000000", "privacy"), capture("20120101000000", "privacy")
    judged(catalog, first)
    judged(catalog, home, cause=HOME_PAGE, judgement=None)
    catalog.add_pages(DOMAIN, [urlkey], "privacy")
    assert catalog.searched_pages(DOMAIN)[urlkey] == ("privacy", ())
    catalog.add_pages(DOMAIN, [urlkey], "terms")
    assert catalog.searched_pages(DOMAIN)[urlkey] == ("terms", ("privacy",))
    known = {asked.timestamp: answer and answer.cause for asked, answer in catalog.page(DOMAIN, urlkey)}
    assert known == {first.timestamp: None, home.timestamp: HOME_PAGE}


def test_home_pages_are_read_for_each_kind(library: OutputStore) -> None:
    catalog, asked = library.catalog, capture("20110101000000", "privacy")
    judged(catalog, asked, cause=HOME_PAGE, judgement=None)
    assert catalog.home_pages_read(DOMAIN, asked.urlkey) == {}
    catalog.add_home_reading(DOMAIN, asked.timestamp, ["terms"])
    catalog.add_home_reading(DOMAIN, asked.timestamp, ["terms"])
    assert catalog.home_pages_read(DOMAIN, asked.urlkey) == {}
    assert catalog.home_pages_read(DOMAIN, asked.urlkey, "terms") == {asked.timestamp: asked.timestamp}
    catalog.add_links(DOMAIN, asked.timestamp, ["http://example.com/a"], "policy", "terms")
    catalog.add_links(DOMAIN, asked.timestamp, ["http://example.com/a"], "hop")
    assert [(each.url, each.relation) for each in catalog.home_links(DOMAIN, "terms")] == [
        ("http://example.com/a", "policy")
    ]
    catalog.end_hop(DOMAIN, asked.timestamp, "http://example.com/a", "terms")
    assert [each.relation for each in catalog.home_links(DOMAIN)] == ["hop"]


def test_texts_and_versions_are_counted_by_kind(library: OutputStore) -> None:
    for year, kind, text in HISTORY:
        record(library, f"{year}0101000000", kind, text)
    assert library.write_versions() == {(DOMAIN, "privacy"): 2, (DOMAIN, "terms"): 2}
    assert library.catalog.document_counts() == {(DOMAIN, "privacy"): 2, (DOMAIN, "terms"): 1}
    newest = library.catalog.newest_texts()
    assert newest == {(DOMAIN, "privacy"): "20130101000000", (DOMAIN, "terms"): "20120101000000"}


SPOKEN = "Disputes go to binding arbitration. We sell data about children."


def test_topics_are_those_of_the_kind(library: OutputStore) -> None:
    record(library, "20110101000000", "privacy", SPOKEN)
    record(library, "20120101000000", "terms", SPOKEN)  # the same text, searched for as either
    record(library, "20130101000000", "terms", f"{SPOKEN} You get a refund.")
    for _ in ("computed", "from the catalog"):
        told = [(version.searched_as, version.topics, version.topics_changed) for version in versions_in(library)]
        assert told == [
            ("privacy", "children sale-and-sharing", None),
            ("terms", "arbitration", None),
            ("terms", "arbitration refunds", "refunds"),
        ]
        library.write_versions()


def test_scores_of_all_classes_are_kept_with_the_judgement(library: OutputStore) -> None:
    refused = capture("20110101000000", "privacy")
    library.catalog.add_captures(DOMAIN, [refused])
    judged = Judgement("s" * 64, 0.1, 0.5, "terms 0.83 privacy 0.10")
    memento = MementoKey(refused.timestamp, refused.original, "wayback")
    library.answer(Answer(DOMAIN, refused, Fate.NOT_A_POLICY, "policy score 0.10", memento=memento, judgement=judged))
    kept = record(library, "20120101000000", "terms", SPOKEN)
    assert kept.judgement
    with library.catalog.connection() as db:
        columns = "page, fate, score, threshold, class_scores"
        rows = [tuple(row) for row in db.exec_driver_sql(f"SELECT {columns} FROM judgements ORDER BY captured")]  # noqa: S608
    assert rows[0] == (PAGES["privacy"], "not a policy", 0.1, 0.5, "terms 0.83 privacy 0.10")
    assert rows[1] == (PAGES["terms"], "stored", *kept.judgement[1:])
    name, score, *_ = str(rows[1][4]).split()
    assert name in CLASSES
    assert 0.01 <= float(score) <= 1
    known = {answer.capture: answer for _, answer in library.catalog.page(DOMAIN, PAGES["privacy"]) if answer}
    assert known[refused].judgement == judged
