"""The whole program at size: `python benchmarks/corpus.py [--companies 1000] [--captures 1000000]`.

A simulated archive of hosting companies (tests/support/double/hosting.py) in a process of its own; two runs of `scrapy crawl
policies` over it as a user starts them, versions=changes, no rate limits: the first has everything to do, the second only
asks what is new of each home page and of each policy page that is alive. Several numbers after either option are several
scales, measured one after the other. The table goes to the standard output, the crawls' log to the standard error. Linux
only: what the processes use is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.double.hosting import HostingCompanies  # noqa: E402
from tests.support.double.server import COUNTS_PATH  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SAMPLE_SECONDS = 0.5
MIB = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True)
class Sample:
    """What the processes of a run use at a moment: seconds since its start, resident bytes, seconds of processor time."""

    at: float
    main: int
    workers: tuple[int, ...]
    main_cpu: float


@dataclass(frozen=True)
class Run:
    """One run: its report, seconds, and what it used; `requests` are those that the double has counted, by kind."""

    report: dict[str, Any]
    seconds: float
    cpu: float
    double_cpu: float
    peak: int
    samples: tuple[Sample, ...]
    requests: dict[str, int]

    @property
    def reported(self) -> dict[str, int]:
        """The requests by the double's kinds, as run.json has them."""
        said = self.report["requests"]
        kinds = {"cdx": said.get("listing", 0), "playback": said.get("playback", 0) + said.get("nearest", 0)}
        return {kind: count for kind, count in kinds.items() if count}

    @property
    def workers_cpu(self) -> float:
        """Seconds of all but the main process, to within what that used after the last sample."""
        return self.cpu - self.samples[-1].main_cpu

    def memory_at(self, share: float) -> int:
        """Return the main process's resident bytes at a share (0 to 1) of the run's time."""
        return next((each.main for each in self.samples if each.at >= share * self.samples[-1].at), 0)

    @property
    def largest_worker(self) -> int:
        return max((size for each in self.samples for size in each.workers), default=0)


@dataclass(frozen=True)
class Measured:
    """Both runs over an archive, and what they left in the output folder, in bytes.

    `second_run_calls`: index calls that a run over an unchanged archive may make: one for each domain's home page, one for
    each of its policy pages that is alive (design: a listed domain's life).
    """

    companies: int
    captures: int
    texts_there: int
    second_run_calls: int
    first: Run
    second: Run
    documents: int
    sizes: dict[str, int]


def measure(companies: int, captures: int, folder: Path) -> Measured:
    """Crawl `captures` captures of `companies` companies twice, with a `folder` to work in."""
    archive = HostingCompanies(companies, captures)
    list_companies(folder, archive.domains())
    with double(companies, captures) as (url, pid):
        first, second = (crawl(url, pid, folder) for _ in range(2))
    output = folder / "output"
    sizes = {
        "catalog.db": _size(output.glob("catalog.db*")),
        "warc": _size((output / "warc").iterdir()),
        "text": _size((output / "text").rglob("*.txt")),
        "versions.jsonl": (output / "versions.jsonl").stat().st_size,
    }
    fates = [company["fates"] for company in first.report["companies"]]
    documents = sum(each.get("stored", 0) + each.get("same text", 0) for each in fates)
    calls = companies + archive.living_pages()
    return Measured(companies, len(archive), archive.texts(), calls, first, second, documents, sizes)


def list_companies(folder: Path, domains: Iterable[str]) -> None:
    """Write the companies file that `crawl` takes."""
    entries = "".join(f"  - name: {domain}\n    domain: {domain}\n" for domain in domains)
    (folder / "companies.yaml").write_text(f"companies:\n{entries}")


