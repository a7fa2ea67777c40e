"""Catalogs of earlier releases: what was read stays and gets its archive; what no release has written is refused."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pipelines.catalog.migrations import NEWEST
from pipelines.catalog.schema import metadata
from pipelines.errors import OutputError
from pipelines.output.store import OutputStore
from pipelines.versions import versions
from tests.support.either_database import ON_SQLITE
from tests.support.folders import FIXTURES, of_first_release, opened

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SQLITE

BEFORE = [json.loads(line) for line in (FIXTURES / "output-267f960" / "versions.jsonl").read_text().splitlines()]
KEPT = ("company", "domain", "page", "path", "text_sha256", "title", "snapshot_url", "source_url", "timestamp")


def sql(root: Path, *statements: str) -> list[tuple[object, ...]]:
    """Execute statements in a folder's catalog; return the rows of the last one."""
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        return [*map(db.execute, statements)][-1].fetchall()


def open_and_close(root: Path) -> None:
    OutputStore(root, "", software="test").open().close()


def of_two_archives(root: Path) -> Path:
    """Return a folder that another archive was crawled into as well: texts of Northlane, and what it does not have."""
    of_first_release(root)
    sql(
        root,
        "INSERT INTO runs VALUES ('2026-12-01T00:00:00', '2026-12-01T00:00:01', 'http://localhost:1', 0, 'finished')",
        "UPDATE mementos SET source_url = replace(source_url, 'warc://archive/', 'http://localhost:1/') "
        "WHERE url LIKE '%northlane%'",
        "UPDATE captures SET recorded = '2026-12-01T00:00:00' WHERE domain = 'northlane.example' AND recorded <> ''",
        "UPDATE captures SET fate = 'missing', cause = 'not there' WHERE text_sha256 IS NULL AND memento_url IS NULL",
    )
    return root


