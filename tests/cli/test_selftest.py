"""`scrapy selftest` as a user runs it, on the double: what is asked, what is kept, how it ends."""

from __future__ import annotations

import gzip
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.selftest.facts import FACTS
from crawler.selftest.selftest_questions import MAX_REQUESTS
from tests.support.archive_double import ArchiveDouble, Behaviour
from tests.support.commands import run_command, scrapy
from tests.support.forward_proxy import forward_proxy
from tests.support.ports import free_port
from tests.support.selftest import EXCLUDED, PAGE, holdings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

UNPACED: dict[str, object] = {"CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 0}


def selftest(archive: str, folder: Path, *more: str, **settings: object) -> Run:
    arguments = ("-a", f"archive={archive}", "-a", f"url={PAGE}", "--folder", str(folder), *more)
    return scrapy("selftest", *arguments, output=folder.parent / "output", **{**UNPACED, **settings})


def selftest_of(tmp_path: Path, **behaviour: Any) -> tuple[Run, ArchiveDouble]:
    with ArchiveDouble(holdings(), Behaviour(excluded=EXCLUDED, **behaviour)) as double:
        return selftest(double.url, tmp_path / "selftest"), double


def lines_of(run: Run) -> dict[str, str]:
    """Return the verdict of each fact in a printed table."""
    named = {fact.name: next(line for line in run.stdout.splitlines() if line.startswith(fact.name)) for fact in FACTS}
    return {name: line.removeprefix(name).strip().partition("  ")[0] for name, line in named.items()}


def test_selftest_holds_asks_and_keeps(tmp_path: Path) -> None:
    run, double = selftest_of(tmp_path)
    assert run.status == 0, run.stderr
    assert set(lines_of(run).values()) == {"held", "not seen"}
    assert list(lines_of(run).values()).count("held") == 20
    assert len(double.log) == MAX_REQUESTS
    assert [entry.kind for entry in double.log] == ["cdx"] * 9 + ["playback"] * 6
    assert {entry.user_agent.partition("/")[0] for entry in double.log} == {"wayback-policies"}
    assert double.connections.busiest == 1
    kept = tmp_path / "selftest" / "exchanges.warc.gz"
    assert {path.name for path in (tmp_path / "selftest").iterdir()} == {kept.name}
    assert not (tmp_path / "output").exists()
    with kept.open("rb") as file:
        records = [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")) for record in ArchiveIterator(file)
        ]
    assert [kind for kind, _ in records] == ["warcinfo", *(["response", "request", "metadata"] * MAX_REQUESTS)]
    assert {url for _, url in records[1:]} == {f"{double.url}{entry.path}" for entry in double.log}

    replayed = scrapy("selftest", "--replay", str(kept), output=tmp_path / "output", fresh=True)
    assert replayed.status == 0, replayed.stderr
    assert replayed.stdout.strip() == run.stdout.partition("\nexchanges: ")[0].strip()
    assert len(double.log) == MAX_REQUESTS

    before = kept.read_bytes()
    again = selftest(double.url, tmp_path / "selftest")
    assert again.status == 2
    assert "there is one already; name another folder with --folder" in again.stderr
    assert kept.read_bytes() == before


def test_selftest_that_differs_is_status_3(tmp_path: Path) -> None:
    run, _ = selftest_of(tmp_path, ignores=("collapse",))
    assert run.status == 3, run.stderr
    differing = [name for name, verdict in lines_of(run).items() if verdict == "differs"]
    assert differing == ["collapse=timestamp:6", "collapse=timestamp:8"]
    assert "2 differ" in run.stdout
    assert "home pages cost more listings" in run.stdout


@pytest.mark.parametrize("fault", ["429", "429 page"])
def test_selftest_refused_at_first_asks_no_more(tmp_path: Path, fault: str) -> None:
    run, double = selftest_of(tmp_path, cdx_first=(fault,), retry_after=0)
    assert run.status == 1
    assert len(double.log) == 1
    assert run.stderr.strip().splitlines()[-1] == f"scrapy selftest: {double.url} can't be asked: listing: HTTP 429"
    replayed = scrapy("selftest", "--replay", str(tmp_path / "selftest" / "exchanges.warc.gz"), output=tmp_path)
    assert replayed.status == 1
    assert "listing: HTTP 429" in replayed.stderr


def test_selftest_refused_later_judges_what_it_has(tmp_path: Path) -> None:
    run, double = selftest_of(tmp_path, cdx_limit=3)
    assert run.status == 0, run.stderr
    assert len(double.log) == 4
    assert "no more questions after filter by status: HTTP 429" in run.stderr
    verdicts = lines_of(run)
    assert (verdicts["collapse=timestamp:8"], verdicts["filter=statuscode"]) == ("held", "not seen")
    assert (verdicts["429: everything"], verdicts["Memento-Datetime"]) == ("held", "not seen")


def test_selftest_of_what_is_no_archive(tmp_path: Path) -> None:
    """A file server answers each question, with a page of its own that says 404."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        run = scrapy("selftest", "-a", f"archive={address}", "--folder", str(tmp_path / "selftest"), output=tmp_path)
        server.shutdown()
    assert run.status == 1
    assert f"{address} can't be asked: no answer is a listing or a memento" in run.stderr


@pytest.mark.parametrize(("fault", "requests"), [("504", 3), ("reset", 1)])
def test_selftest_asks_each_question_once(tmp_path: Path, fault: str, requests: int) -> None:
    """A crawl asks up to six times. After three questions without an answer, or none ever, a self-test ends."""
    run, double = selftest_of(tmp_path, cdx_first=(fault,) * 6)
    assert (run.status, len(double.log)) == (1, requests)
    assert "can't be asked" in run.stderr


def test_selftest_is_not_asked_twice_by_a_connection_that_ends(tmp_path: Path) -> None:
    """Twisted sends a request again, unasked, if a connection that it kept alive ends."""
    run, double = selftest_of(tmp_path, faults_at=(("limit=-5|/web/2000", "reset"),))
    assert run.status == 0, run.stderr
    paths = [entry.path for entry in double.log]
    assert len(paths) == len(set(paths)) <= MAX_REQUESTS


def test_selftest_of_nobody(tmp_path: Path) -> None:
    run = selftest(f"http://127.0.0.1:{free_port()}", tmp_path / "selftest")
    assert run.status == 1
    assert "connection refused; is the archive running?" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "selftest").exists()  # without an answer there is nothing to attach


def test_selftest_keeps_no_secret(tmp_path: Path) -> None:
    with (
        ArchiveDouble(holdings(), Behaviour(excluded=EXCLUDED)) as double,
        forward_proxy(proxy_login="ann:pr0xysecret", archive_login="bob:archivesecret") as (proxy, statuses),
    ):
        archive = double.url.replace("http://127.0.0.1", "http://bob:archivesecret@127.0.0.1")
        settings = {"PROXY": f"http://ann:pr0xysecret@{proxy}"}
        options = [part for name, value in {**UNPACED, **settings}.items() for part in ("-s", f"{name}={value}")]
        run = run_command(
            "selftest", "-a", f"archive={archive}", "-a", f"url={PAGE}", "--folder", str(tmp_path / "selftest"), *options,
            env={"no_proxy": "", "NO_PROXY": ""},
        )  # fmt: skip
        assert run.status == 0, run.stderr
        assert len(double.log) == len(statuses) == MAX_REQUESTS
    kept = gzip.decompress((tmp_path / "selftest" / "exchanges.warc.gz").read_bytes())
    for secret in (b"pr0xysecret", b"archivesecret", b"ann:", b"bob:", b"uthorization"):
        assert secret not in kept
    assert not {word for word in ("pr0xysecret", "archivesecret") if word in run.stdout + run.stderr}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-a", "archive=sample"], "name a server: wayback, http://host:port or pywb+http://host:port/collection"),
        (["-a", "archive=."], "an exchanges.warc.gz is judged by --replay FILE"),
        (["-a", "archive=ftp://x.example"], "can't be asked by ftp://"),
        (["-a", "archive=ann:s3cret@x.example"], "name a server"),
        (["-a", "archive=gopher://ann:s3cret@x.example"], "can't be asked by gopher://"),
        (["-a", "archive=wayback", "-a", "archive=sample"], "a name is given twice"),
        (["-a", "ulr=http://x.example/"], "did you mean url?"),
        (["-a", "since=2010"], "known: archive, url"),
        (["-a", "url="], "no value"),
        (["-a", "url"], "write -a NAME=VALUE"),
        (["-a", "url=nonsense"], "not a web address"),
        (["-a", "url=http://ann:s3cret@x.example/"], "leave out user name and password"),
        (["something"], "takes no argument"),
        (["--replay", "x", "--folder", "y"], "--replay takes neither -a nor --folder"),
        (["--replay", "/nowhere/exchanges.warc.gz"], "/nowhere/exchanges.warc.gz: No such file or directory"),
        (["--replay", "README.md"], "README.md: no WARC record at byte 0"),
        (["--replay", "crawler/archives/sample/sample.warc.gz"], "no exchanges of a self-test in it"),
        (["--replay", "crawler"], "crawler: Is a directory"),
    ],
)
def test_selftest_bad_arguments_are_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    run = scrapy("selftest", *arguments, output=tmp_path / "output")
    assert run.status == 2, run.stderr
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert "s3cret" not in run.stderr
