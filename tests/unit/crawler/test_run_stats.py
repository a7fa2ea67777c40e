"""The counts of a run: losses by kind, the text tables, and run.json as its readers get it back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crawler.company_stats import CompanyStats
from crawler.console.run_tables import closing_table, plan_table
from crawler.console.text_table import text_table
from crawler.run_stats import ExitStatus, RunStats
from pipelines.items import Answer, Capture, Fate
from pipelines.output.run_file import DOMAIN, LISTING, RECORD, Loss, RunFile, read_run_file

if TYPE_CHECKING:
    from pathlib import Path

CAPTURE = Capture("com,example)/", "20200101000000", "http://example.com/", "text/html", "200", "D", "9", "wayback")


def test_read_run_file_losses_of_every_kind(tmp_path: Path) -> None:
    stats = RunStats("wayback", {"example.com": CompanyStats("Example", ("example.com",))})
    stats.add_answer(Answer("example.com", CAPTURE, Fate.THROTTLED, "HTTP 429: slow down"))
    stats.add_lost_listing("example.com", "HTTP 504: domain example.com")
    stats.add_lost_listing("example.com", "HTTP 504: domain example.com")
    stats.add_failure("example.com", "KeyError: 'x'")
    assert stats.as_json()["companies"][0]["coverage"] is None  # the run came to no domain's end
    (tmp_path / "run.json").write_text(json.dumps(stats.as_json()))
    (company,) = read_run_file(tmp_path).companies
    assert company.losses == {
        Loss(Fate.THROTTLED, "HTTP 429: slow down"): 1,
        Loss(LISTING, "HTTP 504: domain example.com"): 2,
        Loss(DOMAIN, "KeyError: 'x'"): 1,
    }
    assert [loss.is_of_capture for loss in sorted(company.losses, key=str)] == [False, False, True]
    assert read_run_file(tmp_path).lost == {"Example": {"listing: HTTP 504: domain example.com": 2}}
    assert stats.exit_status is ExitStatus.OPEN_LOSSES
    assert stats.as_json()["losses"] == {
        "listing: HTTP 504: domain example.com": 2,
        "the domain's work ended: KeyError: 'x'": 1,
        "throttled: HTTP 429: slow down": 1,
    }


def test_read_run_file_of_earlier_release_hides_password(tmp_path: Path) -> None:
    content = {"archive": "http://me:s3cret@host", "companies": [{"name": "A", "losses": {"listing: x": 1}}]}
    (tmp_path / "run.json").write_text(json.dumps(content))
    assert read_run_file(tmp_path).archive == "http://***@host"


@pytest.mark.parametrize(
    "content", ["", "[]", '"x"', '{"companies": 7}', '{"companies": [7]}', '{"companies": [{"losses": {"a": "b"}}]}']
)
def test_read_run_file_broken_is_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert read_run_file(tmp_path) == RunFile()


def test_text_table_aligned_without_trailing_space() -> None:
    rows = [("company", "captures", "losses"), ("A", 12345678901, "none"), ("Longer name", 1, "")]
    assert text_table(rows, "<>") == (
        "company         captures  losses\n"
        "A            12345678901  none\n"
        "Longer name            1"
    )  # fmt: skip


def test_damaged_readings_are_losses_unless_asked_for_in_vain(tmp_path: Path) -> None:
    stats = RunStats("wayback", {"example.com": CompanyStats("Example", ("example.com",))})
    other = replace(CAPTURE, timestamp="20210101000000")
    stats.add_answer(Answer("example.com", CAPTURE, Fate.FAILED, "HTTP 503; what was read of it earlier stays"))
    stats.end("example.com")
    elsewhere = replace(other, archive="http://localhost:8080")
    for capture in (CAPTURE, other, elsewhere):
        stats.add_damaged_reading("example.com", capture.key, "damaged")
    (tmp_path / "run.json").write_text(json.dumps(stats.as_json()))
    (company,) = read_run_file(tmp_path).companies
    assert company.losses == {
        Loss(Fate.FAILED, "HTTP 503; what was read of it earlier stays"): 1,
        Loss(RECORD, "damaged; what was read of it stays, the next run asks again"): 1,
        Loss(RECORD, "damaged; what was read of it stays, a crawl of http://localhost:8080 asks again"): 1,
    }
    assert all(loss.is_of_capture for loss in company.losses)
    assert stats.exit_status is ExitStatus.OPEN_LOSSES


@pytest.mark.parametrize(("count", "said"), [(1, "1 memento fetched again"), (2, "2 mementos fetched again")])
def test_closing_table_counts_what_was_lost_of_warc_files(count: int, said: str) -> None:
    stats = RunStats("wayback", {"example.com": CompanyStats("Example", ("example.com",))})
    stats.replaced, stats.forgotten = count, 6
    assert said in closing_table(stats)
    assert "6 mementos forgotten whose record" in closing_table(stats)


def test_closing_table_leaves_out_what_was_not_counted_at_the_end() -> None:
    """After a lost connection to the catalog it had zeros, as if nothing had been done."""
    company = CompanyStats("Example", ("example.com",), listed=14, fetched=2, texts_by_kind=Counter(privacy=1))
    stats = RunStats("wayback", {"example.com": company}, error="the connection was lost")
    head, row, total, remark, _ = closing_table(stats).splitlines()
    assert [line.split() for line in (head, row, total)] == [
        ["company", "captures", "fetched", "losses"],
        ["Example", "14", "2", "none"],
        ["total", "14", "2", "none"],
    ]
    assert remark.startswith("texts and versions could not be counted; ")
    company.listed = 0
    assert closing_table(stats).splitlines()[0] == remark
    stats.is_counted, company.listed = True, 14
    head, row = closing_table(stats).splitlines()[:2]
    assert head.split() == ["company", "captures", "fetched", "texts", "versions", "losses"]
    assert row.split() == ["Example", "14", "2", "1", "0", "none"]


def test_closing_table_names_companies_of_which_nothing_was_listed() -> None:
    names = [f"Company {number}" for number in range(12)]
    stats = RunStats("wayback", {f"{name[8:]}.example": CompanyStats(name, (f"{name[8:]}.example",)) for name in names})
    assert "listed no page" not in closing_table(stats)  # of those whose work has not ended nothing is known yet
    for domain in list(stats.companies):
        stats.end(domain)
    said = closing_table(stats)
    assert f"the archive has listed no page that can be their policy: {', '.join(names[:10])}, 2 more" in said
    assert "nothing new" not in said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"a.example": 1}, "1 version is new: "),
        ({"a.example": 1, "b.example": 2, "c.example": 4}, "3 versions are new, and 4 of companies of other runs: "),
        ({"c.example": 4}, "0 versions are new, and 4 of companies of other runs: "),
        ({}, ""),
    ],
)
def test_shard_tells_its_own_news_apart(found: dict[str, int], said: str) -> None:
    """changes.jsonl has those of the whole folder."""
    stats = RunStats("wayback", {"a.example": CompanyStats("A", ("a.example", "b.example"))})
    stats.add_news(found)
    assert [line for line in closing_table(stats).splitlines() if line.startswith(said) and " new" in line] == (
        [f"{said}`scrapy changes` shows them, changes.jsonl has them"] if said else []
    )
    assert stats.as_json()["new_versions"] == sum(found.values()) - found.get("c.example", 0)


def test_tables_of_files_with_other_companies_name_the_remedy() -> None:
    stats = RunStats("warc", {name: CompanyStats(name, (name,)) for name in ("a.example", "b.example")})
    for domain in list(stats.companies):
        stats.end(domain)
    said = "the files of archive= have no capture of any company of this run: name the list that they were made with"
    assert said not in closing_table(stats)
    stats.is_of_files = True
    assert closing_table(stats).splitlines()[-1].startswith(said)
    assert plan_table(stats, 12, 8).splitlines()[-1].startswith(said)
    stats.of("a.example").rows = 1
    assert said not in closing_table(stats)


def test_plan_says_what_it_lacks() -> None:
    stats = RunStats("wayback", {name: CompanyStats(name, (name,)) for name in ("a.example", "b.example")})
    stats.end("a.example")
    stats.add_lost_listing("a.example", "HTTP 429")
    stats.given_up_archives["wayback"] = "the archive has refused for 600 s (HTTP 429)"
    assert plan_table(stats, 12, 8).splitlines()[-3:] == [
        "planned without 1 listing that could not be had",
        "not finished: b.example",
        "wayback: given up in this run: the archive has refused for 600 s (HTTP 429); the next run asks again",
    ]
