"""What a user can get wrong ends in one line and status 2, before anything is asked or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["archive=nowhere/at/all"], "archive=nowhere/at/all: no such file or folder"),
        (["archive=docs"], "archive=docs: no WARC, ARC or WACZ file in this folder"),
        (["archive=sample", "versions=weekly"], "use one of changes, all"),
        (["archive=sample", "since=201"], "no date; write a CDX timestamp prefix"),
        (["archive=sample", "since=2020", "until=2019"], "until is before since"),
        (["archive=sample", "shard=5/4"], "write i/n"),
        (["archive=sample", "verisons=all"], "did you mean versions?"),
        (["archive=sample", "companies=northlan.example"], "northlane.example"),
        (["archive=sample", "domain=a.example", "companies=b.example"], "exclude each other"),
        (["archive=sample", "plan=maybe"], "use 1 or 0"),
        (["domain=https://a.example/privacy"], "a.example"),
    ],
)
def test_crawl_bad_arguments(run_scrapy: Callable[..., Run], arguments: list[str], says: str) -> None:
    options = [part for argument in arguments for part in ("-a", argument)]
    run = run_scrapy("crawl", "policies", *options)
    assert run.status == 2
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not run.output.exists()


def test_crawl_broken_companies_file_names_file_and_line(run_scrapy: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("companies:\n  - name: A\n    domain: a.example\n    colour: red\n")
    run = run_scrapy("crawl", "policies", "-a", "archive=sample", COMPANIES_FILE=file)
    assert run.status == 2
    assert f"{file}:4:" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_crawl_unlisted_domain(run_scrapy: Callable[..., Run]) -> None:
    run = run_scrapy("crawl", "policies", "-a", "archive=sample", "-a", "domain=northlane.example")
    assert run.status == 0, run.stderr
    assert {version["domain"] for version in run.versions()} == {"northlane.example"}
