"""`scrapy report`: what it prints, and that its versions are those of versions.jsonl."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.catalog.read_only import reading
from pipelines.report.recorded import Companies
from tests.support.report_catalog import many

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Run


def test_report_versions_equal_versions_jsonl(sample_run: Run) -> None:
    with reading(sample_run.output) as db:
        found = [
            (v.domain, v.page, v.first_seen, v.last_seen, v.captures, v.path)
            for c in Companies(db, sample_run.output)
            for p in c.pages
            for v in p.versions
        ]
    assert sorted(found) == sorted(
        (
            v["domain"],
            v["page"],
            datetime.fromisoformat(v["first_seen"]),
            datetime.fromisoformat(v["last_seen"]),
            v["captures"],
            v["path"],
        )
        for v in sample_run.versions()
    )


def test_report_prints_counts_and_needs_catalog(run_scrapy: Callable[..., Run], tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=2, versions=3)
    done = run_scrapy("report", output=root, fresh=True)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{root}/report/index.html: 2 companies, 5 versions; ")
    nothing = run_scrapy("report", output=tmp_path / "nothing")
    assert (nothing.status, nothing.stderr.count("\n")) == (1, 1)