def test_first_release_keeps_every_text_and_version(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    open_and_close(root)
    found = list(versions(root))
    assert [tuple(getattr(version, name) for name in KEPT) for version in found] == [
        tuple(version[name] for name in KEPT) for version in BEFORE
    ]
    assert {version.archive for version in found} == {"sample"}
    assert {version.kind for version in found} == {"privacy"}
    assert all((root / version.path).is_file() for version in found)
    (dates,) = sql(root, "SELECT count(*), sum(retrieved LIKE '2026-11-26T06:3%Z') FROM mementos")
    assert dates == (69, 69)
    assert sql(root, "SELECT version_num FROM alembic_version") == [(NEWEST,)]


def test_first_release_is_read_without_a_change(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    before = (root / "catalog.db").read_bytes()
    assert len(list(versions(root))) == len(BEFORE) == 25
    assert (root / "catalog.db").read_bytes() == before
    assert {path.name for path in root.iterdir()} >= {"catalog.db"}
    assert not list(root.glob("catalog.db-*"))


def test_migrated_tables_are_those_of_a_new_catalog(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    open_and_close(root)
    engine = sa.create_engine(f"sqlite:///{root / 'catalog.db'}")
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        differences = [each for each in compare_metadata(context, metadata) if "alembic_version" not in str(each)]
        keys = {name: sa.inspect(db).get_pk_constraint(name)["constrained_columns"] for name in metadata.tables}
    engine.dispose()
    assert differences == []
    assert keys == {name: [column.name for column in table.primary_key] for name, table in metadata.tables.items()}


def test_home_pages_that_an_earlier_release_read_are_read_again(tmp_path: Path) -> None:
    """Its links have no rank: it knew no hubs. They stay until then, and what this release has read stays read."""
    root = of_first_release(tmp_path / "output")
    (links,) = sql(root, "SELECT count(*) FROM links")
    (homes,) = sql(root, "SELECT count(*) FROM captures WHERE cause = 'home page, read for its links'")
    assert homes[0] > 0
    open_and_close(root)
    assert sql(root, "SELECT count(*) FROM home_readings") == [(0,)]
    assert sql(root, "SELECT count(*) FROM links") == [links]


def test_several_archives_are_told_apart_by_what_was_read(tmp_path: Path) -> None:
    root = of_two_archives(tmp_path / "output")
    open_and_close(root)
    found = list(versions(root))
    assert [version.text_sha256 for version in found] == [version["text_sha256"] for version in BEFORE]
    archives = {("northlane" in version.url, version.archive) for version in found}  # Quillbox' policy moved there, too
    assert archives == {(True, "http://localhost:1"), (False, "sample")}
    assert sql(root, "SELECT count(*) FROM captures WHERE fate = 'missing'") == [(0,)]
    assert sql(root, "SELECT count(*) FROM listings") == [(0,)]


def test_views_that_a_user_made_stay(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    sql(root, "CREATE VIEW mine AS SELECT domain, count(*) AS captures FROM captures GROUP BY domain")
    open_and_close(root)
    assert sql(root, "SELECT sum(captures) FROM mine") == [(78,)]


def test_upgrade_killed_half_way_leaves_the_catalog_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = of_first_release(tmp_path / "output")
    tables = sql(root, "SELECT sql FROM sqlite_master ORDER BY name")
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.catalog.migrations.archive_identity._create_pages", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_and_close(root)
    assert sql(root, "SELECT sql FROM sqlite_master ORDER BY name") == tables
    open_and_close(root)
    assert len(list(versions(root))) == 25


def test_passwords_of_earlier_release_are_removed(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    name, url = "pywb+http://me:s3cret@archive/c", "http://me:s3cret@archive/c/2015id_/http://a.example/@b"
    sql(
        root,
        f"UPDATE listings SET archive = '{name}'",  # noqa: S608
        f"UPDATE runs SET archive = '{name}'",  # noqa: S608
        f"UPDATE documents SET source_url = '{url}'",  # noqa: S608
    )
    open_and_close(root)
    assert sql(root, "SELECT archive FROM listings") == []
    assert sql(root, "SELECT DISTINCT archive FROM runs") == [("pywb+http://archive/c",)]
    assert sql(root, "SELECT DISTINCT source_url FROM documents") == [("http://archive/c/2015id_/http://a.example/@b",)]
    assert sql(root, "SELECT DISTINCT archive FROM captures") == [("pywb+http://archive/c",)]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE mementos DROP COLUMN source_url", r"has no mementos\.source_url: another version"),
        (
            "CREATE TABLE alembic_version AS SELECT '99' AS version_num",
            r"made by a later version of this program \(revision 99\)",
        ),
    ],
)
def test_catalog_that_no_earlier_release_has_written_is_refused(tmp_path: Path, statement: str, problem: str) -> None:
    root = of_first_release(tmp_path / "output")
    sql(root, *(f"DROP VIEW {view}" for view in ("losses", "texts", "fates", "versions", "policy_pages")), statement)
    for attempt in (lambda: open_and_close(root), lambda: next(versions(root))):
        with pytest.raises(OutputError, match=problem) as caught:
            attempt()
        assert "\n" not in str(caught.value)


def test_catalog_older_than_the_first_release_gets_its_columns(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    sql(
        root,
        *(f"DROP VIEW {view}" for view in ("losses", "texts", "fates", "versions", "policy_pages", "listing_states")),
        "ALTER TABLE captures DROP COLUMN recorded",
        "DROP INDEX captures_by_text",
        "DROP TABLE runs",
    )
    with opened(root) as library:
        assert not library.write_changes()  # what was there before is no news
    assert {version.recorded for version in versions(root)} == {None}
    assert "captures_by_text" in str(
        sql(root, "EXPLAIN QUERY PLAN SELECT * FROM captures WHERE domain = 'a' AND text_sha256 = 'b'")
    )


def test_listings_of_earlier_releases_get_their_domain(tmp_path: Path) -> None:
    root = of_first_release(tmp_path / "output")
    row = "SELECT archive, '{}', 'exact', since, until, asked_since, resume_key, finished, finished_full, newest, rows"
    columns = "archive, url, match, since, until, asked_since, resume_key, finished, finished_full, newest, rows"
    urls = ("https://www.northlane.example/privacy", "https://foreign.example/privacy", "http://[bad/")
    sql(root, *(f"INSERT INTO listings ({columns}) {row.format(url)} FROM listings LIMIT 1" for url in urls))
    open_and_close(root)
    listed = dict(sql(root, "SELECT url, domain FROM listings"))
    assert listed["northlane.example"] == listed[urls[0]] == "northlane.example"
    assert not set(urls[1:]) & set(listed)
    assert {relation for (relation,) in sql(root, "SELECT relation FROM links")} == {"policy"}
