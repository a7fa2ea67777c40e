"""Killed, stopped, and run twice at once: nothing is lost, nothing damaged, and little asked for again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator

from pipelines.document import parse
from tests.support.archive_double import Behaviour
from tests.support.commands import ROOT
from tests.support.service import HURRIED, crawl, options, sample_double, told_once, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.archive_double import ArchiveDouble, Logged
    from tests.support.service import Clean

IN_FLIGHT = 2
SLOW = Behaviour(latency=0.05)


@contextmanager
def crawling(double: ArchiveDouble, output: Path, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start a crawl and yield its process; killed at the end if it still runs."""
    given = {**HURRIED, "OUTPUT_DIR": output, "CONCURRENT_REQUESTS_PER_DOMAIN": IN_FLIGHT, **settings}
    options_of = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "policies", *options(double.url), *options_of]
    with (output.parent / "stderr.txt").open("ab") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stderr, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_requests(double: ArchiveDouble, process: subprocess.Popen[bytes], count: int) -> None:
    """Wait until the double has answered so many more requests, or the run is over."""
    wanted = len(double.log) + count
    while len(double.log) < wanted and process.poll() is None:
        time.sleep(0.005)


def asked_for(log: list[Logged]) -> Counter[str]:
    """Count playback requests by path."""
    return Counter(entry.path for entry in log if entry.kind == "playback")


def check_what_is_there(output: Path, clean: Clean) -> None:
    """Check that every file visible is whole.

    A text whose earliest capture is yet to be fetched stands under the name of a later one until then.
    """
    files = clean.files()
    texts = {parse(data.decode()).text_sha256 for data in files.values()}
    for path in (output / "text").rglob("*.txt"):
        data = path.read_bytes()
        document = parse(data.decode())
        assert document.text == data.decode()
        assert document.text_sha256 in texts
        assert files.get(path.relative_to(output / "text").as_posix(), data) == data
    for path in (output / "warc").glob("*.warc.gz"):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                record.content_stream().read()


def test_crawl_killed_five_times_gives_clean_files(clean: Clean, tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311 - moments to kill at
    output = tmp_path / "output"
    with sample_double(SLOW) as double:
        for _ in range(5):
            with crawling(double, output) as process:
                wait_for_requests(double, process, dice.randint(4, 18))
                time.sleep(dice.random() / 5)
                process.kill()
            check_what_is_there(output, clean)
        run = crawl(double.url, output, CONCURRENT_REQUESTS_PER_DOMAIN=IN_FLIGHT)
        asked = asked_for(double.log)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(clean.run)
    assert not list(output.rglob("*.tmp"))
    usual = asked_for(clean.log)
    assert asked.keys() == usual.keys()
    assert (asked - usual).total() <= 5 * IN_FLIGHT


def test_crawl_sigterm_ends_in_order(clean: Clean, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with sample_double(SLOW) as double:
        with crawling(double, output) as process:
            wait_for_requests(double, process, 20)
            process.send_signal(signal.SIGTERM)
            assert process.wait(300) == 3
        assert (output / "run.json").exists()
        asked = len(double.log)
        run = crawl(double.url, output)
        again = {entry.path for entry in double.log[asked:] if entry.kind == "playback"}
        before = {entry.path for entry in double.log[:asked] if entry.kind == "playback"}
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    assert not again & before
    assert b"Traceback" not in (tmp_path / "stderr.txt").read_bytes()


def test_crawl_locked_output_names_owner_until_it_ends(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with sample_double(Behaviour(latency=30)) as double, crawling(double, output) as process:
        while not (output / ".holder").exists():
            assert process.poll() is None
            time.sleep(0.05)
        second = crawl(double.url, output, "plan=1")
        assert told_once(second, f"in use by process {process.pid} on {os.uname().nodename}"), second.stderr
        process.kill()
        process.wait()
        double.behaviour = Behaviour()
        third = crawl(double.url, output, "plan=1")
    assert third.status == 0, third.stderr
