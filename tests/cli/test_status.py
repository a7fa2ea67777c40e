"""`scrapy status`, the changes, and what companies.yaml expects, after real runs over the sample."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler.archives.opening import SAMPLE
from tests.support.commands import Run, scrapy

if TYPE_CHECKING:
    from pathlib import Path


def test_status_new_versions_of_first_and_second_run(sample_run: Run, tmp_path: Path) -> None:
    changes = (sample_run.output / "changes.jsonl").read_text().splitlines()
    assert len(changes) == sample_run.report()["new_versions"] == 25
    assert "25 versions are new: `scrapy changes` shows them" in sample_run.stdout
    assert {json.loads(line)["recorded"] for line in changes} == {json.loads(changes[0])["recorded"]}
    output = sample_run.copied_to(tmp_path / "output")
    feed = (output / "changes.atom").read_bytes()
    run = scrapy("crawl", "policies", "-a", "archive=sample", "-a", "versions=all", output=output)
    assert run.status == 0, run.stderr
    assert (output / "changes.jsonl").read_text() == ""
    assert (output / "changes.atom").read_bytes() == feed
    assert run.report()["new_versions"] == 0
    status = scrapy("status", output=output, fresh=True)
    assert status.status == 0, status.stderr
    assert "0 versions since" in status.stdout
    assert "… and 15 more" in scrapy("status", "--since", "2020-01-01", output=output).stdout


def test_crawl_unmet_expectation_is_status_3(sample_run: Run, tmp_path: Path) -> None:
    output = sample_run.copied_to(tmp_path / "output")
    companies = tmp_path / "companies.yaml"
    listed = (SAMPLE / "companies.yaml").read_text().replace(
        "domain: northlane.example", "domain: northlane.example\n    expect: {min_versions: 9, max_age_days: 400}"
    )  # fmt: skip
    companies.write_text(listed)
    run = scrapy("crawl", "policies", "-a", "archive=sample", output=output, COMPANIES_FILE=companies)
    assert run.status == 3, run.stderr
    assert "not as expected: Northlane: 5 versions, expected at least 9" in run.stdout
    northlane = next(company for company in run.report()["companies"] if company["name"] == "Northlane")
    assert len(northlane["unmet_expectations"]) == 2
    status = scrapy("status", output=output)
    assert "exit status 3" in status.stdout
    assert "Northlane: 5 versions, expected at least 9" in status.stdout


def test_status_bad_arguments_are_one_line(tmp_path: Path) -> None:
    for arguments, status in ((["--since", "yesterday"], 2), (["extra"], 2), ([], 1)):
        run = scrapy("status", *arguments, output=tmp_path)
        assert run.status == status
        assert len(run.stderr.strip().splitlines()) == 1
