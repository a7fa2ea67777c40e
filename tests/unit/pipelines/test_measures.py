"""What is measured of versions: the same from the catalog, from text files, and by other patterns."""

from __future__ import annotations

import shutil
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest

from pipelines import measures
from pipelines.export.tables import PAIRS
from pipelines.output.store import OutputStore
from pipelines.topics.topics_file import load_topics
from pipelines.versions import Version, versions
from tests.support.folders import end_run, file, of_first_release, opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with opened(tmp_path / "output") as library:
        file(library, "20100101000000", "We keep data. Dated 1 May 2010.")
        file(library, "20110101000000", "We keep data. Dated 2 June 2011.")
        file(library, "20120101000000", "We sell data about children. We keep data. Dated 2 June 2011.")
        file(library, "20130101000000", "We keep data. Dated 2 June 2011. We sell data about children.")
        file(library, "20140101000000", "We keep data. Dated 2 June 2011.", digest="again")
        library.write_versions()
        end_run(library)
    return tmp_path / "output"


def measured(found: list[Version]) -> list[tuple[object, ...]]:
    return [(v.change_class, v.words_added, v.words_removed, v.words_moved, v.topics, v.topics_changed) for v in found]


EXPECTED = [
    (None, 0, 0, 0, None, None),
    ("dates", 3, 3, 0, None, None),
    ("substantive", 5, 0, 0, "children sale-and-sharing", "children sale-and-sharing"),
    ("moved", 0, 0, 5, "children sale-and-sharing", None),
    ("substantive", 0, 5, 0, None, "children sale-and-sharing"),
]


def test_versions_have_classes_and_topics(folder: Path) -> None:
    assert measured(list(versions(folder))) == EXPECTED


def test_measures_are_read_from_the_catalog(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder / "text")
    monkeypatch.setattr(measures, "change_between", None)
    assert measured(list(versions(folder))) == EXPECTED


def facts(found: list[Version]) -> list[tuple[object, ...]]:
    return [(version.effective_date, version.flesch is not None, version.smog is not None) for version in found]


def test_facts_of_texts_are_read_from_the_catalog_and_found_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyphen")
    sentence = "We keep the policy of the whole company for everybody.\n\n"
    monkeypatch.setattr(measures, "facts_by", lambda: measures.FACTS_METHOD)  # an earlier run had no pyphen
    monkeypatch.setattr(measures, "readability", lambda _: measures.NO_READABILITY)
    with opened(tmp_path / "output") as library:
        file(library, "20100101000000", f"Effective: May 1, 2010.\n\n{sentence * 40}")
        file(library, "20110101000000", "Kurz. Stand: 2. Juni 2011")
        library.write_versions()
    without = [("2010-05-01", False, False), ("2011-06-02", False, False)]
    assert facts(list(versions(tmp_path / "output"))) == without
    monkeypatch.undo()
    assert facts(list(versions(tmp_path / "output"))) == [("2010-05-01", True, True), without[1]]
    with opened(tmp_path / "output") as library:
        library.write_versions()
    shutil.rmtree(tmp_path / "output" / "text")
    assert facts(list(versions(tmp_path / "output"))) == [("2010-05-01", True, True), without[1]]
    monkeypatch.setattr(measures, "facts_by", lambda: measures.FACTS_METHOD)  # what was found with pyphen stays
    assert facts(list(versions(tmp_path / "output")))[0] == ("2010-05-01", True, True)
    monkeypatch.setattr(measures, "facts_by", lambda: "another method")
    assert facts(list(versions(tmp_path / "output"))) == [(None, False, False)] * 2


def test_measures_by_other_patterns_are_computed(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("topics:\n  keeping: [keep data]\n  children: []\n")
    found = list(versions(folder, topics_file=own))
    assert [version.topics for version in found] == [
        "keeping", "keeping", "keeping sale-and-sharing", "keeping sale-and-sharing", "keeping",
    ]  # fmt: skip
    assert [version.topics_changed for version in found] == [None, None, "sale-and-sharing", None, "sale-and-sharing"]
    store = OutputStore(folder, "", software="test", topics=load_topics(own)).open()
    store.write_versions()
    store.close()
    shutil.rmtree(folder / "text")
    assert [version.topics for version in versions(folder, topics_file=own)] == [version.topics for version in found]
    assert {version.topics for version in versions(folder)} == {None}  # other patterns, and no text to look into


def test_text_that_is_gone_has_no_measure(folder: Path) -> None:
    store = OutputStore(folder, "", software="test").open()
    store.catalog.put_measures("nobody", {}, {}, renew=True)
    store.close()
    (folder / "text" / "example.com" / "20120101000000.txt").unlink()
    assert [row[0] for row in measured(list(versions(folder)))] == [None, "dates", None, None, "substantive"]


def test_first_release_is_measured_when_read(tmp_path: Path) -> None:
    found = list(versions(of_first_release(tmp_path / "output")))
    assert {version.change_class for version in found if version.previous_id} >= {"substantive"}
    assert all((version.change_class is None) == (version.previous_id is None) for version in found)
    assert all(version.topics for version in found)
    assert {version.effective_date for version in found} >= {"2018-05-25", None}


def test_pairs_have_the_numbers_of_versions(folder: Path) -> None:
    names = [column.name for column in PAIRS.columns]
    later = {version.id: version for version in versions(folder)}
    for row in PAIRS.rows(versions(folder)):
        pair = dict(zip(names, row, strict=True))
        version = later[str(pair["new_id"])]
        for name in ("change_class", "topics_changed", "words_added", "words_removed", "words_moved"):
            assert pair[name] == getattr(version, name)
        assert pair["new_words"] == version.words


def test_change_has_a_field_for_each_column() -> None:
    change = measures.Change("dates", 1, 1, 0, "")
    assert len(astuple(change)) == 5
