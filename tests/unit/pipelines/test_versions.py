"""Versions: the view against its definition in words, ids, and reading beside a run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.columns import TYPES
from pipelines.errors import OutputError
from pipelines.versions import COLUMNS, Version, versions
from tests.support.folders import DOMAIN, PAGE, file, opened

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = [f"2015010100000{second}" for second in range(6)]
CAPTURES = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(SECONDS), st.sampled_from("123"))


@settings(max_examples=40)
@given(st.dictionaries(CAPTURES, st.sampled_from(["x", "y", "z"]), max_size=14))
def test_versions_are_maximal_runs_of_one_text(tmp_path_factory, history) -> None:
    root = tmp_path_factory.mktemp("folder")
    with opened(root) as library:
        for (page, timestamp, digest), text in history.items():
            file(library, timestamp, text, page=f"com,example)/{page}", digest=digest)
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        captures = db.execute(
            "SELECT urlkey, timestamp, text_sha256 FROM captures WHERE text_sha256 IS NOT NULL ORDER BY 1, 2, 3"
        ).fetchall()
    runs = [(key, list(run)) for key, run in groupby(captures, key=lambda row: (row[0], row[2]))]
    expected = [(page, run[0][1], run[-1][1], len(run), text) for (page, text), run in runs]
    found = list(versions(root))
    assert [
        (v.page, f"{v.first_seen:%Y%m%d%H%M%S}", f"{v.last_seen:%Y%m%d%H%M%S}", v.captures, v.text_sha256)
        for v in found
    ] == expected
    assert len({v.id for v in found}) == len(found)
    for page, group in groupby(found, key=lambda v: v.page):
        _check_chain(page, list(group))


def _check_chain(page: str, chain: list[Version]) -> None:
    assert [v.number for v in chain] == list(range(1, len(chain) + 1)), page
    assert [v.previous_id for v in chain] == [None, *(v.id for v in chain[:-1])]
    for place, version in enumerate(chain):
        before = {v.text_sha256 for v in chain[:place]}
        assert version.change == ("first" if not before else "returned" if version.text_sha256 in before else "changed")


def test_version_text_during_a_run(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
        (version,) = versions(tmp_path)
        assert version.document().body == "one\n"
        assert version.document().domain == version.domain == DOMAIN
        assert (version.interval, version.company, version.page) == ("2015_B", "Example, Inc.", PAGE)
        assert version.recorded is not None


def test_versions_leaves_folder_unchanged(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
    before = sorted(tmp_path.rglob("*"))
    assert len(list(versions(tmp_path))) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_version_text_missing_file(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
    (version,) = versions(tmp_path)
    (tmp_path / version.path).unlink()
    with pytest.raises(OutputError, match="if a run is working here, try again"):
        version.text()


def test_versions_without_catalog(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no catalog here; run `scrapy crawl policies` first"):
        next(versions(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_versions_of_other_file(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"no database" * 100)
    with pytest.raises(OutputError, match="can't read the catalog") as caught:
        next(versions(tmp_path))
    assert "\n" not in str(caught.value)


def test_open_recreates_views_of_other_release(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db, db:
        db.execute("DROP VIEW texts")
        db.execute("CREATE VIEW texts AS SELECT 1 AS other")
    with opened(tmp_path), closing(sqlite3.connect(tmp_path / "catalog.db")) as db:
        assert db.execute("SELECT captures FROM texts").fetchall() == [(1,)]


def test_columns_describe_versions_jsonl() -> None:
    for column in COLUMNS:
        assert column.type in TYPES.values()
        assert len(column.description) > 10, column
        assert not column.description.endswith(".")
    assert {c.name: c.unit for c in COLUMNS if c.unit} == {
        "number": "versions", "captures": "captures", "words": "words",
        "words_added": "words", "words_removed": "words", "words_moved": "words",
    }  # fmt: skip
    assert not next(c for c in COLUMNS if c.name == "near_duplicate_of").required


def test_versions_capture_in_two_archives_counts_once(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for archive in ("wayback", "sample"):
            file(library, "20150701000000", "one", archive=archive)
        file(library, "20160701000000", "one", digest="other", archive="sample")
    (version,) = versions(tmp_path)
    assert version.captures == 2
