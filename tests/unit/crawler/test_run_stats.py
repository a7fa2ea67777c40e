"""The counts of a run: losses by kind, the text tables, and run.json as its readers get it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crawler.company_stats import CompanyStats
from crawler.console.text_table import text_table
from crawler.run_stats import ExitStatus, RunStats
from pipelines.items import Answer, Capture, Fate
from pipelines.output.run_file import DOMAIN, LISTING, Loss, RunFile, read_run_file

if TYPE_CHECKING:
    from pathlib import Path

CAPTURE = Capture("com,example)/", "20200101000000", "http://example.com/", "text/html", "200", "D", "9", "wayback")


def test_read_run_file_losses_of_every_kind(tmp_path: Path) -> None:
    stats = RunStats("wayback", {"example.com": CompanyStats("Example", ("example.com",))})
    stats.add_answer(Answer("example.com", CAPTURE, Fate.THROTTLED, "HTTP 429: slow down"))
    stats.add_lost_listing("example.com", "HTTP 504: domain example.com")
    stats.add_lost_listing("example.com", "HTTP 504: domain example.com")
    stats.add_failure("example.com", "KeyError: 'x'")
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
