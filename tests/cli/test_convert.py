"""`scrapy convert`: one page, or everything anew; a new converter's changes are never policy changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crawler.archives.opening import SAMPLE
from crawler.archives.warc_records import read_captures, read_payload
from pipelines.convert import CONVERTER_VERSION
from pipelines.versions import versions
from tests.support.commands import ROOT, Run
from tests.support.folders import of_first_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL, TIMESTAMP = "https://www.northlane.example/legal/privacy-policy", "20150911043127"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    warc = SAMPLE / "sample.warc.gz"
    held = next(each for each in read_captures(warc) if (each.url, each.timestamp) == (URL, TIMESTAMP))
    payload = read_payload(warc, held.offset)
    assert payload
    (tmp_path / "page.html").write_bytes(payload.body)
    return tmp_path / "page.html"


def test_convert_prints_document_of_saved_page(run_scrapy: Callable[..., Run], page: Path) -> None:
    run = run_scrapy(
        "convert", str(page), "--url", URL, "--timestamp", TIMESTAMP, "--domain", "northlane.example",
        "--content-type", "text/html; charset=utf-8", fresh=True,
    )  # fmt: skip
    assert run.status == 0, run.stderr
    assert run.stdout == (ROOT / f"tests/sample/expected/northlane.example/{TIMESTAMP}.txt").read_text()


def test_convert_explain_names_evidence(run_scrapy: Callable[..., Run], page: Path) -> None:
    run = run_scrapy("convert", str(page), "--url", URL, "--timestamp", TIMESTAMP, "--explain")
    assert run.status == 0, run.stderr
    first, scores, *reasons = run.stdout.splitlines()
    assert first.startswith(f"{page}: kind privacy, privacy score ")
    assert first.endswith("(threshold 0.50), language en")
    assert scores.startswith("scores: privacy ")
    assert "terms " in scores
    assert {"for privacy:", "against privacy:"} <= set(reasons)
    assert any("the title names privacy (privacy policy)" in line for line in reasons)


def test_convert_prints_no_terminal_control_characters(run_scrapy: Callable[..., Run], page: Path) -> None:
    page.write_text(page.read_text().replace("<title>", "<title>&#27;[2J\x1b]0;owned\x07"))
    run = run_scrapy("convert", str(page), "--url", URL, "--timestamp", TIMESTAMP)
    assert run.status == 0, run.stderr
    assert "\n# \ufffd[2J\ufffd]0;owned\ufffd" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["page.html"], "needs FILE, --url and --timestamp"),
        (["nowhere.html", "--url", URL, "--timestamp", TIMESTAMP], "nowhere.html: No such file"),
        (["x", "--from-warc"], "--from-warc takes no FILE"),
        (["--from-warc", "--explain"], "--from-warc takes no --explain"),
        (["x", "--url", "http://no domain/", "--timestamp", TIMESTAMP], "no domain"),
    ],
)
def test_convert_bad_arguments(run_scrapy: Callable[..., Run], arguments: list[str], says: str) -> None:
    run = run_scrapy("convert", *arguments)
    assert run.status == 2
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.fixture
def older(sample_run: Run, tmp_path: Path) -> Run:
    """The sample's output as an older converter would have left it: other texts, other hashes, one more "change"."""
    output = tmp_path / "older"
    sample_run.copied_to(output)
    with closing(sqlite3.connect(output / "catalog.db")) as catalog, catalog:
        catalog.execute("UPDATE documents SET converter_version = 'older'")
        for (text,) in catalog.execute(
            "SELECT text_sha256 FROM documents WHERE domain = 'northlane.example'"
        ).fetchall():
            other = text[::-1]
            catalog.execute("UPDATE documents SET text_sha256 = ? WHERE text_sha256 = ?", (other, text))
            catalog.execute("UPDATE captures SET text_sha256 = ? WHERE text_sha256 = ?", (other, text))
    for file in (output / "text").rglob("*.txt"):
        file.write_text("as the older converter wrote it")
    return Run(0, "", "", output)


def test_convert_from_warc_rebuilds_every_document(run_scrapy: Callable[..., Run], older: Run, sample_run: Run) -> None:
    run = run_scrapy("convert", "--from-warc", output=older.output)
    assert run.status == 0, run.stderr
    assert run.files() == sample_run.files()
    assert {v["text_sha256"] for v in run.versions()} == {v["text_sha256"] for v in sample_run.versions()}


def test_crawl_with_new_converter_fetches_nothing(run_scrapy: Callable[..., Run], older: Run, sample_run: Run) -> None:
    run = run_scrapy("crawl", "policies", "-a", "archive=sample", "-a", "versions=all", output=older.output)
    assert run.status == 0, run.stderr
    assert run.report()["requests"].get("playback", 0) == 0
    assert run.files() == sample_run.files()
    assert run.versions() == sample_run.versions()


def test_convert_from_warc_fills_the_columns_of_an_earlier_release(
    run_scrapy: Callable[..., Run], sample_run: Run, tmp_path: Path
) -> None:
    output = of_first_release(tmp_path / "output")
    columns = ("kind", "reading", "reading_coverage", "policy_score", "policy_threshold", "is_policy")
    before = [(version.kind, version.reading, version.is_policy) for version in versions(output)]
    assert before == [("privacy", None, None)] * 25
    run = run_scrapy("convert", "--from-warc", output=output)
    assert run.status == 0, run.stderr
    assert {(v["kind"], v["reading"], v["is_policy"]) for v in run.versions()} == {("privacy", "corpus", True)}
    assert {v["converter_version"] for v in run.versions()} == {CONVERTER_VERSION}
    expected = {v["id"]: [v[name] for name in columns] for v in sample_run.versions()}
    assert {v["id"]: [v[name] for name in columns] for v in run.versions()} == expected


def test_gate_rejected_documents_are_kept_and_restorable(
    run_scrapy: Callable[..., Run], sample_run: Run, tmp_path: Path
) -> None:
    output = tmp_path / "german"
    sample_run.copied_to(output)
    german = run_scrapy("convert", "--from-warc", output=output, LANGUAGES="de", REJECTED_TEXTS=1)
    assert german.status == 0, german.stderr
    kept = {version["language"] for version in german.versions()}
    assert kept == {"de"}
    files = [*(output / "rejected").rglob("*.txt")]
    rejected = {path.parent.name: path.read_text() for path in files}
    assert f"; {len(files)} rejected texts in {output / 'rejected'}" in german.stdout
    with closing(sqlite3.connect(output / "catalog.db")) as db, db:
        causes = {cause for (cause,) in db.execute("SELECT cause FROM captures WHERE fate = 'not a policy'")}
    assert "language en" in causes
    assert any(cause and cause.startswith("policy score 0.") for cause in causes)
    assert "The following text is extracted" in rejected["northlane.example"]
    again = run_scrapy("convert", "--from-warc", output=output)
    assert again.files() == sample_run.files()


def test_convert_from_warc_missing_folder_is_bad_usage(run_scrapy: Callable[..., Run], tmp_path: Path) -> None:
    run = run_scrapy("convert", "--from-warc", output=tmp_path / "typo")
    assert (run.status, run.stdout) == (2, "")
    assert (
        run.stderr
        == f"scrapy convert: {tmp_path / 'typo'}: no such folder; name that of an earlier crawl as OUTPUT_DIR\n"
    )
    assert not (tmp_path / "typo").exists()
