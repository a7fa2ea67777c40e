"""Versions read a few listed domains at a time are those of the view, and no question about one scans the others' captures."""
# ruff: noqa: S608 - the SQL is put together from constants

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog.indexes import IS_NAMED
from pipelines.catalog.playback_rows import _HAS_PLAYBACK_ROWS
from pipelines.catalog.read_only import reading
from pipelines.catalog.version_rows import (
    BY_PAGE,
    count_versions,
    domains_with_captures,
    domains_with_text,
    is_of_one_run,
    newest_rows,
    version_rows,
)
from pipelines.catalog.views import VERSIONS_AMONG
from pipelines.output.store import OutputStore
from pipelines.versions import NEWS_FIRST
from tests.support.either_database import ON_SQLITE
from tests.support.postgres import NO_SERVER, postgres
from tests.support.report_catalog import many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = ON_SQLITE
"""Its catalogs are made of tables of SQLite, and the plans of questions are SQLite's."""
COMPANIES = 7


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = many(tmp_path_factory.mktemp("version-rows"), companies=COMPANIES, versions=4)
    OutputStore(made, "", software="test").open().close()  # makes the indexes
    return made


@pytest.fixture
def db(root: Path) -> Iterator[sa.Connection]:
    with reading(root) as connection:
        yield connection


def of_view(db: sa.Connection, order: str, where: str = "1 = 1") -> list[sa.RowMapping]:
    return list(db.execute(sa.text(f"SELECT * FROM versions WHERE {where} ORDER BY {order}")).mappings())


def test_version_rows_are_those_of_the_view(db: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of_view(db, BY_PAGE)
    assert list(version_rows(db)) == whole
    monkeypatch.setattr("pipelines.catalog.version_rows._DOMAINS", 2)
    assert list(version_rows(db)) == whole
    domains = domains_with_text(db)
    assert list(version_rows(db, of=domains[2:5])) == of_view(
        db, BY_PAGE, f"domain BETWEEN '{domains[2]}' AND '{domains[4]}'"
    )
    assert list(version_rows(db, of=["unknown.example"])) == []


def test_version_rows_in_another_order(db: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of_view(db, NEWS_FIRST)
    assert list(version_rows(db, order=NEWS_FIRST)) == whole
    monkeypatch.setattr("pipelines.catalog.version_rows._MOST", 1)  # more than one question names: all are asked
    assert list(version_rows(db, order=NEWS_FIRST)) == whole
    some = set(domains_with_text(db)[2:5])
    assert list(version_rows(db, order=NEWS_FIRST, of=some)) == [row for row in whole if row["domain"] in some]
    moments = {(row["run"], row["first_seen"]) for row in whole[:3]}
    assert {(row["run"], row["first_seen"]) for row in newest_rows(version_rows(db), 3)} == moments


@pytest.mark.parametrize("server", [False, pytest.param(True, marks=NO_SERVER)])
def test_versions_without_a_run_are_the_oldest_news(*, server: bool) -> None:
    """Whichever database sorts them: each has its own place for NULL."""
    found = (
        ("old", None, "2020"),
        ("new", "2026-01-02", "2010"),
        ("older", None, "2019"),
        ("first", "2026-01-01", "2021"),
    )
    names = ("id", "run", "first_seen")
    table = sa.Table("found", sa.MetaData(), *(sa.Column(name, sa.Text) for name in names))
    with postgres(is_ready=True) if server else nullcontext("sqlite://") as url:
        engine = sa.create_engine(url)
        with engine.connect() as db:
            table.create(db)
            db.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in found])
            ordered = list(db.execute(sa.select(table).order_by(sa.text(NEWS_FIRST))).mappings())
        engine.dispose()
    assert [row["id"] for row in ordered] == ["new", "first", "old", "older"]
    assert newest_rows(reversed(ordered), 3) == ordered[:3]


def test_count_versions_counts_the_view(db: sa.Connection) -> None:
    query = "SELECT count(DISTINCT company), count(DISTINCT path), count(*) FROM versions"
    counts = count_versions(db, newest=1)
    assert (counts.companies, counts.texts, counts.versions) == tuple(db.execute(sa.text(query)).one())
    assert counts.newest == {db.scalar(sa.text("SELECT domain FROM versions ORDER BY first_seen DESC, domain LIMIT 1"))}
    assert is_of_one_run(db) == (db.scalar(sa.text("SELECT count(DISTINCT recorded) FROM captures")) == 1)
    assert domains_with_captures(db) == list(db.scalars(sa.text("SELECT DISTINCT domain FROM captures ORDER BY 1")))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (f"SELECT * FROM ({VERSIONS_AMONG.replace(':among', '(?, ?)')})", "(domain=?"),
        ("SELECT domain FROM captures WHERE recorded > ?", "captures_by_run (recorded>?"),
        (f"SELECT count(*) FROM captures c WHERE c.{IS_NAMED}", "captures_named"),
        ("SELECT count(*) FROM captures c WHERE c.again IS NOT NULL", "captures_asked_again"),
        (_HAS_PLAYBACK_ROWS.text.replace(":of_domain", "?"), "captures_told"),
    ],
)
def test_questions_use_an_index(db: sa.Connection, query: str, index: str) -> None:
    values = ("a.example",) * query.count("?")
    plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    steps = [step for step in plan if " c " in f"{step} " or "captures" in step]
    assert any(index in step for step in steps), plan
    assert not any(step.startswith("SCAN") and "captures_" not in step for step in steps), plan
