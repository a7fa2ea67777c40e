"""TAKEDOWN_FILE as a user meets it: commands say what they withhold, and name a wrong line before they write anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.commands import Run, scrapy

if TYPE_CHECKING:
    from pathlib import Path


def test_commands_withhold_and_say_so(sample_run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "takedown.txt"
    listed.write_text("northlane.example  # asked by mail\n")
    said = {
        ("diff", "northlane.example"): "withheld on request (TAKEDOWN_FILE): version 4",
        ("evidence", "northlane.example", "-o", f"{tmp_path}/evidence"): "so there is no evidence of it: version 5",
        ("export", "--format", "csv", "--with-text", "-o", f"{tmp_path}/csv"): "7 texts withheld (TAKEDOWN_FILE)",
        ("show", "northlane.example"): "",
    }
    for command, expected in said.items():
        run = scrapy(*command, output=sample_run.output, TAKEDOWN_FILE=listed)
        assert (run.status, expected in run.stdout + run.stderr) == (0, True), run.stdout + run.stderr
        assert "subprocessors" not in run.stdout.lower()
    assert run.stderr.startswith("scrapy show: withheld on request (TAKEDOWN_FILE): version 5")
    assert not (tmp_path / "evidence").exists()
    assert b"Northlane Cloud" not in (tmp_path / "csv" / "versions.csv").read_bytes()


def test_wrong_line_is_status_2_before_anything_is_written(sample_run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "takedown.txt"
    wrong.write_text("# list\nexample.com other.com\n")
    for command in (("report",), ("crawl", "policies", "-a", "archive=sample")):
        run = scrapy(*command, output=tmp_path / "output", TAKEDOWN_FILE=wrong)
        assert (run.status, run.stdout, run.stderr.count("\n")) == (2, "", 1)
        assert run.stderr.startswith(
            f"scrapy {command[0]}: {wrong}:2: 'example.com other.com' names no text; write a domain"
        )
    assert not (tmp_path / "output").exists()
    missing = scrapy("status", output=sample_run.output, TAKEDOWN_FILE=tmp_path / "nowhere")
    assert (missing.status, "can't be read" in missing.stderr) == (2, True)
