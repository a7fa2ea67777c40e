"""The output folder of many companies, made of a few that were really crawled: for benchmarks/corpus_size.py.

The companies of the simulated archive repeat the histories of the first ones under other names (`histories` of
tests/support/double/hosting.py), so what a crawl of them leaves follows from what a crawl of the first ones has left: the
same rows with other names, other digests of pages and other hashes of texts. The text files are made, and their hashes and
fingerprints computed by the program's own code. Stand-ins are: the WARC files of copies (empty but for their length) with
the digests of their records, and the hashes of texts that the gate turned away.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.database import catalog_url
from pipelines.catalog.schema import metadata
from pipelines.catalog.writer import Catalog
from pipelines.document import parse
from pipelines.output.row_values import sha256_of
from pipelines.similarity.fingerprint import bands, fingerprint
from tests.support.double.hosting import copied_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]
"""Rows by table."""

_NAME: Final = re.compile(r"(?<=[Hh]ost)( ?)(\d+)(?!\d)")
_DOMAIN: Final = re.compile(r"\bhost\d+\.example\b")
_HASHES: Final = ("text_sha256", "judged_sha256", "full_sha256", "old_sha256", "new_sha256", "near_duplicate_of")
_SHARED: Final = ("runs", "measured", "healthy_runs")
"""Tables whose rows are not a company's."""
_BATCH: Final = 100
"""Companies whose rows are in memory at once."""


@dataclass(frozen=True)
class Sample:
    """What a crawl of the first companies has left, by company: rows, and text files by path. `warcs`: bytes by name."""

    rows: list[Rows]
    texts: list[dict[str, str]]
    shared: Rows
    warcs: Mapping[str, int]


def read_sample(folder: Path) -> Sample:
    """Read an output folder that a crawl has ended, with a SQLite catalog."""
    with closing(sqlite3.connect(folder / "catalog.db")) as db:
        tables = {table.name: list(db.execute(_ordered(table))) for table in metadata.sorted_tables}
    domains = sorted(row[0] for row in tables["domains"])
    of_text: defaultdict[str, set[str]] = defaultdict(set)
    for row in tables["documents"]:
        of_text[_cell("documents", row, "text_sha256")].add(_cell("documents", row, "domain"))
    by_domain: dict[str, Rows] = {domain: defaultdict(list) for domain in domains}
    for name, rows in tables.items():
        for row in rows if name not in _SHARED else ():
            for domain in _owners(name, row, of_text):
                by_domain[domain][name].append(row)
    texts = [
        {path: (folder / path).read_text() for path in (_cell("documents", row, "path") for row in of["documents"])}
        for of in by_domain.values()
    ]
    warcs = {path.name: path.stat().st_size for path in (folder / "warc").glob("*.warc.gz")}
    return Sample(list(by_domain.values()), texts, {name: tables[name] for name in _SHARED}, warcs)


def _ordered(table: sa.Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.c)
    return (
        f"SELECT {columns} FROM {table.name} ORDER BY {', '.join(str(n) for n in range(1, len(table.primary_key) + 1))}"  # noqa: S608 - our own names
    )


def _cell(table: str, row: Row, column: str) -> Any:
    return row[list(metadata.tables[table].c.keys()).index(column)]


def _owners(table: str, row: Row, of_text: Mapping[str, set[str]]) -> Iterable[str]:
    """Return the listed domains whose copies have a copy of a row."""
    places = _places(table)
    if "domain" in places:
        return [row[places["domain"]]]
    if texts := [
        of_text[row[places[column]]] for column in ("text_sha256", "old_sha256", "new_sha256") if column in places
    ]:
        return sorted(set.intersection(*texts))[:1]
    found = _DOMAIN.search(str(row[places["url"]])) if "url" in places else None
    return [found[0]] if found else []


# Copies


