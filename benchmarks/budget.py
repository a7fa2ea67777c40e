"""What crawls make of their budgets, seen from the archive: `python -m benchmarks.budget [--seconds 90] [--latency 2]`.

The double answers every request after `--latency` seconds and writes down when it arrived. The crawl asks for enough
listing pages, and then for enough captures, to use the default budgets for so long. 95 % of the budget is to be
used, and no window of one second or more with more than rate * window + 1 requests.

With `--shards 3` so many crawls share the budgets over a Redis server (RATE_LIMIT_URL). 90 % is to be used, from
when all are at work. `--refuse` lets the archive answer with 429 for a moment, and `--kill` ends one crawl with SIGKILL.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import settings
from tests.support.archive_double import ArchiveDouble, Behaviour, generated
from tests.support.redis_server import redis_server
from tests.support.windows import most_in, most_over

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
WINDOWS = (1, 10, 60)
"""Seconds."""
LEAST_SHARE, LEAST_SHARED = 0.95, 0.9
RETRY_AFTER = 5
"""Seconds of the pause that a refusal demands."""


@dataclass(frozen=True)
class Used:
    """What was made of a budget of `rate` requests a second: `moments` are when they arrived, in order."""

    kind: str
    rate: float
    moments: list[float]

    @property
    def seconds(self) -> float:
        return self.moments[-1] - self.moments[0]

    @property
    def share(self) -> float:
        """The share of the budget used from the first request to the last."""
        return (len(self.moments) - 1) / (self.rate * self.seconds)

    def allowed_in(self, window: float) -> float:
        return self.rate * window + 1

    @property
    def is_kept(self) -> bool:
        return all(most_in(window, self.moments) <= self.allowed_in(window) for window in WINDOWS)


def crawling(archive: str, folder: Path, listing_rows: int, **own: object) -> subprocess.Popen[bytes]:
    """Begin to fetch every capture of bench.example with the default budgets, but no home pages: it would wait for them."""
    folder.mkdir(exist_ok=True)
    companies = folder / "companies.yaml"
    companies.write_text("companies:\n  - name: Bench\n    domain: bench.example\n")
    given = {
        "OUTPUT_DIR": folder / "output", "COMPANIES_FILE": companies, "LISTING_ROWS": listing_rows, "HOME_PAGES": 0,
        "LOG_LEVEL": "WARNING", "PROGRESS_SECONDS": 0, **own,
    }  # fmt: skip
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    command = ["scrapy", "crawl", "policies", "-a", f"archive={archive}", "-a", "versions=all", *options]
    return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.DEVNULL)


def measure(seconds: float, latency: float) -> tuple[list[Used], int]:
    """Crawl for about so long each of listings and captures; return both uses, and the most connections at once."""
    rates = {"cdx": settings.CDX_CALLS_PER_MINUTE / 60, "playback": float(settings.PLAYBACK_CALLS_PER_SECOND)}
    captures = int(rates["playback"] * seconds)
    listing_rows = max(1, int(captures / (rates["cdx"] * seconds)))
    holdings = generated(captures)
    with tempfile.TemporaryDirectory() as folder, ArchiveDouble(holdings, Behaviour(latency=latency)) as double:
        assert crawling(double.url, Path(folder), listing_rows).wait() == 0
        uses = [Used(kind, rate, sorted(e.at for e in double.requests(kind))) for kind, rate in rates.items()]
        return uses, double.connections.peak


def measure_shards(seconds: float, latency: float, shards: int, *, refuse: bool, kill: bool) -> tuple[list[Used], int]:
    """Let so many crawls fetch all captures at the same time, each for itself; return the use of playback."""
    rate = float(settings.PLAYBACK_CALLS_PER_SECOND)
    captures = int(rate * seconds)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(redis_server())
        calm = Behaviour(latency=latency)
        double = stack.enter_context(ArchiveDouble(generated(captures), calm))
        own = {"RATE_LIMIT_URL": redis.url, "CDX_CALLS_PER_MINUTE": 0, "CONVERSION_WORKERS": 1}
        runs = [crawling(double.url, folder / str(number), captures, **own) for number in range(shards)]
        for run in runs:
            stack.callback(run.kill)
        began = _moment_when(lambda: len(double.requests("cdx")) >= shards)
        time.sleep(seconds / 3)
        if refuse:
            double.behaviour = Behaviour(latency=latency, faults_at=(("/web/", "429"),), retry_after=RETRY_AFTER)
            _moment_when(lambda: any(entry.fault for entry in double.log))
            double.behaviour = calm
        time.sleep(seconds / 3)
        if kill:
            runs.pop().kill()
        time.sleep(seconds / 3)
        ended = time.monotonic()
        for run in runs:
            run.kill()
            run.wait()
        moments = sorted(entry.at for entry in double.requests("playback"))
        between = [moment for moment in moments if began + latency <= moment <= ended]
        whole = Used("playback, all of it", rate, moments)
        print(f"{shards} crawls, {shards - len(runs)} killed, {sum(bool(entry.fault) for entry in double.log)} refused")
        return [whole, Used("playback, all at work", rate, between)], double.connections.peak


def _moment_when(condition: Callable[[], bool]) -> float:
    """Wait until a condition holds; return the monotonic time."""
    while not condition():
        time.sleep(0.01)
    return time.monotonic()


def main() -> None:
    """Print a table; end with status 1 if a budget is exceeded, or too little of it used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--latency", type=float, default=2)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    given = (options.seconds, options.latency)
    if options.shards > 1:
        uses, connections = measure_shards(*given, options.shards, refuse=options.refuse, kill=options.kill)
    else:
        uses, connections = measure(*given)
    print(f"latency {options.latency:g} s, at most {connections} connections at once")
    windows = " | ".join(f"most in {w} s" for w in WINDOWS)
    print(f"| requests | seconds | share of the budget | {windows} | over, in any window |")
    for use in uses:
        most = " | ".join(f"{most_in(w, use.moments)} of {use.allowed_in(w):g}" for w in WINDOWS)
        over = most_over(use.rate, use.moments)
        print(f"| {len(use.moments)} {use.kind} | {use.seconds:.1f} | {use.share:.1%} | {most} | {over:+.2f} |")
    least = LEAST_SHARE if options.shards == 1 else 0 if options.refuse else LEAST_SHARED
    are_used = all(use.share >= least for use in (uses if options.shards == 1 else uses[-1:]))
    if not are_used or not all(use.is_kept for use in uses):
        sys.exit(f"a budget was exceeded, or less than {least:.0%} of it used")


if __name__ == "__main__":
    main()
