"""Discovery over a made-up archive at real policy addresses: `python -m benchmarks.discovery [--companies 400] [--seed 1]`.

Two crawls are run as users run them, the second when the archive has grown by three months. `--code` names the checkout
whose code is measured. Index calls are counted by the archive; hours are those calls at the polite budgets.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.address_split import ADDRESSES
from benchmarks.discovery_archive import Archive, Asked, DiscoveryDouble
from benchmarks.discovery_companies import FIRST_RUN, SECOND_RUN, companies
from benchmarks.discovery_score import Catalog, Found, Truth, circumstances, found_in, truth_of
from crawler.archives.urlkey import surt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.discovery_companies import Company
    from benchmarks.discovery_zones import Zone

ROOT: Final = Path(__file__).parent.parent
INDEX_A_MINUTE, PLAYBACK_A_MINUTE = 24, 480
"""The polite budgets (crawler/settings.py)."""
SETTINGS: Final = {
    "CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 0, "RETRY_SECONDS": 0.01, "COOLDOWN_SECONDS": 0.1,
    "PROGRESS_SECONDS": 0, "LOG_LEVEL": "ERROR", "CONVERSION_WORKERS": 2,
}  # fmt: skip


@dataclass
class Outcome:
    """A run's figures."""

    title: str
    seconds: float
    status: int
    companies: tuple[int, int] = (0, 0)
    """Found, and to be found."""
    texts: tuple[int, int] = (0, 0)
    new_texts: tuple[int, int] = (0, 0)
    half_years: tuple[int, int] = (0, 0)
    excepted: tuple[int, int] = (0, 0)
    """Companies and texts that nothing leads to."""
    others: int = 0
    found: set[int] = field(default_factory=set)
    index: list[int] = field(default_factory=list)
    playback: Counter[str] = field(default_factory=Counter)
    calls_by_phase: Counter[str] = field(default_factory=Counter)
    found_by_phase: Counter[str] = field(default_factory=Counter)
    misses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    missed_texts: Counter[str] = field(default_factory=Counter)


