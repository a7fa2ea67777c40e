"""`scrapy crawl policies -a archive=sample`, as README.md's first command runs it, against what was written down before."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.document import parse
from tests.sample import outcome
from tests.support.commands import Run, scrapy
from tests.support.service import rows

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parent.parent / "sample"
DOMAINS = sorted({page.domain for page in outcome.PAGES})


def test_sample_text_files_as_expected(sample_run: Run) -> None:
    expected = {
        f"{domain}/{stamp}.txt": (SAMPLE / path).read_bytes()
        for domain in DOMAINS
        for stamp, path in outcome.files(domain).items()
    }
    found = sample_run.files()
    assert sorted(found) == sorted(expected)
    for name, data in expected.items():
        assert found[name].decode() == data.decode(), name


def test_sample_fates_as_expected(sample_run: Run) -> None:
    found = rows(
        sample_run.output,
        "SELECT domain, urlkey, timestamp, fate FROM captures WHERE urlkey NOT LIKE '%)/' "
        "ORDER BY domain, urlkey, timestamp",
    )
    expected = sorted((p.domain, p.urlkey, c.timestamp, str(c.fate)) for p in outcome.PAGES for c in p.captures)
    assert found == expected


def digits(moment: str) -> str:
    return re.sub(r"\D", "", moment)


def test_sample_versions_as_expected(sample_run: Run) -> None:
    text_of = {v["text_sha256"]: Path(v["path"]).stem for v in sample_run.versions()}
    found = [
        (v["company"], v["domain"], v["page"], digits(v["first_seen"]), digits(v["last_seen"]), v["captures"], v["timestamp"],
         text_of[v["near_duplicate_of"]] if v["near_duplicate_of"] else "")
        for v in sample_run.versions()
    ]  # fmt: skip
    expected = [
        (p.company, p.domain, p.urlkey, v.first_seen, v.last_seen, v.captures, v.file, v.near_duplicate_of)
        for p in outcome.PAGES
        for v in p.versions
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("mode", ["changes", "half-yearly", "yearly"])
def test_captures_mean_the_same_in_every_mode(mode: str, sample_run: Run, tmp_path: Path) -> None:
    """The sample has redirects, errors, revisits and http beside https; fewer of its captures are read in these modes."""
    versions = () if mode == "changes" else ("-a", f"versions={mode}")  # it is the default
    run = scrapy("crawl", "policies", "-a", "archive=sample", *versions, output=tmp_path)
    known = {(v["page"], v["first_seen"], v["last_seen"]): v["captures"] for v in sample_run.versions()}
    found = {(v["page"], v["first_seen"], v["last_seen"]): v["captures"] for v in run.versions()}
    assert run.status == 0, run.stderr
    assert run.report()["fetched"] <= sample_run.report()["fetched"]
    assert (run.report()["fetched"] < sample_run.report()["fetched"]) is (mode != "changes")  # it is too short for that
    assert {v["text_sha256"] for v in run.versions()} <= {v["text_sha256"] for v in sample_run.versions()}
    assert len(found.keys() & known.keys()) > len(known) // 3
    assert found == {**found, **{span: known[span] for span in found.keys() & known.keys()}}


def test_sample_exit_status_and_run_json(sample_run: Run) -> None:
    assert sample_run.status == 0, sample_run.stderr
    report = sample_run.report()
    assert report["exit_status"] == 0
    assert report["losses"] == {}
    assert report["captures_listed"] == sum(len(page.captures) for page in outcome.PAGES)
    assert report["versions"] == sum(len(page.versions) for page in outcome.PAGES)
    assert "Larkfield Hosting" in sample_run.stdout
    assert "Traceback" not in sample_run.stderr


def test_sample_second_run_fetches_nothing(sample_run: Run, tmp_path: Path) -> None:
    output = sample_run.copied_to(tmp_path / "output")
    before = _state(output)
    second = scrapy("crawl", "policies", "-a", "archive=sample", "-a", "versions=all", output=output)
    assert second.status == 0, second.stderr
    assert second.report()["fetched"] == 0
    assert "nothing new" in second.stdout
    assert _state(second.output) == before


def test_sample_files_parse_back(sample_run: Run) -> None:
    versions = {v["path"]: v for v in sample_run.versions()}
    for name, data in sample_run.files().items():
        document = parse(data.decode())
        version = versions[f"text/{name}"]
        assert (document.domain, document.title, document.snapshot_url) == (
            version["domain"], version["title"], version["snapshot_url"],
        )  # fmt: skip
        assert document.text == data.decode()


def test_sample_plan_estimates_cost_and_fetches_nothing(run_scrapy: Callable[..., Run], sample_run: Run) -> None:
    plan = run_scrapy("crawl", "policies", "-a", "archive=sample", "-a", "versions=all", "-a", "plan=1")
    assert plan.status == 0, plan.stderr
    assert not (plan.output / "run.json").exists()  # a plan is no run
    report = plan.report()
    assert report["fetched"] == 0
    assert "requests" in plan.stdout
    planned = [sum(company["planned_requests"][end] for company in report["companies"]) for end in (0, 1)]
    fetched = sample_run.report()["fetched"]
    assert planned[0] - 2 <= fetched <= planned[1]  # a missing and a lost capture may save one


def _state(output: Path) -> dict[str, tuple[int, bytes]]:
    """Return time and content of every file that a user reads (run.json and changes.jsonl tell of each run)."""
    kinds = {".txt", ".jsonl", ".atom", ".gz"}
    paths = [path for path in output.rglob("*") if path.suffix in kinds and path.name != "changes.jsonl"]
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}
