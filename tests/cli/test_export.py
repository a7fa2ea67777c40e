"""`scrapy export` on the sample's output, validated by the projects whose formats it writes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.installation import install_command
from pipelines.versions import versions
from tests.support.commands import ROOT, Run, scrapy
from tests.support.environments import environment

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def validate() -> Callable[..., dict[str, Any]]:
    """Return a function that runs tests/support/validators.py; they bring half a gigabyte, so they have their own environment."""
    python = environment("validators") / "python"

    def run(*arguments: object) -> dict[str, Any]:
        command = [python, ROOT / "tests" / "support" / "validators.py", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "sqlite"])
def test_export_validates(sample_run: Run, tmp_path: Path, validate: Callable[..., dict[str, Any]], form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    arguments = ("--format", form, "--with-text", "--pairs", "-o", str(tmp_path / form))
    run = scrapy("export", *arguments, output=sample_run.output)
    assert run.status == 0, run.stderr
    found = validate("tables", tmp_path / form)
    rows = {"versions": 25, "pairs": 17}
    assert found["frictionless"]["errors"] == []
    assert found["frictionless"]["valid"]
    assert found["frictionless"]["rows"] == (dict.fromkeys(rows) if form == "sqlite" else rows)
    assert (found["croissant"]["errors"], found["croissant"]["warnings"]) == ([], [])
    assert found["croissant"]["rows"] == ({} if form == "sqlite" else rows)


def test_export_broken_file_does_not_validate(
    sample_run: Run, tmp_path: Path, validate: Callable[..., dict[str, Any]]
) -> None:
    scrapy("export", "--format", "csv", "-o", str(tmp_path / "csv"), output=sample_run.output)
    with (tmp_path / "csv" / "versions.csv").open("a") as stream:
        stream.write("one,cell,too,few\n")
    found = validate("tables", tmp_path / "csv")
    assert not found["frictionless"]["valid"]
    assert "is not identical with the reference" in found["croissant"]["rows"]["versions"]


def test_feed_is_read_by_feed_reader(sample_run: Run, validate: Callable[..., dict[str, Any]]) -> None:
    found = validate("atom", sample_run.output / "changes.atom")
    news = [version for version in sample_run.versions() if version["change_class"] in {None, "substantive"}]
    assert (found["well_formed"], found["version"], len(found["titles"])) == (True, "atom10", len(news))
    assert len(sample_run.versions()) == len(news) + 1  # one differs in dates alone
    assert found["titles"][0] == "Northlane: changed, captured 2023-05-20"


def test_datasette_shows_views(sample_run: Run, tmp_path: Path, validate: Callable[..., dict[str, Any]]) -> None:
    assert validate
    shutil.copy(sample_run.output / "catalog.db", tmp_path)
    command = [
        ROOT / ".venv-validators/bin/datasette",
        "catalog.db",
        "--get",
        "/catalog/versions.json?_shape=array&_size=max",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert [row["id"] for row in json.loads(done.stdout)] == [version.id for version in versions(sample_run.output)]


def test_datasette_shows_export(sample_run: Run, tmp_path: Path, validate: Callable[..., dict[str, Any]]) -> None:
    """As docs/export.md says: with integer keys, descriptions, facets, queries and the search in texts."""
    assert validate
    run = scrapy(
        "export", "--format", "sqlite", "--with-text", "--pairs", "-o", str(tmp_path), output=sample_run.output
    )
    assert run.status == 0, run.stderr
    datasette = (ROOT / ".venv-validators/bin/datasette", "policies.sqlite", "--metadata", "metadata.json", "--get")

    def get(path: str) -> str:
        done = subprocess.run([*datasette, path], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    page = get("/policies/versions?_search=cookies")
    assert "Date from which the text says it holds" in page
    assert "change_class" in page  # a facet
    found = json.loads(get("/policies/versions/2.json?_shape=objects"))["rows"][0]
    assert (found["previous_key"], found["previous_id"]) == (1, found["id"].replace(*_later(found)))
    assert len(json.loads(get("/policies/in_force_on.json?date=2018-12-25&_shape=array"))) >= 3


def _later(row: dict[str, Any]) -> tuple[str, str]:
    """Return the end of a version's id, and that of the one before."""
    return row["id"].split(" ", 2)[2], row["previous_id"].split(" ", 2)[2]


def test_export_corpus_layout(sample_run: Run, tmp_path: Path) -> None:
    run = scrapy("export", "--corpus-layout", str(tmp_path / "corpus"), output=sample_run.output)
    assert run.status == 0, run.stderr
    assert run.stdout == f"{tmp_path / 'corpus'}: 25 versions, one commit each\n"
    found = {path.name for path in (tmp_path / "corpus").rglob("*.md")}
    assert found == {f"{version.domain}.md" for version in versions(sample_run.output)}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--pairs"], 2, "needs --format jsonl|csv|csv-verbatim|parquet|sqlite, or --corpus-layout FOLDER"),
        (["--format", "csv", "--corpus-layout", "x"], 2, "takes --format or --corpus-layout, not both"),
        (["--format", "csv", "extra"], 2, "takes no argument 'extra'"),
        (["--corpus-layout", "x", "--pairs"], 2, "takes no option of tables"),
        (["--format", "csv", "--original-links"], 2, "are for --corpus-layout"),
        (["--format", "csv"], 1, "no catalog here; a crawl makes one"),
    ],
)
def test_export_bad_arguments_are_one_line(
    run_scrapy: Callable[..., Run], arguments: list[str], status: int, says: str
) -> None:
    run = run_scrapy("export", *arguments)
    assert run.status == status
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("--format", "csv", "-o"), ("--corpus-layout",)])
def test_export_unwritable_folder_is_bad_usage(sample_run: Run, arguments: tuple[str, ...]) -> None:
    run = scrapy("export", *arguments, "/proc/nowhere", output=sample_run.output)
    assert (run.status, len(run.stderr.strip().splitlines())) == (2, 1)
    assert "/proc/nowhere: can't write here" in run.stderr


def test_export_parquet_without_pyarrow_is_one_line(
    sample_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError('as if it were not installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = scrapy("export", "--format", "parquet", "-o", str(tmp_path / "export"), output=sample_run.output, fresh=True)
    assert run.status == 2
    assert run.stderr == f"scrapy export: --format parquet needs pyarrow: {install_command('parquet')}\n"
