"""What a crawl makes of its budgets, seen from the archive: `python -m benchmarks.budget [--seconds 90] [--latency 2]`.

The double answers every request after `--latency` seconds and writes down when it arrived. The crawl asks for enough
listing pages, and then for enough captures, to use the default budgets for so long. Issue 4 wants 95 % of the budget to be
used, and no window of one second or more with more than rate * window + 1 requests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from crawler import settings
from tests.support.archive_double import ArchiveDouble, Behaviour, generated
from tests.support.windows import most_in, most_over

ROOT = Path(__file__).parent.parent
WINDOWS = (1, 10, 60)
"""Seconds."""
LEAST_SHARE = 0.95


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


def crawl(archive: str, folder: Path, listing_rows: int) -> None:
    """Fetch every capture of bench.example with the default budgets, without home pages: these would be waited for."""
    companies = folder / "companies.yaml"
    companies.write_text("companies:\n  - name: Bench\n    domain: bench.example\n")
    given = {
        "OUTPUT_DIR": folder / "output", "COMPANIES_FILE": companies, "LISTING_ROWS": listing_rows, "HOME_PAGES": 0,
        "LOG_LEVEL": "WARNING", "PROGRESS_SECONDS": 0,
    }  # fmt: skip
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    command = ["scrapy", "crawl", "policies", "-a", f"archive={archive}", "-a", "versions=all", *options]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def measure(seconds: float, latency: float) -> tuple[list[Used], int]:
    """Crawl for about so long each of listings and captures; return both uses, and the most connections at once."""
    rates = {"cdx": settings.CDX_CALLS_PER_MINUTE / 60, "playback": float(settings.PLAYBACK_CALLS_PER_SECOND)}
    captures = int(rates["playback"] * seconds)
    listing_rows = max(1, int(captures / (rates["cdx"] * seconds)))
    holdings = generated(captures)
    with tempfile.TemporaryDirectory() as folder, ArchiveDouble(holdings, Behaviour(latency=latency)) as double:
        crawl(double.url, Path(folder), listing_rows)
        uses = [Used(kind, rate, sorted(e.at for e in double.requests(kind))) for kind, rate in rates.items()]
        return uses, double.connections.peak


def main() -> None:
    """Print a table; end with status 1 if a budget is exceeded, or less than 95 % of it used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--latency", type=float, default=2)
    options = parser.parse_args()
    uses, connections = measure(options.seconds, options.latency)
    print(f"latency {options.latency:g} s, at most {connections} connections at once")
    windows = " | ".join(f"most in {w} s" for w in WINDOWS)
    print(f"| requests | seconds | share of the budget | {windows} | over, in any window |")
    for use in uses:
        most = " | ".join(f"{most_in(w, use.moments)} of {use.allowed_in(w):g}" for w in WINDOWS)
        over = most_over(use.rate, use.moments)
        print(f"| {len(use.moments)} {use.kind} | {use.seconds:.1f} | {use.share:.1%} | {most} | {over:+.2f} |")
    if not all(use.is_kept and use.share >= LEAST_SHARE for use in uses):
        sys.exit("a budget was exceeded, or less than 95 % of it used")


if __name__ == "__main__":
    main()
