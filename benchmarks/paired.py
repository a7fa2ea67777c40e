"""What converting costs now beside an earlier checkout, as a ratio: both convert the same page in turn, in one run.

    python benchmarks/paired.py EARLIER [--golden ../shared/golden/modern] [--rounds 5] [--every 1] [--facts]

EARLIER is a checkout with its own .venv. Each has one process. A page's time is the least processor time of its rounds, of
convert_html as in convert.py, and with `--facts` also of what travels with a document (hash, words, score, language);
which of the two comes first alternates. So a busy machine, whose clock and caches others use, changes the ratio by a
hundredth, not by a tenth.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
WORKER = """
import base64, json, sys, time
from pipelines.convert import convert_html
for line in sys.stdin:
    row, page = json.loads(line)
    page = base64.b64decode(page)
    begun = time.process_time()
    document = convert_html(page, content_type="text/html; charset=utf-8", **row)
    if "facts" in sys.argv:
        facts = document.text_sha256, document.words, document.policy_score, document.language
    print(time.process_time() - begun, document.text_sha256, flush=True)
"""


class Converter:
    """The converter of a checkout, in a process of its own."""

    def __init__(self, checkout: Path, *, facts: bool) -> None:
        python = checkout / ".venv" / "bin" / "python"
        self._process = subprocess.Popen(
            [str(python), "-c", WORKER, *(["facts"] if facts else [])],
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def convert(self, job: str) -> tuple[float, str]:
        """Return the seconds of processor time for a page, and the hash of its text."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(job)
        self._process.stdin.flush()
        seconds, sha = self._process.stdout.readline().split()
        return float(seconds), sha


def main() -> None:
    """Print the milliseconds a page of both checkouts, and their ratio after each round."""
    arguments = _arguments()
    jobs = _jobs(arguments.golden, arguments.every)
    facts = arguments.facts
    with Converter(ROOT, facts=facts) as now, Converter(arguments.earlier, facts=facts) as earlier:
        for each in (now, earlier):
            each.convert(jobs[0])  # imports and models
        best: list[list[float]] = [[float("inf")] * len(jobs), [float("inf")] * len(jobs)]
        for round_ in range(arguments.rounds):
            same = _measure(jobs, (now, earlier), best, swapped=bool(round_ % 2))
            ours, theirs = (sum(of) / len(jobs) * 1e3 for of in best)
            print(f"round {round_ + 1}: {ours:.2f} ms, {theirs:.2f} ms a page: {ours / theirs:.3f}", flush=True)
    print(f"{len(jobs)} pages, {same} with the same text")


def _measure(
    jobs: Sequence[str], converters: tuple[Converter, Converter], best: list[list[float]], *, swapped: bool
) -> int:
    """Convert all pages with both; lower `best`. Return the number of pages with the same text in both."""
    same = 0
    for at, job in enumerate(jobs):
        texts = set()
        for of in (1, 0) if swapped else (0, 1):
            seconds, sha = converters[of].convert(job)
            best[of][at] = min(best[of][at], seconds)
            texts.add(sha)
        same += len(texts) == 1
    return same


def _jobs(golden: Path, every: int) -> list[str]:
    rows: list[dict[str, Any]] = [json.loads(line) for line in (golden / "index.jsonl").read_text().splitlines()]
    return [_job(golden, row) for row in rows[::every]]


def _job(golden: Path, row: dict[str, Any]) -> str:
    page = gzip.decompress((golden / f"{row['name']}.html.gz").read_bytes())
    facts = {name: row[name] for name in ("url", "timestamp", "domain")}
    return json.dumps([facts, base64.b64encode(page).decode()]) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("--golden", type=Path, default=ROOT.parent / "shared" / "golden" / "modern")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--facts", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
