"""Dates of a company's own in the companies file: captures outside them are another owner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.service import crawl

if TYPE_CHECKING:
    from pathlib import Path

LIST = """\
name;domain;since;until
Northlane;northlane.example;2018;
Quillbox;quillbox.example;;2012
"""


def test_the_narrower_of_the_runs_and_the_companys_dates_counts(tmp_path: Path) -> None:
    companies = tmp_path / "companies.csv"
    companies.write_text(LIST)
    run = crawl("sample", tmp_path / "output", "since=2014", COMPANIES_FILE=companies)
    northlane, quillbox = run.report()["companies"]
    assert {version["timestamp"][:4] for version in run.versions()} == {"2018", "2021", "2022", "2023"}
    assert {version["domain"] for version in run.versions()} == {"northlane.example"}
    # one home page was captured in 2015: a half-year before `since` is not missing
    assert (northlane["coverage"]["verdict"], northlane["coverage"]["first_policy"]) == (
        "policy in 1 of 1 half-year",
        "2018-06-04",
    )
    outside = "nothing asked for: the run's dates are outside those of the companies file (until 2012)"
    assert (quillbox["index_calls"], quillbox["fates"], quillbox["notes"]) == (0, {}, {outside: 1})
    assert f"Quillbox: {outside}" in run.stdout
    assert run.status == 0