@contextmanager
def double(companies: int, captures: int, histories: int = 0, port: int = 0) -> Iterator[tuple[str, int]]:
    """Run the double in a process of its own; give its address and process id."""
    options = ["--generate", str(captures), "--companies", str(companies)]
    options += ["--histories", str(histories), "--port", str(port)]
    command = [sys.executable, "-m", "tests.support.archive_double", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield next(process.stdout or iter(())).strip(), process.pid
        finally:
            process.terminate()


def crawl(archive: str, double_pid: int, folder: Path, catalog: str = "") -> Run:
    """Run the program once, with a catalog in its output folder or at CATALOG_URL, and watch what it uses until it ends."""
    settings = {
        "OUTPUT_DIR": folder / "output", "COMPANIES_FILE": folder / "companies.yaml", "CDX_CALLS_PER_MINUTE": 0,
        "PLAYBACK_CALLS_PER_SECOND": 0, "CONVERSION_SECONDS": 120,
        "CATALOG_URL": catalog,
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    command = ["scrapy", "crawl", "policies", "-a", f"archive={archive}", "-a", "versions=changes", *options]
    asked, double_before, before = _requests(archive), _cpu(double_pid), _children_cpu()
    started = time.monotonic()
    samples, peak = [], 0
    with subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if sample := _sample(process.pid, started):
                samples.append(sample)
                peak = max(peak, _peak(process.pid))
            time.sleep(SAMPLE_SECONDS)
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"the crawl ended with status {process.returncode}")
    counted = {kind: count - asked.get(kind, 0) for kind, count in _requests(archive).items()}
    return Run(
        json.loads((folder / "output" / "run.json").read_text()),
        seconds,
        _children_cpu() - before,
        _cpu(double_pid) - double_before,
        peak,
        tuple(samples),
        {kind: count for kind, count in sorted(counted.items()) if count and kind != "other"},
    )


def _requests(archive: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{archive}{COUNTS_PATH}", timeout=60) as answer:  # noqa: S310 - the double's address
        return dict(json.load(answer))


# What proc(5) says of processes; 0 or None for one that is gone


def _sample(pid: int, started: float) -> Sample | None:
    main = _resident(pid)
    if not main:
        return None
    workers = tuple(filter(None, map(_resident, filter(_is_worker, _descendants(pid)))))
    return Sample(time.monotonic() - started, main, workers, _cpu(pid))


def _descendants(pid: int) -> list[int]:
    children: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        children += map(int, _read(tasks).split())
    return children + [each for child in children for each in _descendants(child)]


def _is_worker(pid: int) -> bool:
    """Whether a process is one that converts: for a moment, before it is one, it shares its parent's memory."""
    return "spawn_main" in _read(Path(f"/proc/{pid}/cmdline"))


def _resident(pid: int) -> int:
    facts = _read(Path(f"/proc/{pid}/statm")).split()
    return int(facts[1]) * _PAGE if facts else 0


def _peak(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _cpu(pid: int) -> float:
    """Return the seconds of processor time of one process, its children not included."""
    facts = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, facts[11:13])) / _TICKS if facts else 0.0


def _children_cpu() -> float:
    """Return the seconds of processor time of this process's children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _size(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


# The table: what it says, and how to read it off

Fact = tuple[str, "Callable[[Measured], str]"]


def _mb(size: float) -> str:
    return f"{size / MIB:,.0f} MB"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items())) or "none"


def _of_run(name: str, run: Callable[[Measured], Run]) -> list[Fact]:
    return [
        (f"{name}: wall time", lambda m: f"{run(m).seconds:,.0f} s"),
        ("requests, by the double's log", lambda m: _counts(run(m).requests)),
        ("requests, by run.json", lambda m: _counts(run(m).reported)),
        ("processor time: main process", lambda m: f"{run(m).samples[-1].main_cpu:,.0f} s"),
        ("processor time: workers", lambda m: f"{run(m).workers_cpu:,.0f} s"),
        ("processor time: the double", lambda m: f"{run(m).double_cpu:,.0f} s"),
        ("main process: memory at 10 % of the run", lambda m: _mb(run(m).memory_at(0.1))),
        ("main process: memory at 50 %", lambda m: _mb(run(m).memory_at(0.5))),
        ("main process: memory at 100 %", lambda m: _mb(run(m).memory_at(1))),
        ("main process: peak memory", lambda m: _mb(run(m).peak)),
    ]


FACTS: list[Fact] = [
    ("companies", lambda m: f"{m.companies:,}"),
    ("captures", lambda m: f"{m.captures:,}"),
    *_of_run("first run", lambda m: m.first),
    ("largest worker: peak memory", lambda m: _mb(m.first.largest_worker)),
    ("captures with a text, fetched or credited", lambda m: f"{m.documents:,}"),
    ("fetched from policy pages", lambda m: f"{m.first.report['fetched']:,}"),
    ("processor time for each of these: all", lambda m: f"{m.first.cpu / m.first.report['fetched'] * 1000:.1f} ms"),
    ("of that, in the workers", lambda m: f"{m.first.workers_cpu / m.first.report['fetched'] * 1000:.1f} ms"),
    ("different texts found, of those there are", lambda m: f"{_texts(m):,} of {m.texts_there:,}"),
    ("versions", lambda m: f"{m.first.report['versions']:,}"),
    ("catalog.db", lambda m: _mb(m.sizes["catalog.db"])),
    ("WARC files", lambda m: _mb(m.sizes["warc"])),
    ("text files", lambda m: _mb(m.sizes["text"])),
    ("versions.jsonl", lambda m: _mb(m.sizes["versions.jsonl"])),
    *_of_run("second run", lambda m: m.second),
]


def _texts(measured: Measured) -> int:
    return sum(company["texts"] for company in measured.first.report["companies"])


def table(all_measured: list[Measured]) -> str:
    """Return the facts in Markdown, a column for each scale."""
    rows = [[name, *(value(measured) for measured in all_measured)] for name, value in FACTS]
    rows.insert(1, ["---", *("---:" for _ in all_measured)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure each scale and print one table; end with status 1 if a second run asked for more than it has to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, nargs="+", default=[1000])
    parser.add_argument("--captures", type=int, nargs="+", default=[1_000_000])
    options = parser.parse_args()
    if len(options.companies) != len(options.captures):
        parser.error("give as many numbers after --companies as after --captures")
    all_measured = []
    for companies, captures in zip(options.companies, options.captures, strict=True):
        with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
            all_measured.append(measure(companies, captures, Path(folder)))
    print(table(all_measured))
    if any(each.second.requests != {"cdx": each.second_run_calls} for each in all_measured):
        sys.exit("a second run did not ask for exactly each home page and each living policy page")


if __name__ == "__main__":
    main()
