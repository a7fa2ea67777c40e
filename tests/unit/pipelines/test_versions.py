"""Versions: the view against its definition in words, ids, and reading beside a run."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.columns import TYPES
from pipelines.errors import OutputError
from pipelines.items import Capture
from pipelines.versions import COLUMNS, Version, shared_texts, versions
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
    expected = [
        (page, run[0][1], run[-1][1], listed(captures, page, run[0][1], run[-1][1]), text) for (page, text), run in runs
    ]
    found = list(versions(root))
    assert [
        (v.page, f"{v.first_seen:%Y%m%d%H%M%S}", f"{v.last_seen:%Y%m%d%H%M%S}", v.captures, v.text_sha256)
        for v in found
    ] == expected
    assert len({v.id for v in found}) == len(found)
    for page, group in groupby(found, key=lambda v: v.page):
        _check_chain(page, list(group))


def listed(captures: list[tuple[str, str, str]], page: str, first: str, last: str) -> int:
    return sum(urlkey == page and first <= timestamp <= last for urlkey, timestamp, _ in captures)


ROWS = st.tuples(
    st.sampled_from(SECONDS), st.sampled_from("12"), st.sampled_from(["wayback", "sample"]),
    st.sampled_from(["200", "301", "404", "503", "-"]), st.sampled_from(["text/html", "TEXT/HTML", "warc/revisit", "image/png"]),
)  # fmt: skip
"""Timestamp, digest, archive, status and media type of a row."""


@given(
    st.lists(ROWS, max_size=12, unique_by=lambda row: row[:3]),
    st.lists(st.tuples(st.sampled_from(SECONDS), st.sampled_from(["x", "y"])), min_size=1, max_size=5, unique=True),
)
def test_captures_depend_on_the_listing_and_the_two_moments(tmp_path_factory, rows, read) -> None:
    """Rows that are read have digests of their own, and may be of any second: a redirect leads there."""
    root = tmp_path_factory.mktemp("folder")
    url = "http://example.com/privacy"
    captures = [Capture(PAGE, time, url, kind, status, digest, "9", of) for time, digest, of, status, kind in rows]
    with opened(root) as library:
        library.catalog.add_captures(DOMAIN, captures)
        for timestamp, text in read:
            file(library, timestamp, text)
    pages = {(row[0], row[1]) for row in rows if row[3][0] not in "45" and row[4].lower() != "image/png"} | set(read)
    for version in versions(root):
        first, last = (f"{moment:%Y%m%d%H%M%S}" for moment in (version.first_seen, version.last_seen))
        assert version.captures == sum(first <= timestamp <= last for timestamp, _ in pages)


def test_captures_are_at_least_the_moments_to_which_redirects_lead(tmp_path: Path) -> None:
    url = "http://example.com/privacy"
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
        with closing(sqlite3.connect(tmp_path / "catalog.db")) as db, db:
            db.execute("UPDATE captures SET memento_timestamp = '20150701000003', memento_url = ?", (url,))
    (version,) = versions(tmp_path)
    assert (f"{version.first_seen:%H%M%S}", version.captures) == ("000003", 1)
    with opened(tmp_path) as library:
        file(library, "20150801000000", "one", digest="other")
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db, db:
        db.execute("UPDATE captures SET memento_timestamp = '20150731235959' WHERE digest = 'other'")
    (version,) = versions(tmp_path)
    assert (f"{version.last_seen:%H%M%S}", version.captures) == ("235959", 2)


def test_recorded_is_written_alike_in_views_and_files(tmp_path: Path) -> None:
    with opened(tmp_path, "2026-11-26T09:30:00.123456+00:00") as library:
        library.catalog.open_listing(("archive", DOMAIN, "domain", "", "", DOMAIN), relist_days=30)
        file(library, "20150701000000", "one")
        library.write_versions()
    line = json.loads((tmp_path / "versions.jsonl").read_text())
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db:
        for view in ("versions", "texts"):
            assert db.execute(f"SELECT recorded FROM {view}").fetchall() == [(line["recorded"],)]  # noqa: S608
        assert db.execute("SELECT run FROM versions").fetchall() == [("2026-11-26T09:30:00.123456+00:00",)]
        assert db.execute("SELECT finished FROM listing_states").fetchone()[0].endswith("Z")
    assert line["recorded"] == "2026-11-26T09:30:00Z"


def test_shared_texts_are_looked_up_once_at_the_end_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    for module in ("pipelines.output.store", "pipelines.output.changes", "pipelines.versions"):
        monkeypatch.setattr(f"{module}.shared_texts", lambda db: calls.append(1) or shared_texts(db))
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
        library.write_versions()
        library.write_changes()
        assert calls == [1]
        library.write_versions()
        file(library, "20160701000000", "two")
        library.write_changes()
    assert calls == [1, 1, 1]


def test_reading_a_catalog_with_other_views_makes_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150701000000", "one")
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db, db:
        db.execute("DROP VIEW texts")
        db.execute("DROP VIEW versions")
        db.execute("CREATE VIEW versions AS SELECT 1 AS other")
    before = (tmp_path / "catalog.db").read_bytes()
    assert [version.captures for version in versions(tmp_path)] == [1]
    assert (tmp_path / "catalog.db").read_bytes() == before


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
    with pytest.raises(OutputError, match=r"no catalog here; a crawl makes one"):
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
        "flesch_kincaid": "school years", "smog": "school years",
    }  # fmt: skip
    assert not next(c for c in COLUMNS if c.name == "near_duplicate_of").required


def test_versions_capture_in_two_archives_counts_once(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for archive in ("wayback", "sample"):
            file(library, "20150701000000", "one", archive=archive)
        file(library, "20160701000000", "one", digest="other", archive="sample")
    (version,) = versions(tmp_path)
    assert version.captures == 2
