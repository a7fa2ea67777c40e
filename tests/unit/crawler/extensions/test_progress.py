"""Words from counts and clocks; and a terminal on which log lines and the live lines don't garble each other."""

from __future__ import annotations

import io
import os
import pty
from types import SimpleNamespace

import pytest

from crawler.archives.base import LISTING, LOCAL, PLAYBACK
from crawler.archives.warc_indexing import IndexProgress
from crawler.extensions import progress
from crawler.extensions.progress import Display, Progress, Rates, can_show, duration, pause_words, time_left
from crawler.pacing.archive_throttle import Pause
from crawler.run_stats import RunStats
from tests.support.screen import Screen


def test_rates_of_last_minute_and_budget_share() -> None:
    rates = Rates({LISTING: 24 / 60, PLAYBACK: 8}, started=0)
    for moment in range(1000):
        rates.sent(PLAYBACK, moment / 4)
    for moment in range(0, 250, 5):
        rates.sent(LISTING, moment)
    words = rates.words(now=249.9)
    assert words == "index 12.0 of 24/min (50%), playback 4.0 of 8/s (50%)"
    assert rates.words(now=1000) == ""


def test_rates_of_run_shorter_than_a_minute() -> None:
    rates = Rates({}, started=100)
    for _ in range(50):
        rates.sent(LOCAL, 105)
    assert rates.words(now=110) == "files 5.0/s"


@pytest.mark.parametrize(
    ("done", "companies", "left"),
    [(0, 146, None), (9, 20, None), (14, 146, None), (15, 146, 8733), (146, 146, None), (10, 20, 1000)],
)
def test_time_left_needs_enough_done(done: int, companies: int, left: float | None) -> None:
    found = time_left(done, companies, elapsed=1000)
    assert found == (None if left is None else pytest.approx(left, abs=1))


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (99, "99 s"), (120, "2 min"), (7200, "2 h")])
def test_duration_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_pause_words_duration_and_cause() -> None:
    assert pause_words(Pause(60, "the archive refused (HTTP 429)")) == (
        "paused for another 60 s: the archive refused (HTTP 429)"
    )  # fmt: skip


def test_display_log_lines_above_live_lines() -> None:
    out = io.StringIO()
    display = Display(out)
    display.show("1 done", "slowly")
    display.write("first log line\n")
    display.show("2 done")
    display.write("second log line\n")
    display.show("3 done", "paused", "x" * 200)
    assert Screen().feed(out.getvalue()) == [
        "first log line", "second log line", "3 done", "paused", "x" * 78 + "…",
    ]  # fmt: skip
    display.show()
    assert Screen().feed(out.getvalue()) == ["first log line", "second log line"]


def test_can_show_only_on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not can_show(io.StringIO())
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setenv("TERM", "xterm")
        assert can_show(terminal)
        monkeypatch.setenv("TERM", "dumb")
        assert not can_show(terminal)
    os.close(master)


def test_progress_tells_how_far_indexing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = RunStats(
        "files", {}, indexing=IndexProgress(file="x.wacz", number=2, files=5, at=400, size=1000, captures=7)
    )
    run = SimpleNamespace(stats=stats, throttles={"files": SimpleNamespace(pause=None)})
    monkeypatch.setattr(progress, "Run", SimpleNamespace(of=lambda _: run))
    shown = Progress.__new__(Progress)
    shown._crawler, shown._started, shown._rates = None, 0.0, Rates({}, started=0)  # type: ignore[assignment]
    assert shown._lines(stats)[1] == "indexing x.wacz (file 2 of 5): 40% of 0.0 MB, 7 captures"
    stats.indexing = None
    assert len(shown._lines(stats)) == 1
