"""`scrapy changes`, `diff` and `show` as users call them, on the sample's folder; and text/SHA256SUMS."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from crawler.commands import show
from pipelines.digest.domain_versions import Numbered
from pipelines.document import parse
from pipelines.similarity.plain_text import plain_text
from pipelines.versions import versions
from tests.support.commands import ROOT, Run, scrapy

if TYPE_CHECKING:
    from pathlib import Path


ATOM = "{http://www.w3.org/2005/Atom}"


def test_changes_of_the_first_run(sample_run: Run) -> None:
    run = scrapy("changes", output=sample_run.output)
    assert (run.status, run.stderr) == (0, "")
    assert "  2023-05-20  substantive: " in run.stdout
    assert "Not shown: " in run.stdout
    everything = scrapy("changes", "--only", "all", "--since", "all", output=sample_run.output)
    assert everything.stdout.startswith("25 changes of 5 companies in all")
    for version in sample_run.versions():
        assert f"    after:      {version['snapshot_url']}" in everything.stdout
    nothing = scrapy("changes", "--since", "2099-01-01", output=sample_run.output)
    assert (nothing.status, nothing.stdout) == (
        0,
        "nothing new since 2099-01-01 00:00 UTC; scrapy changes --since all shows what was found before\n",
    )


def test_failed_run_is_told_beside_what_is_new(sample_run: Run, tmp_path: Path) -> None:
    output = sample_run.copied_to(tmp_path / "output")
    run_file = json.loads((output / "run.json").read_text())
    (output / "run.json").write_text(json.dumps(run_file | {"exit_status": 1}))
    run = scrapy("changes", output=output)
    said = "failed, so that something new may be missing; see `scrapy status`\n"
    assert (run.status, run.stderr) == (0, f"scrapy changes: the last run ({run_file['finished']}) {said}")


def test_changes_classes_are_those_of_versions_jsonl(sample_run: Run) -> None:
    classes = {version["change_class"] or "first" for version in sample_run.versions()}
    assert {"first", "substantive", "dates"} <= classes
    for name in classes:
        run = scrapy("changes", "--since", "all", "--only", name, output=sample_run.output)
        count = sum((version["change_class"] or "first") == name for version in sample_run.versions())
        assert run.stdout.startswith(f"{count} change")
    changes = [json.loads(line) for line in (sample_run.output / "changes.jsonl").read_text().splitlines()]
    assert sorted(changes, key=lambda row: row["id"]) == sorted(sample_run.versions(), key=lambda row: row["id"])


def test_changes_in_markdown_and_html(sample_run: Run) -> None:
    markdown = scrapy("changes", "--format", "markdown", output=sample_run.output)
    assert "\n## Northlane\n" in markdown.stdout
    html = scrapy("changes", "--format", "html", output=sample_run.output)
    assert html.stdout.startswith("<!doctype html>\n")
    assert html.stdout.endswith("</html>\n")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("changes", "--since", "yesterday"), 2, "no date"),
        (("changes", "--since", ""), 2, "empty"),
        (("changes", "--only", "date"), 2, "did you mean dates?"),
        (("changes", "--topic", "childern"), 2, "did you mean children?"),
        (("changes", "--format", "pdf"), 2, "invalid choice"),
        (("changes", "extra"), 2, "takes no argument"),
        (("diff",), 2, "needs DOMAIN"),
        (("diff", "northlane.example", "1"), 2, "needs DOMAIN"),
        (("diff", "northlane.example", "1", "9"), 2, "no version 9; there are 5"),
        (("diff", "northlane.example", "-9", "1"), 2, "no version -9"),
        (("diff", "northlane.example", "1", "20151301"), 2, "month"),
        (("diff", "northlan.example"), 2, "did you mean northlane.example?"),
        (
            ("diff", "northlane.example", "1999", "2"),
            0,
            "no version of northlane.example was seen by 1999; the first is version 1",
        ),
        (("show", "nosuch.example"), 2, "no domain 'nosuch.example'"),
        (("show", "../../etc/passwd"), 2, "no domain"),
        (("show", "northlane.example", "--at", "soon"), 2, "no date; write a CDX timestamp prefix"),
        (("show", "northlane.example", "--at", ""), 2, "empty"),
        (("show",), 2, "needs one DOMAIN"),
        (("show", "northlane.example", "--at", "1999"), 0, "no version was seen by 1999; the first is version 1"),
        (("search",), 2, "needs WORDS"),
        (("search", "(a+)+$"), 2, "no pattern"),
        (("search", "data", "--limit", "0"), 2, "--limit '0'"),
        (("search", "data", "--since", "soon"), 2, "--since 'soon'"),
        (("search", "data", "--company", "Northlan"), 2, "did you mean Northlane?"),
        (("search", "zeppelin"), 0, "nothing found"),
        (("show", "rackspace.com"), 0, "no version of a policy of rackspace.com is known yet"),
    ],
)
def test_wrong_or_empty_is_one_line(sample_run: Run, arguments: tuple[str, ...], status: int, says: str) -> None:
    run = scrapy(*arguments, output=sample_run.output)
    assert run.status == status
    assert says in run.stdout + run.stderr
    assert len((run.stdout + run.stderr).strip().splitlines()) == 1
    assert run.stdout in {"", "nothing found\n"}


@pytest.mark.parametrize("command", [("changes",), ("diff", "a.example"), ("show", "a.example")])
def test_folder_without_catalog_is_status_1(tmp_path: Path, command: tuple[str, ...]) -> None:
    run = scrapy(*command, output=tmp_path / "nothing")
    assert (run.status, run.stdout, run.stderr.count("\n")) == (1, "", 1)


def test_fault_in_topics_file_is_status_2_everywhere(sample_run: Run, tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text("topics:\n  a:\n    - (x\n")
    for command in (("changes",), ("export", "--format", "csv", "-o", str(tmp_path / "csv")), ("report",)):
        run = scrapy(*command, output=sample_run.output, TOPICS_FILE=file)
        assert (run.status, run.stdout) == (2, "")
        assert run.stderr.startswith(f"scrapy {command[0]}: {file}:3: '(x'")
    crawl = scrapy("crawl", "policies", "-a", "archive=sample", output=tmp_path / "output", TOPICS_FILE=file)
    assert (crawl.status, crawl.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "output" / "catalog.db").exists()


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2020-09", "the text was read from the capture of 2021-02-19; that of 2020-06-30 has the same digest"),
        ("2021-02", ""),
        (None, ""),
    ],
)
def test_show_says_which_capture_had_the_digest_alone(
    sample_run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, at: str | None, said: str
) -> None:
    (newest,) = (
        each for each in versions(sample_run.output) if each.domain == "pepperrack.example" and each.number == 5
    )
    found = (Numbered(5, replace(newest, timestamp="20210219070000")),)  # as with versions=changes
    monkeypatch.setattr(show, "versions_named", lambda *_: found)
    command = show.Command()
    command.run(["pepperrack.example"], SimpleNamespace(at=at, kind="privacy", plain=False))  # type: ignore[arg-type]
    told = capsys.readouterr()
    assert told.out == newest.text()
    assert said in told.err
    assert told.err.count("\n") == bool(said)


def test_show_prints_the_file(sample_run: Run) -> None:
    for version in sample_run.versions():
        if version["domain"] != "northlane.example":
            continue
        path = sample_run.output / version["path"]
        run = scrapy("show", "northlane.example", "--at", version["first_seen"], output=sample_run.output)
        assert (run.status, run.stderr) == (0, "")
        assert run.stdout == path.read_text("utf-8")
        plain = scrapy("show", "Northlane", "--at", version["first_seen"][:10], "--plain", output=sample_run.output)
        document = parse(path.read_text("utf-8"))
        assert plain.stdout == f"{document.title}\n\n{plain_text(document.body)}"
    between = scrapy("show", "northlane.example", "--at", "2023-01", output=sample_run.output)
    assert between.stdout == (sample_run.output / "text/northlane.example").joinpath(
        between.stdout.partition("web.archive.org/web/")[2][:14] + ".txt"
    ).read_text("utf-8")
    assert "2022-08-06 is the last capture with this text" in between.stderr


def test_diff_of_latest_change_and_of_dates(sample_run: Run) -> None:
    latest = scrapy("diff", "northlane.example", output=sample_run.output)
    assert latest.stdout.startswith("--- version 4, ")
    assert "two years" in latest.stdout
    by_number = scrapy("diff", "northlane.example", "-2", "-1", output=sample_run.output)
    by_date = scrapy("diff", "northlane.example", "2022-08-06", "2023-05-20", output=sample_run.output)
    assert latest.stdout == by_number.stdout == by_date.stdout


def test_search_finds_sentences_and_when_they_came(sample_run: Run) -> None:
    found = scrapy("search", "telephone number*", "--company", "Northlane", output=sample_run.output)
    assert (found.status, found.stderr) == (0, "")
    assert "telephone numbers" in found.stdout
    new = scrapy("search", "privacy control", "--new", "--since", "2023-05", output=sample_run.output)
    assert new.stdout.startswith("Northlane  2023-05-20 to ")
    assert ", new  text/northlane.example/20230520" in new.stdout
    one = scrapy("search", "data|information", "--limit", "1", output=sample_run.output)
    assert one.stdout.endswith("… and more: --limit shows them\n")


def test_feed_of_each_company(sample_run: Run) -> None:
    companies = {version["company"] for version in sample_run.versions()}
    feeds = sorted((sample_run.output / "feeds").iterdir())
    assert len(feeds) == len(companies) == 5
    ids = set()
    for feed in feeds:
        root = ET.fromstring(feed.read_text())  # noqa: S314 - our own
        titles = [entry.findtext(f"{ATOM}title", "") for entry in root.findall(f"{ATOM}entry")]
        name = str(root.findtext(f"{ATOM}title")).partition(": ")[0]
        assert titles
        assert all(title.startswith(f"{name}: ") for title in titles)
        ids.add(root.findtext(f"{ATOM}id"))
    assert len(ids) == 5


def test_sqlite_export_has_an_index_of_words(sample_run: Run, tmp_path: Path) -> None:
    run = scrapy(
        "export", "--format", "sqlite", "--with-text", "-o", str(tmp_path / "sqlite"), output=sample_run.output
    )
    assert run.status == 0, run.stderr
    (query,) = re.findall(r"^```sql\n(.*?)^```$", (ROOT / "docs/changes.md").read_text(), re.MULTILINE | re.DOTALL)
    with closing(sqlite3.connect(tmp_path / "sqlite" / "policies.sqlite")) as db:
        rows = db.execute(query).fetchall()
        texts = db.execute("SELECT text, text_plain, title FROM versions").fetchall()
    assert rows
    assert all("[" in snippet for *_, snippet in rows)
    assert all(plain == plain_text(text) for text, plain, _ in texts)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not here")
def test_sha256sums_check_every_text(sample_run: Run, tmp_path: Path) -> None:
    texts = shutil.copytree(sample_run.output / "text", tmp_path / "text")
    lines = (texts / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == sorted(sample_run.files())
    check = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=texts, capture_output=True).returncode == 0
    (texts / lines[0].split("  ")[1]).write_text("edited")
    assert subprocess.run(check, cwd=texts, capture_output=True).returncode == 1
