"""Crawls behind one address: the archive's own log shows one budget and one pause, and no trace of the one that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.support.archive_double import ArchiveDouble, Behaviour, generated
from tests.support.commands import ROOT
from tests.support.redis_server import redis_server
from tests.support.service import HURRIED, crawl, options, write_companies
from tests.support.windows import most_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RATE, LATENCY, PAUSE = 8, 0.3, 2
MANY = 1000
"""Captures of the page, more than the crawl that is killed can fetch before; the other one takes those of nine days."""
CALM = Behaviour(latency=LATENCY)
REFUSING = Behaviour(latency=LATENCY, faults_at=(("/web/", "429"),), retry_after=PAUSE)


@contextmanager
def crawling(archive: str, output: Path, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a crawl of every capture as a user does; killed at the end of the block."""
    given = {**HURRIED, **settings, "OUTPUT_DIR": output}
    parts = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "policies", *options(archive), *parts]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(double: ArchiveDouble, count: int, going_on: Callable[[], bool], *, fault: str = "") -> None:
    """Wait until the double has answered so many playback requests with a fault (or without any)."""
    while sum(entry.fault == fault for entry in double.requests("playback")) < count:
        assert going_on()
        time.sleep(0.01)


def test_crawls_share_one_budget_and_one_pause(tmp_path: Path) -> None:
    companies = write_companies(tmp_path / "companies.yaml", "bench.example")
    with redis_server() as redis, ArchiveDouble(generated(MANY), CALM) as double, ThreadPoolExecutor() as threads:
        given = {"COMPANIES_FILE": companies, "RATE_LIMIT_URL": redis.url, "LOG_LEVEL": "DEBUG", "HOME_PAGES": 0}
        given["PLAYBACK_CALLS_PER_SECOND"] = RATE
        with crawling(double.url, tmp_path / "killed", **given) as other:
            wait_for(double, 1, lambda: other.poll() is None)
            whole = threads.submit(crawl, double.url, tmp_path / "whole", "until=20000109", **given)
            seen = len(double.requests("cdx"))
            while len(double.requests("cdx")) == seen:  # both are at work from here on
                assert not whole.done()
                time.sleep(0.01)
            double.behaviour = REFUSING
            wait_for(double, 1, lambda: not whole.done(), fault="429")
            double.behaviour = CALM
            answered = sum(not entry.fault for entry in double.requests("playback"))
            wait_for(double, answered + 4, lambda: other.poll() is None)
        run = whole.result(300)
    assert run.status == 0, run.stderr
    assert len(run.versions()) == 1
    moments = sorted(entry.at for entry in double.requests("playback"))
    for window in (1, 2, 3, 4, 5, 10):
        assert most_in(window, moments) <= RATE * window + 1
    both = [*double.requests("playback"), *double.requests("cdx")]  # the probe may be a listing
    log = sorted(both, key=lambda entry: entry.at)
    gaps = [later.at - earlier.at for earlier, later in pairwise(log)]
    refused = max(index for index, entry in enumerate(log) if entry.status == 429)
    probe = next(index + 1 for index, gap in enumerate(gaps) if index >= refused and gap >= PAUSE - 0.2)
    assert probe <= refused + 5  # only what was on its way goes before the pause of all
    assert gaps[probe] >= LATENCY - 0.02  # the probe is alone until it is answered
    told = run.stderr.encode() + b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(secret in told for secret in (b"s3cret", b"w0rd"))
