"""The file formats of an export. Each writer streams rows, holds at most one batch, and returns the number of rows."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pipelines.columns import plain
from pipelines.errors import UsageError
from pipelines.export.tables import key_of
from pipelines.installation import install_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pipelines.columns import Value
    from pipelines.export.tables import Row, Table

Writer: TypeAlias = "Callable[[Path, Table, Iterable[Row]], int]"

_BATCH_ROWS = 1_000
_BATCH_CHARACTERS = 16_000_000
"""Limits of a row group of Parquet, in rows and characters: small tables get few groups, long texts fit in memory."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. `file` is the pattern of the file name; `media_type` is the encodingFormat of Croissant."""

    file: str
    media_type: str
    write: Writer
    in_croissant: bool = True
    """Whether Croissant can describe the columns. It can't for a database."""
    measured: bool = True
    """Whether datapackage.json has size and hash. frictionless can't verify them for Parquet, and reports an error."""
    has_datasette: bool = False
    """Whether Datasette shows it: metadata.json says how."""


def _write_jsonl(path: Path, table: Table, rows: Iterable[Row]) -> int:
    names = [column.name for column in table.columns]
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(dict(zip(names, map(plain, row), strict=True)), ensure_ascii=False) + "\n")
            count += 1
    return count


_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""The beginning of a formula of spreadsheets (owasp.org/www-community/attacks/CSV_Injection), marked or not."""


def spreadsheet_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula: an apostrophe marks what looks like one."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_of_cell(cell: str) -> str:
    """Return the text that `spreadsheet_cell` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _write_csv(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """Write CSV in which no text is a formula."""
    safe = (tuple(spreadsheet_cell(value) if isinstance(value, str) else value for value in row) for row in rows)
    return _write_csv_verbatim(path, table, safe)


def _write_csv_verbatim(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """Write CSV (RFC 4180) with a header line; an empty cell is a missing value."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(column.name for column in table.columns)
        count = 0
        for row in rows:
            writer.writerow(map(_cell, row))
            count += 1
    return count


def _cell(value: Value) -> str | int | float | None:
    """Return a value as CSV has it: booleans as in JSON."""
    return str(value).lower() if isinstance(value, bool) else plain(value)


_SEARCHED: Final = ("company", "title", "text_plain")
"""Columns in the index of words."""
_SQL_TYPES: Final = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER", "datetime": "TEXT"}


_INDEXED: Final = ("company", "domain", "first_seen", "change_class", "text_sha256")
"""Columns with an index: what people filter and sort by."""


def _write_sqlite(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """Add a table with integer keys to the database, and the descriptions of its columns to the table `columns`.

    The rows that a row links to have to be there before it: versions by page and time, pairs after versions.
    """
    names = [column.name for column in table.columns]
    about: list[tuple[str, str, str, str | None, str]] = [
        (table.name, name, "integer", None, said) for name, said in table.key_descriptions.items()
    ]
    about += [(table.name, c.name, c.type, c.unit or None, c.description) for c in table.columns]
    keys = (f"(SELECT key FROM versions WHERE id = ?{names.index(name) + 1})" for name in table.links)  # noqa: S608 - constants
    places = ", ".join([*("?" * len(names)), *keys])
    given = ", ".join(f'"{name}"' for name in (*names, *map(key_of, table.links)))
    insert = f"INSERT INTO {table.name} ({given}) VALUES ({places})"  # noqa: S608 - constant names
    with closing(sqlite3.connect(path)) as db, db:
        _create_table(db, table)
        db.executemany("INSERT INTO columns VALUES (?, ?, ?, ?, ?)", about)
        count = db.executemany(insert, (tuple(map(plain, row)) for row in rows)).rowcount
        _index_words(db, table)
        return count


def _create_table(db: sqlite3.Connection, table: Table) -> None:
    columns = [
        "key INTEGER PRIMARY KEY",
        *(f"{key_of(name)} INTEGER REFERENCES versions (key)" for name in table.links),
        *(f'"{c.name}" {_SQL_TYPES[c.type]}{" NOT NULL" if c.required else ""}' for c in table.columns),
        f"UNIQUE ({', '.join(table.key)})",
    ]
    db.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
    indexed = [*map(key_of, table.links), *(c.name for c in table.columns if c.name in _INDEXED)]
    for name in indexed:
        db.execute(f"CREATE INDEX {table.name}_by_{name} ON {table.name} ({name})")
    db.execute('CREATE TABLE IF NOT EXISTS columns ("table" TEXT, name TEXT, type TEXT, unit TEXT, description TEXT)')


def _index_words(db: sqlite3.Connection, table: Table) -> None:
    """Add an index of words (FTS5) for a table with texts: `<table>_fts`, as Datasette looks for it."""
    searched = [column.name for column in table.columns if column.name in _SEARCHED]
    if "text_plain" not in searched:
        return
    columns = ", ".join(searched)
    name = f"{table.name}_fts"
    options = f"content='{table.name}', content_rowid='key', tokenize='unicode61'"
    db.execute(f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, {options})")
    db.execute(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")  # noqa: S608 - constant names


def _write_parquet(path: Path, table: Table, rows: Iterable[Row]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"--format parquet needs pyarrow: {install_command('parquet')}") from error
    types = {
        "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "datetime": pa.timestamp("s", "UTC"),
    }  # fmt: skip
    schema = pa.schema(
        pa.field(c.name, types[c.type], nullable=not c.required, metadata={"description": c.whole})
        for c in table.columns
    )
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows):
            arrays = [
                pa.array(values, type=each.type) for values, each in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    characters = 0
    for row in rows:
        batch.append(_whole_seconds(row))
        characters += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) == _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _whole_seconds(row: Row) -> tuple[Any, ...]:
    """Return a row without fractions of seconds, as in the other formats. Arrow raises instead of truncating."""
    return tuple(value.replace(microsecond=0) if isinstance(value, datetime) else value for value in row)


FORMATS: Final = {
    "jsonl": Format("{table}.jsonl", "application/jsonlines", _write_jsonl),
    "csv": Format("{table}.csv", "text/csv", _write_csv),
    "csv-verbatim": Format("{table}.csv", "text/csv", _write_csv_verbatim),
    "parquet": Format("{table}.parquet", "application/x-parquet", _write_parquet, measured=False),
    "sqlite": Format(
        "policies.sqlite", "application/vnd.sqlite3", _write_sqlite, in_croissant=False, has_datasette=True
    ),
}
