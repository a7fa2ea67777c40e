"""Exports of tables: each format gives back what was put in, streams, and describes itself from the same columns."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.columns import plain
from pipelines.errors import OutputError, UsageError
from pipelines.export.package import export_tables
from pipelines.export.tables import PAIRS, VERSIONS, VERSIONS_WITH_TEXT, Table
from pipelines.export.writers import FORMATS, spreadsheet_cell, text_of_cell
from pipelines.takedown import parse_takedown
from pipelines.versions import versions
from tests.support.folders import end_run, file, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.export.tables import Row

HOSTILE = '=cmd|"x"!A1, "quoted"; <b>\x00\r\n| \u2028 ünï 🦕'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with opened(tmp_path / "output") as library:
        file(library, "20100101000000", "we keep [your](http://a/1) data, your data")
        file(library, "20110101120000", "we keep [your](http://b/2) data and sell it", title="")
        file(library, "20120101000000", HOSTILE)
        file(library, "20120101000000", "another page", page="com,example)/legal")
        end_run(library)
    return tmp_path / "output"


def read_back(folder: Path, form: str, table: str) -> list[dict[str, Any]]:
    if form == "jsonl":
        return [json.loads(line) for line in (folder / f"{table}.jsonl").read_text().split("\n")[:-1]]
    if form.startswith("csv"):
        with (folder / f"{table}.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))
    if form == "sqlite":
        with closing(sqlite3.connect(folder / "policies.sqlite")) as db:
            db.row_factory = sqlite3.Row
            columns = {"versions": VERSIONS_WITH_TEXT, "pairs": PAIRS}[table].columns
            names = ", ".join(column.name for column in columns)
            return [dict(row) for row in db.execute(f"SELECT {names} FROM {table} ORDER BY key")]  # noqa: S608
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(folder / f"{table}.parquet").to_pylist()


@pytest.mark.parametrize("form", FORMATS)
def test_export_tables_round_trip(folder: Path, tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    files = export_tables(folder, tmp_path / form, [VERSIONS_WITH_TEXT, PAIRS], form)
    assert [each.rows for each in files] == [4, 2]
    for table in (VERSIONS_WITH_TEXT, PAIRS):
        names = [column.name for column in table.columns]
        expected = [dict(zip(names, row, strict=True)) for row in table.rows(versions(folder))]
        found = [
            {name: plain(value) for name, value in row.items()} for row in read_back(tmp_path / form, form, table.name)
        ]
        assert found == [{name: as_in(form, value) for name, value in row.items()} for row in expected]
    assert not list((tmp_path / form).glob(".*"))


def as_in(form: str, value: Any) -> Any:
    """Return a value as a format without types has it."""
    if form.startswith("csv") and isinstance(value, bool):
        return str(value).lower()
    value = plain(value)
    if form == "csv" and isinstance(value, str):
        return spreadsheet_cell(value)
    return ("" if value is None else str(value)) if form.startswith("csv") else value


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        (" =1", " =1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_spreadsheet_cell_is_no_formula_and_can_be_undone(text: str, cell: str) -> None:
    assert spreadsheet_cell(text) == cell
    assert text_of_cell(cell) == text


def test_csv_marks_texts_alone(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as library:
        file(library, "20130101000000", "- a list\n- of two", title="=HYPERLINK(1)")
        end_run(library)
    for form, title, text in (("csv", "'=HYPERLINK(1)", "'- a"), ("csv-verbatim", "=HYPERLINK(1)", "- a")):
        export_tables(folder, tmp_path / form, [VERSIONS_WITH_TEXT, PAIRS], form)
        newest = read_back(tmp_path / form, form, "versions")[-1]
        assert newest["title"] == title
        assert newest["text"].startswith(text)
        assert newest["first_seen"] == "2013-01-01T00:00:00Z"


def test_export_tables_pairs(folder: Path) -> None:
    first, second = PAIRS.rows(versions(folder))
    pair = dict(zip([column.name for column in PAIRS.columns], first, strict=True))
    assert (pair["old_words"], pair["new_words"]) == (6, 7)
    assert (pair["words_added"], pair["words_removed"]) == (3, 2)  # "and sell it" for "your data"
    assert pair["old_characters"] == len("we keep [your] data, your data\n")
    assert pair["gap"] == 365.5
    ids = [version.id for version in versions(folder)]
    assert (pair["old_id"], pair["new_id"]) == (ids[1], ids[2])  # the page /legal, with its one version, comes first
    assert second[:2] == (ids[2], ids[3])


def test_export_tables_descriptions(folder: Path, tmp_path: Path) -> None:
    export_tables(folder, tmp_path / "csv", [VERSIONS, PAIRS], "csv")
    package = json.loads((tmp_path / "csv" / "datapackage.json").read_text())
    croissant = json.loads((tmp_path / "csv" / "croissant.json").read_text())
    for table, resource, record_set in zip(
        (VERSIONS, PAIRS), package["resources"], croissant["recordSet"], strict=True
    ):
        with (tmp_path / "csv" / resource["path"]).open(newline="") as stream:
            header = next(csv.reader(stream))
        assert header == [column.name for column in table.columns]
        assert header == [field["name"] for field in resource["schema"]["fields"]]
        assert header == [field["source"]["extract"]["column"] for field in record_set["field"]]
        data = (tmp_path / "csv" / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert {f["name"]: f["sha256"] for f in croissant["distribution"]} == {
        r["path"]: r["hash"].removeprefix("sha256:") for r in package["resources"]
    }
    gap = next(field for field in package["resources"][1]["schema"]["fields"] if field["name"] == "gap")
    assert (gap["type"], gap["unit"]) == ("number", "days")
    assert "Whose texts these are" in (tmp_path / "csv" / "README.md").read_text()


def test_export_tables_sqlite_column_descriptions(folder: Path, tmp_path: Path) -> None:
    export_tables(folder, tmp_path / "sqlite", [VERSIONS, PAIRS], "sqlite")
    with closing(sqlite3.connect(tmp_path / "sqlite" / "policies.sqlite")) as db:
        rows = db.execute('SELECT "table", name, type, unit, description FROM columns').fetchall()
    described = [(t.name, c.name, c.type, c.unit or None, c.description) for t in (VERSIONS, PAIRS) for c in t.columns]
    keys = ["key", "previous_key", "key", "old_key", "new_key"]
    assert [row for row in rows if row[1] not in keys] == described
    assert [row[1] for row in rows if row[1] in keys] == keys


def test_export_tables_sqlite_has_integer_keys(folder: Path, tmp_path: Path) -> None:
    export_tables(folder, tmp_path / "sqlite", [VERSIONS_WITH_TEXT, PAIRS], "sqlite")
    with closing(sqlite3.connect(tmp_path / "sqlite" / "policies.sqlite")) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        keys = {table: db.execute(f"PRAGMA foreign_key_list({table})").fetchall() for table in ("versions", "pairs")}
        assert {row[3] for row in keys["versions"]} == {"previous_key"}
        assert {row[3] for row in keys["pairs"]} == {"old_key", "new_key"}
        linked = "SELECT v.previous_id, p.id FROM versions v JOIN versions p ON p.key = v.previous_key"
        assert [old for old, _ in db.execute(linked)] == [new for _, new in db.execute(linked)] != []
        pairs = "SELECT count(*) FROM pairs JOIN versions o ON o.key = old_key JOIN versions n ON n.key = new_key"
        assert db.execute(f"{pairs} WHERE o.id = old_id AND n.id = new_id").fetchone() == (2,)
        plan = db.execute("EXPLAIN QUERY PLAN SELECT * FROM versions WHERE company = 'x'").fetchall()
        assert "versions_by_company" in plan[0][3]
        words = "SELECT v.id FROM versions_fts f JOIN versions v ON v.key = f.rowid WHERE versions_fts MATCH 'sell'"
        assert len(db.execute(words).fetchall()) == 1
    metadata = json.loads((tmp_path / "sqlite" / "metadata.json").read_text())
    tables = metadata["databases"]["policies"]["tables"]
    assert tables.keys() == {"versions", "pairs"}
    assert tables["versions"]["columns"].keys() == {
        "key",
        "previous_key",
        *(c.name for c in VERSIONS_WITH_TEXT.columns),
    }


def test_export_tables_say_what_they_are(folder: Path, tmp_path: Path) -> None:
    export_tables(folder, tmp_path / "jsonl", [VERSIONS], "jsonl")
    package, croissant = (
        json.loads((tmp_path / "jsonl" / f"{name}.json").read_text()) for name in ("datapackage", "croissant")
    )
    facts = package["wayback_policies"]
    assert (
        package["version"]
        == croissant["version"]
        == f"2.{package['created'][:10].replace('-', '')}." + str(int(package["created"][11:19].replace(":", "")))
    )
    assert (facts["versions"], facts["companies"], facts["texts_withheld"]) == (4, 1, 0)
    assert (facts["first_seen"], facts["last_seen"]) == ("2010-01-01", "2012-01-01")
    assert [run["archive"] for run in facts["runs"]] == ["test"]
    assert croissant["conformsTo"][1] == "http://mlcommons.org/croissant/RAI/1.0"
    assert croissant["rai:dataCollectionTimeframe"] == ["2010-01-01", "2012-01-01"]
    said = (tmp_path / "jsonl" / "DATASHEET.md").read_text()
    assert "4 versions (4 texts;" in said
    assert "| Example, Inc. | 4 | 2010-01-01 to 2012-01-01 | not known |" in said
    for field in ("rai:dataCollection", "rai:dataLimitations", "rai:dataCollectionMissingData"):
        assert croissant[field] in said


def test_export_tables_withhold_texts(folder: Path, tmp_path: Path) -> None:
    takedown = parse_takedown("http://EXAMPLE.com/privacy/ # asked for by mail\n", "takedown.txt")
    (versions_file, _) = export_tables(
        folder, tmp_path / "jsonl", [VERSIONS_WITH_TEXT, PAIRS], "jsonl", takedown=takedown
    )
    assert versions_file.withheld == 3
    rows = read_back(tmp_path / "jsonl", "jsonl", "versions")
    assert [(row["text"], row["title"]) for row in rows] == [("another page\n", "Privacy"), *[(None, None)] * 3]
    assert all(row["words"] and row["text_sha256"] for row in rows)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "jsonl").iterdir())
    assert b"we keep" not in everything
    assert "3 texts withheld on request" in (tmp_path / "jsonl" / "DATASHEET.md").read_text()
    export_tables(folder, tmp_path / "whole", [PAIRS], "jsonl")
    assert (tmp_path / "whole" / "pairs.jsonl").read_bytes() == (tmp_path / "jsonl" / "pairs.jsonl").read_bytes()


def test_export_tables_is_deterministic(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_tables(folder, tmp_path / name, [VERSIONS_WITH_TEXT, PAIRS], "jsonl")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["DATASHEET.md", "README.md", "croissant.json", "datapackage.json", "pairs.jsonl", "versions.jsonl"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_export_tables_failure_keeps_previous_export(folder: Path, tmp_path: Path) -> None:
    export_tables(folder, tmp_path / "jsonl", [VERSIONS], "jsonl")
    before = {path.name: path.read_bytes() for path in (tmp_path / "jsonl").iterdir()}
    next(iter(folder.rglob("text/**/*.txt"))).unlink()
    with pytest.raises(OutputError, match="can't be read"):
        export_tables(folder, tmp_path / "jsonl", [VERSIONS_WITH_TEXT], "jsonl")
    assert {path.name: path.read_bytes() for path in (tmp_path / "jsonl").iterdir()} == before


@pytest.mark.parametrize("target", ["file", "file/deep", "csv"])
def test_export_tables_checks_target_first(folder: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "csv" / "versions.csv").mkdir(parents=True)

    def rows(_: object) -> Iterator[Row]:
        pytest.fail("the rows were read before the target was checked")

    with pytest.raises(UsageError, match=r"can't write here: (File exists|Not a directory)|versions.csv: is a folder"):
        export_tables(folder, tmp_path / target, [replace(VERSIONS, rows=rows)], "csv")
    assert {path.name for path in tmp_path.iterdir()} == {"output", "file", "csv"}


@pytest.mark.parametrize("form", sorted(FORMATS.keys() - {"csv-verbatim"}))  # csv writes through that
def test_write_memory_is_constant(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")

    def rows(count: int) -> Iterator[tuple[Any, ...]]:
        moment = datetime(2015, 1, 1, tzinfo=UTC)
        kinds = {"string": "text " * 100, "integer": 1, "number": 0.5, "boolean": True, "datetime": moment}
        for number in range(count):
            yield tuple(str(number) if c.name == "id" else kinds[c.type] for c in VERSIONS.columns)

    def peak(count: int) -> int:
        path = tmp_path / f"{form}-{count}"
        tracemalloc.start()
        FORMATS[form].write(path, VERSIONS, rows(count))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)  # what is imported and cached once
    assert peak(4_000) < 2 * peak(1_500)


def test_export_tables_without_versions(tmp_path: Path) -> None:
    with opened(tmp_path / "output"):
        pass
    (table,) = export_tables(tmp_path / "output", tmp_path / "csv", [VERSIONS], "csv")
    assert table.rows == 0
    assert isinstance(table.table, Table)