def crawl(code: Path, archive: str, folder: Path) -> tuple[float, int]:
    """Crawl all companies with the code of a checkout; return the seconds and the exit status."""
    settings = {**SETTINGS, "OUTPUT_DIR": folder / "output", "COMPANIES_FILE": folder / "companies.yaml"}
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    python = code / ".venv" / "bin" / "python"
    program = [str(python if python.exists() else sys.executable), "-m", "scrapy"]
    command = [*program, "crawl", "policies", "-a", f"archive={archive}", *options]
    started = time.monotonic()
    done = subprocess.run(command, cwd=code, stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - started, done.returncode


def measure(made: Sequence[Company], code: Path, folder: Path) -> Iterator[Outcome]:
    """Crawl the archive twice; yield each run's figures."""
    listed = "".join(f"  - name: {company.name}\n    domain: {company.domain}\n" for company in made)
    (folder / "companies.yaml").write_text(f"companies:\n{listed}", encoding="utf-8")
    first = Archive(made, FIRST_RUN)
    before: dict[int, Truth] = {}
    seen: set[str] = set()
    with DiscoveryDouble(first) as double:
        for title, archive in (("first run", first), ("second run", Archive(made, SECOND_RUN))):
            double.serve(archive)
            outcome = Outcome(title, *crawl(code, double.url, folder))
            truths = {zone.company.number: truth_of(zone) for zone in archive.zones}
            _score(outcome, archive, folder / "output", truths, before)
            _count_calls(outcome, archive, seen)
            yield outcome
            before = truths


def _score(
    outcome: Outcome, archive: Archive, output: Path, truths: dict[int, Truth], before: dict[int, Truth]
) -> None:
    found = found_in(output, [zone.company for zone in archive.zones])
    catalog = Catalog(output)
    for zone in archive.zones:
        truth, had = truths[zone.company.number], found[zone.company.number]
        _count(outcome, zone, truth, had, catalog)
        if zone.company.number in before:
            new = truth.editions - before[zone.company.number].editions
            outcome.new_texts = _plus(outcome.new_texts, len(new & had.editions), len(new))
    outcome.found = {number for number, one in found.items() if one.editions}


def _count_calls(outcome: Outcome, archive: Archive, seen: set[str]) -> None:
    """Count calls by company and by phase. `seen` are the pages listed so far, over both runs."""
    calls = Counter({zone.company.number: 0 for zone in archive.zones})
    leads: dict[int, str] = {}
    for asked in archive.asked:
        phase = phase_of(asked, archive, seen)
        outcome.calls_by_phase[phase] += asked.calls
        calls[asked.company] += asked.calls
        seen |= asked.keys
        if asked.keys:
            leads.setdefault(asked.company, phase)
    calls.pop(-1, None)  # of hosts that are nobody's, which are in the sum alone
    outcome.index = sorted(calls.values())
    outcome.found_by_phase = Counter(leads.get(number, "nearest") for number in outcome.found)
    for (_, what), count in archive.played.items():
        outcome.playback[what] += count


def _count(outcome: Outcome, zone: Zone, truth: Truth, had: Found, catalog: Catalog) -> None:
    outcome.others += had.others
    outcome.excepted = _plus(outcome.excepted, bool(truth.pages and not truth.editions), len(truth.excepted))
    if not truth.editions:
        return
    got = truth.editions & had.editions
    outcome.companies = _plus(outcome.companies, bool(got), 1)
    outcome.texts = _plus(outcome.texts, len(got), len(truth.editions))
    outcome.half_years = _plus(outcome.half_years, len(truth.half_years & had.half_years), len(truth.half_years))
    for edition in truth.editions - got:
        cause = catalog.why_missed(zone, truth.pages[edition], has_some=bool(got))
        outcome.missed_texts[cause] += 1
    if not got:
        keys = {key for edition in truth.editions for key in truth.pages[edition]}
        outcome.misses[catalog.why_missed(zone, keys, has_some=False)].append(
            f"{zone.company.domain}: {circumstances(zone)}"
        )


def _plus(pair: tuple[int, int], left: int, right: int) -> tuple[int, int]:
    return pair[0] + left, pair[1] + right


def phase_of(asked: Asked, archive: Archive, seen: set[str]) -> str:
    """Return the phase of design.md that a question belongs to, by its shape; KNOWN for a page that was `seen` before."""
    if asked.match in {"domain", "host"}:
        return "FILTERED" if asked.is_filtered else "BULK"
    if asked.match == "prefix":
        return "GUESSED (prefix)"
    zone, key = archive.owner(asked.url), surt(asked.url)
    if key in seen:
        return "KNOWN"
    if zone is None or key in zone.linked:
        return "LINKED"
    if key in {surt(zone.company.domain), surt(f"{zone.company.domain}{zone.company.landing}")}:
        return "HOME"
    return "HUB" if key in zone.hubs else "GUESSED (exact)"


def show(outcome: Outcome) -> None:
    """Print a run's figures."""
    index, playback = outcome.calls_by_phase.total(), outcome.playback.total()
    hours = max(index / INDEX_A_MINUTE, playback / PLAYBACK_A_MINUTE) / 60
    p90 = outcome.index[math.ceil(0.9 * len(outcome.index)) - 1]
    print(f"\n## {outcome.title} ({outcome.seconds:.0f} s, exit status {outcome.status})")
    without = "nothing leads to"
    print(f"companies   {_share(outcome.companies)}   ({without} {outcome.excepted[0]} more)")
    print(
        f"texts       {_share(outcome.texts)}   ({without} {outcome.excepted[1]} more; {outcome.others} others' texts)"
    )
    if outcome.new_texts[1]:
        print(f"new texts   {_share(outcome.new_texts)}")
    print(f"half-years  {_share(outcome.half_years)}")
    print(
        f"index calls {index:,}: median {statistics.median(outcome.index):g}, p90 {p90:,}, "
        f"max {max(outcome.index):,}; playbacks {playback:,}; {hours:.1f} hours"
    )
    print("calls by phase:   " + _listed(outcome.calls_by_phase))
    if not outcome.new_texts[1]:
        print("first found by:   " + _listed(outcome.found_by_phase))
    print("playbacks of:     " + _listed(outcome.playback))
    print("texts missed:     " + _listed(outcome.missed_texts))
    for cause, missed in sorted(outcome.misses.items()):
        print(f"companies missed, {cause}: {len(missed)}")
        print("".join(f"    {each}\n" for each in missed), end="")


def _share(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,} of {pair[1]:,} ({pair[0] / max(1, pair[1]):.1%})"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common()) or "none"


def main() -> None:
    """Print both runs' figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--code", type=Path, default=ROOT, help="the checkout whose code is measured")
    parser.add_argument("--keep", type=Path, help="a folder for the crawl's output, which is removed otherwise")
    options = parser.parse_args()
    if not ADDRESSES.exists():
        sys.exit(f"{ADDRESSES} is missing: the real addresses are not part of the project")
    made = companies(options.companies, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for outcome in measure(made, options.code.resolve(), folder.resolve()):
            show(outcome)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
