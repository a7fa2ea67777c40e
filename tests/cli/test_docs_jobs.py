"""The three jobs of docs/: each page's code runs on the sample's folder, and says what the page promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from scrapy.settings import BaseSettings

from crawler.companies import load_companies
from crawler.extensions.notify import channel_names
from crawler.options.notify_addresses import check_services
from pipelines.versions import COLUMNS
from tests.support.commands import ROOT, Run, scrapy
from tests.support.postgres import PASSWORD, postgres, server_bin

if TYPE_CHECKING:
    from pathlib import Path

FILES = ROOT / "docs" / "files"


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def desk(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sample's output, and the Parquet export that the pages make."""
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("jobs")
    sample_run.copied_to(folder / "output")
    export = ("export", "--format", "parquet", "--with-text", "--pairs", "-o", str(folder / "policies"))
    assert scrapy(*export, output=folder / "output").status == 0
    return folder


def test_twenty_companies_are_listed() -> None:
    page = (ROOT / "docs" / "data-frame.md").read_text()
    (named,) = re.findall(r"companies=(\S+)", page)
    listed = {
        domain for company in load_companies(ROOT / "crawler" / "companies.yaml") for domain in company.listed_domains
    }
    assert len(set(named.split(","))) == 20
    assert set(named.split(",")) <= listed


def test_data_frame_with_changes_and_topics(desk: Path) -> None:
    pytest.importorskip("pandas")
    code = "\n".join(blocks("data-frame", "python")).replace("/tmp/", f"{desk}/")  # noqa: S108 - what is replaced
    show = "pd.set_option('display.width', 300, 'display.max_columns', None, 'display.max_rows', None)"
    head = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pandas as pd; {show}\n"
    done = subprocess.run([sys.executable, "-c", head + code], cwd=desk, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Northlane +2023-05-20 05:05:05\+00:00 +substantive +\d+ +\d+ +\[", done.stdout)
    assert re.search(r"^cookies-and-tracking +[01]\.\d+$", done.stdout, re.MULTILINE)
    assert "days_seen  changed_per_word" in done.stdout
    assert "https://web.archive.org/web/" in done.stdout


def test_notifications_settings_are_understood() -> None:
    pytest.importorskip("apprise")
    module, command = blocks("notifications", "python")
    values: dict[str, str] = {}
    exec(f"{module}\n{command}".replace("from crawler.settings import *", ""), values)  # noqa: S102 - our own page
    check_services(values["NOTIFY"])
    names = channel_names(BaseSettings({name: values[name] for name in ("NOTIFY", "ON_CHANGES")}))
    assert names == ["E-Mail", "Slack", "JSON", "ON_CHANGES"]


def test_duckdb_is_fed(desk: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    load = (FILES / "load-duckdb.sql").read_text().replace("'output/", f"'{desk}/output/")
    topics, texts = (query.replace("/tmp/", f"{desk}/") for query in blocks("databases", "sql")[:2])  # noqa: S108
    with duckdb.connect(str(desk / "policies.duckdb")) as db:
        for _ in range(2):
            db.execute(load)
            assert db.sql("SELECT count(*), count(DISTINCT company) FROM versions").fetchall() == [(25, 5)]
        assert ("cookies-and-tracking", 5) in db.sql(topics).fetchall()
        assert len(db.sql(texts).fetchall()) == 5
        kinds = dict(db.sql("SELECT column_name, column_type FROM (DESCRIBE versions)").fetchall())
        assert kinds["first_seen"] == kinds["recorded"] == "TIMESTAMP WITH TIME ZONE"
        assert kinds["topics"] == "VARCHAR[]"
        assert list(kinds) == [column.name for column in COLUMNS]
        assert db.sql("SELECT count(*) FROM changes WHERE old_first_seen < first_seen").fetchall() == [(17,)]
        (desk / "empty.jsonl").touch()  # as a run leaves it that has found nothing
        db.execute(load.replace("output/versions.jsonl", "empty.jsonl"))
        assert db.sql("SELECT count(*) FROM versions").fetchall() == [(0,)]


@pytest.mark.skipif(server_bin() is None or not shutil.which("psql"), reason="no PostgreSQL is installed")
def test_postgresql_is_fed(desk: Path) -> None:
    (command,) = (block for block in blocks("databases", "sh") if "psql" in block)
    query = blocks("databases", "sql")[2]
    shutil.copy(FILES / "load-postgresql.sql", desk)
    count = "SELECT count(*), count(DISTINCT company), max(first_seen) AT TIME ZONE 'UTC' FROM policy_versions"

    with postgres() as url:
        environment = {**os.environ, "PGPASSWORD": PASSWORD, "DATABASE": re.sub(r"\+psycopg|:[^:@]+(?=@)", "", url)}

        def shell(line: str) -> str:
            done = subprocess.run(["bash", "-c", line], cwd=desk, env=environment, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, "")
            return done.stdout

        for _ in range(2):
            shell(command)
            assert shell(f'psql "$DATABASE" -XAt -c "{count}"') == "25|5|2023-05-20 05:05:05\n"
        assert "children" in shell(f'psql "$DATABASE" -XAt <<"END"\n{query};\nEND')
        (desk / "output" / "versions.jsonl").write_text('{"id": "1"}\n{"id":')
        done = subprocess.run(["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True)
        assert done.returncode == 3
        assert shell(f'psql "$DATABASE" -XAt -c "{count}"').startswith("25|5|")