@dataclass(frozen=True)
class Copier:
    """Copies companies of a sample: company `history` becomes company `history` + `step`."""

    sample: Sample
    archive: str
    """Name of the archive in the copies: the double may have another address."""
    is_exact: bool = True
    """Whether fingerprints are computed. Without it, copies have those of the sample: a name changes some of their bits."""

    def copy(self, history: int, step: int) -> tuple[Rows, dict[str, str]]:
        """Return a company's rows and its text files by path."""
        rows, texts = self.sample.rows[history], self.sample.texts[history]
        new = self._renamed(rows, step)
        made = {path: _named(text, step) for path, text in texts.items()}
        facts = {path: _facts(text, is_exact=self.is_exact) for path, text in made.items()} if step else {}
        column = _places("documents")
        new |= {
            row[column["text_sha256"]]: facts[row[column["path"]]]["text_sha256"] for row in rows["documents"] if step
        }
        copies = {name: [tuple(new.get(value, value) for value in row) for row in of] for name, of in rows.items()}
        if step:
            copies["documents"] = [
                _with(row, facts[before[column["path"]]])
                for before, row in zip(rows["documents"], copies["documents"], strict=True)
            ]
        return copies, {new.get(path, path): text for path, text in made.items()}

    def _renamed(self, rows: Rows, step: int) -> dict[Any, Any]:
        """Return the new values of a company's cells, but for the hashes of its texts."""
        new: dict[Any, Any] = {}
        for name, of in rows.items():
            places = _places(name)
            for row in of:
                for value in row:
                    if (
                        isinstance(value, str)
                        and value not in new
                        and ("host" in value.lower() or "127.0.0.1" in value)
                    ):
                        new[value] = self._moved(_named(value, step))
                for column in _HASHES if step else ():
                    if column in places and (sha := row[places[column]]):
                        new.setdefault(sha, hashlib.sha256(f"{step} {sha}".encode()).hexdigest())
                if step and name in {"captures", "defects", "mementos"} and self._is_page(name, row):
                    domain = _DOMAIN.search(_named(str(row[places["original" if name == "captures" else "url"]]), step))
                    new[row[places["digest"]]] = copied_digest(row[places["digest"]], domain[0] if domain else "")
                if name == "mementos":
                    for column in ("file", "payload_file") if step else ():
                        new[row[places[column]]] = copied_warc(row[places[column]], step // len(self.sample.rows))
        return new

    @staticmethod
    def _is_page(name: str, row: Row) -> bool:
        return name == "defects" or str(_cell(name, row, "statuscode" if name == "captures" else "status")) == "200"

    def _moved(self, value: str) -> str:
        return re.sub(r"http://127\.0\.0\.1:\d+", self.archive, value)


def copied_warc(name: str, turn: int) -> str:
    """Return the name of the WARC file that a copy's records are said to be in."""
    prefix, number = name.removesuffix(".warc.gz").rsplit("-", 1)
    return f"{prefix}-{int(number) + 100 * turn:05}.warc.gz"


def _named(text: str, step: int) -> str:
    return _NAME.sub(lambda found: f"{found[1]}{int(found[2]) + step:0{len(found[2])}}", text) if step else text


def _facts(text: str, *, is_exact: bool) -> dict[str, Any]:
    """Return the columns of `documents` that depend on a text, as pipelines.output.row_values computes them."""
    document = parse(text)
    facts = {"text_sha256": document.text_sha256, "title": document.title, "file_sha256": sha256_of(text.encode())}
    if not is_exact:
        return facts
    print_ = fingerprint(document.title or "", document.body)
    numbered = {f"band{number}": band for number, band in enumerate(bands(print_.simhash))}
    return facts | {"dateless_sha256": print_.dateless_sha256} | numbered


def _places(table: str) -> dict[str, int]:
    return {name: place for place, name in enumerate(metadata.tables[table].c.keys())}


def _with(row: Row, values: Mapping[str, Any]) -> Row:
    cells = list(row)
    for name, place in _places("documents").items():
        if name in values:
            cells[place] = values[name]
    return tuple(cells)


# Folders


def fill(copier: Copier, folder: Path, companies: int, catalogs: Sequence[str] = ("",), first: int = 0) -> None:
    """Make the output folder of `companies` companies from number `first` on, a multiple of the sample's.

    Each of `catalogs` (the setting CATALOG_URL) gets all rows: PostgreSQL by COPY, SQLite by INSERT, both without the
    indexes that are not keys; these are made at the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engines = [_emptied(catalog_url(folder, catalog)) for catalog in catalogs]
    count = len(copier.sample.rows)
    for engine in engines:
        _load(engine, copier.sample.shared)
    for start in range(first, first + companies, _BATCH):
        batch: Rows = defaultdict(list)
        for number in range(start, min(start + _BATCH, first + companies)):
            rows, texts = copier.copy(number % count, number - number % count)
            for name, of in rows.items():
                batch[name] += of
            for path, text in texts.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
        for engine in engines:
            _load(engine, batch)
    for engine in engines:
        _finish(engine)
    _hollow_warcs(copier.sample, folder, range(first // count, -(-(first + companies) // count)))


def _emptied(url: str) -> sa.Engine:
    """Return a database with the tables as the writer makes them, without further indexes."""
    Catalog(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as db:
        for index in _indexes():
            index.drop(db)
    return engine


def _finish(engine: sa.Engine) -> None:
    with engine.begin() as db:
        for index in _indexes():
            index.create(db)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.exec_driver_sql("ANALYZE")  # autovacuum does so after a minute
    engine.dispose()


def _load(engine: sa.Engine, rows: Rows) -> None:
    (_load_sqlite if engine.dialect.name == "sqlite" else _load_postgres)(engine, rows)


def _indexes() -> list[sa.Index]:
    return [
        index for table in metadata.sorted_tables for index in sorted(table.indexes, key=lambda index: index.name or "")
    ]


def _load_sqlite(engine: sa.Engine, rows: Rows) -> None:
    with closing(sqlite3.connect(engine.url.database or "")) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        for name, of in rows.items():
            columns = metadata.tables[name].c
            named = ", ".join(f'"{column.name}"' for column in columns)
            db.executemany(f"INSERT OR IGNORE INTO {name} ({named}) VALUES ({', '.join('?' * len(columns))})", of)  # noqa: S608 - our own names


def _load_postgres(engine: sa.Engine, rows: Rows) -> None:
    connection = engine.raw_connection()
    cursors: Any = connection.driver_connection  # psycopg's connection, which has COPY
    with closing(connection), cursors.cursor() as cursor:
        for name, of in rows.items():
            named = ", ".join(f'"{column.name}"' for column in metadata.tables[name].c)
            keys = [
                list(metadata.tables[name].c.keys()).index(column.name) for column in metadata.tables[name].primary_key
            ]
            once = {tuple(row[key] for key in keys): row for row in of}
            with cursor.copy(f"COPY {name} ({named}) FROM STDIN") as copy:
                for row in once.values():
                    copy.write_row(row)
        connection.commit()


def _hollow_warcs(sample: Sample, folder: Path, turns: range) -> None:
    """Make WARC files of the right names and lengths, with the first bytes of one, and holes after them."""
    (folder / "warc").mkdir(exist_ok=True)
    for turn in turns:
        for name, size in sample.warcs.items():
            with (folder / "warc" / (copied_warc(name, turn) if turn else name)).open("wb") as file:
                file.write(b"\x1f\x8b\x08")
                file.truncate(size)


# Check


STAND_INS: Final = {"mementos": {"file", "offset", "length", "digest", "payload_file", "payload_offset", "retrieved"}}
_MOMENTS: Final = {"recorded", "finished", "finished_full", "failed", "archive", "source_url"}


def differences(one: Path, other: Path) -> dict[str, int]:
    """Return by table the number of rows that only one of two folders has, stand-ins and moments of runs left out."""
    found = {}
    for table in metadata.sorted_tables:
        if table.name not in _SHARED:
            rows = [_comparable(folder, table) for folder in (one, other)]
            found[table.name] = len(rows[0] ^ rows[1])
    return found


def _comparable(folder: Path, table: sa.Table) -> set[Row]:
    left_out = _MOMENTS | STAND_INS.get(table.name, set())
    columns = [column.name for column in table.c if column.name not in left_out]
    named = ", ".join(f'"{name}"' for name in columns)
    with closing(sqlite3.connect(folder / "catalog.db")) as db:
        rows = db.execute(f"SELECT {named} FROM {table.name}").fetchall()  # noqa: S608 - our own names
    if table.name != "captures":
        return set(rows)
    judged, text = columns.index("judged_sha256"), columns.index("text_sha256")
    return {row if row[judged] == row[text] else (*row[:judged], bool(row[judged]), *row[judged + 1 :]) for row in rows}
