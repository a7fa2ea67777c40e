"""Faults, limits, refused connections and budgets: the run waits as the archive wants, and brings home everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.archive_double import Behaviour
from tests.support.service import crawl, crawl_double, sample_double, versions_of
from tests.support.windows import most_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.service import Clean

FAULTS = (("429", 0.1), ("503", 0.05), ("reset", 0.03), ("cut", 0.03), ("stall", 0.02), ("offline", 0.02))


def test_faults_leave_files_unchanged(clean: Clean, tmp_path: Path) -> None:
    run, double = crawl_double(Behaviour(random_faults=FAULTS, seed=SEED), tmp_path / "output")
    assert {entry.fault for entry in double.log} == {"", *(name for name, _ in FAULTS)}
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(clean.run)
    assert run.report()["losses"] == {}


SEED = 3
"""With which every fault comes up at least once."""


def test_faults_rate_limit_pauses_all_requests(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(playback_limit=20, limit_window=2, retry_after=1)
    run, double = crawl_double(behaviour, tmp_path / "output", CONCURRENT_REQUESTS_PER_DOMAIN=3)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    refused = [entry for entry in double.log if entry.fault == "limit"]
    assert refused
    assert len(refused) < 30  # a few in flight each time; without a pause there would be hundreds


def test_faults_refused_connections_are_retried(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(playback_limit=20, limit_window=2, block_after=1, block_seconds=1)
    run, double = crawl_double(behaviour, tmp_path / "output")
    assert any(entry.fault == "limit" for entry in double.log)
    assert "connection refused" in run.stderr
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()


def test_faults_permanent_refusal_ends_run(clean: Clean, tmp_path: Path) -> None:
    with sample_double(Behaviour(playback_limit=5, limit_window=3600)) as double:
        run = crawl(double.url, tmp_path / "output", COOLDOWN_GIVE_UP_SECONDS=1)
        report = run.report()
        double.behaviour = Behaviour()
        asked = len(double.requests("playback"))
        later = crawl(double.url, tmp_path / "output")
        again = {entry.path for entry in double.requests("playback")[asked:]}
        answered = {entry.path for entry in double.requests("playback")[:asked] if not entry.fault}
    assert run.status == 3
    assert "the archive has refused for 1 s" in report["reason"]
    assert report["unfinished"]
    assert later.status == 0, later.stderr
    assert later.files() == clean.files()
    assert not again & answered


def test_closespider_timeout_ends_pause(tmp_path: Path) -> None:
    behaviour = Behaviour(playback_limit=5, limit_window=3600)
    run, _ = crawl_double(behaviour, tmp_path / "output", COOLDOWN_SECONDS=3600, CLOSESPIDER_TIMEOUT=3)
    assert run.status == 3, run.stderr
    assert run.report()["reason"] == "closespider_timeout"
    assert run.report()["unfinished"]


def test_requests_stay_within_budget(clean: Clean, tmp_path: Path) -> None:
    """On the wire, once; tests/unit/crawler/downloadermiddlewares/test_rate_limit.py has the fine print."""
    behaviour = Behaviour(latency=0.3, random_faults=(("503", 0.1),))
    run, double = crawl_double(
        behaviour, tmp_path / "output", "companies=northlane.example",
        PLAYBACK_CALLS_PER_SECOND=8, CDX_CALLS_PER_MINUTE=120, LISTING_ROWS=2, CONCURRENT_REQUESTS_PER_DOMAIN=4,
    )  # fmt: skip
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("northlane.example")
    assert any(entry.status == 503 for entry in double.requests("playback"))
    # these windows have room for two requests more than HEADROOM lets in: even a loop that stops for a whole turn, just
    # after it has taken it, can't fill them
    for kind, rate, window in (("playback", 8, 1), ("playback", 8, 1.5), ("cdx", 2, 1), ("cdx", 2, 1.5)):
        moments = sorted(entry.at for entry in double.requests(kind))
        assert most_in(window, moments) <= rate * window + 1 < len(moments)
    assert double.connections.peak <= 2 * 4
    assert double.connections.busiest <= 2 * 4
