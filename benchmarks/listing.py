"""A listing of many rows, by processor time and memory: `python -m benchmarks.listing [--rows 1000000]`.

The double makes up the rows in a process of its own. No address among them suggests a policy, so that the crawl asks every
question of discovery, lists the whole domain last (BULK_LISTING_ROWS), and fetches nothing. Linear means that the second
half of the rows takes about as long as the first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MEMORY_LIMIT = 300 * 1024 * 1024
"""Bytes of resident memory that the crawling process must stay under."""


@dataclass(frozen=True)
class Listed:
    """One crawl's cost: seconds of processor time, and the greatest resident memory of its process in bytes."""

    seconds: float
    memory: int
    rows: int


def crawl(archive: str, folder: Path, rows: int) -> Listed:
    """List bench.example and measure the process that does it."""
    companies = folder / "companies.yaml"
    companies.write_text("companies:\n  - name: Bench\n    domain: bench.example\n")
    settings = {
        "OUTPUT_DIR": folder / "output", "COMPANIES_FILE": companies, "CDX_CALLS_PER_MINUTE": 0, "PROGRESS_SECONDS": 0,
        "BULK_LISTING_ROWS": rows,
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    command = ["scrapy", "crawl", "policies", "-a", f"archive={archive}", *options]
    with subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the crawl ended with status {process.returncode}")
    report = json.loads((folder / "output" / "run.json").read_text())
    return Listed(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, report["companies"][0]["rows_listed"])


def measure(rows: int) -> Listed:
    """Serve `rows` rows and list them."""
    command = [sys.executable, "-m", "tests.support.archive_double", "--generate", str(rows), "--name", "press"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as double,
    ):
        try:
            return crawl(next(double.stdout or iter(())).strip(), Path(folder), rows)
        finally:
            double.terminate()


def main() -> None:
    """Measure half the rows and all of them; end with status 1 if memory or growth is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    half, whole = measure(rows // 2), measure(rows)
    for listed in (half, whole):
        print(f"{listed.rows:>9,} rows  {listed.seconds:6.1f} s  {listed.memory / 2**20:5.0f} MB")
    growth = whole.seconds / half.seconds
    print(f"twice the rows take {growth:.2f} times as long")
    if whole.rows != rows or whole.memory > MEMORY_LIMIT or growth > 2.6:
        sys.exit("out of bounds")


if __name__ == "__main__":
    main()
