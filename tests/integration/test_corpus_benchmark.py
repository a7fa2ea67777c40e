"""The whole program at size, scaled down: benchmarks/corpus.py says what run.json says, and a second run only lists.

It lists each domain's home page and its policy pages that are alive.
"""

from __future__ import annotations

import sys

import pytest

from benchmarks.corpus import Measured, measure, table

COMPANIES, CAPTURES = 2, 100

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads what Linux says in /proc")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(COMPANIES, CAPTURES, tmp_path_factory.mktemp("corpus"))


def test_benchmark_finds_every_text(measured: Measured) -> None:
    found = sum(company["texts"] for company in measured.first.report["companies"])
    assert found == measured.texts_there
    assert measured.first.report["losses"] == {}


def test_benchmark_request_counts_equal_double(measured: Measured) -> None:
    assert measured.first.requests == measured.first.reported
    assert measured.first.requests["playback"] >= measured.first.report["fetched"] > measured.texts_there


def test_benchmark_second_run_lists_home_and_living_policy_pages(measured: Measured) -> None:
    living = COMPANIES + 1  # each has one policy page that is alive; a company that was taken over, its owner's as well
    assert measured.second_run_calls == COMPANIES + living
    assert measured.second.requests == measured.second.reported == {"cdx": measured.second_run_calls}
    assert measured.second.report["versions"] == measured.first.report["versions"]
    assert measured.second.report["new_versions"] == 0


def test_benchmark_table_equals_run_json(measured: Measured) -> None:
    lines = table([measured]).splitlines()
    assert f"| requests, by run.json | {spelled(measured.first.reported)} |" in lines
    assert f"| versions | {measured.first.report['versions']:,} |" in lines
    assert f"| fetched from policy pages | {measured.first.report['fetched']:,} |" in lines


def spelled(requests: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in requests.items())


def test_benchmark_measures_processes(measured: Measured) -> None:
    first = measured.first
    assert first.peak > 0.9 * max(each.main for each in first.samples) > 20e6
    assert first.largest_worker > 20e6
    assert 0 < first.samples[-1].main_cpu < first.cpu
