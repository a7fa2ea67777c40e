"""The double as a service: faults, limits, blocks, connections, its log; and other people's clients reading it."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.sample.build import SAMPLE, render
from tests.sample.captures import CAPTURES
from tests.support.archive_double import (
    ArchiveDouble,
    Behaviour,
    Held,
    WarcHoldings,
    generated,
    main,
    memento,
    switches,
)
from tests.support.commands import ROOT
from tests.support.double.client import TIMEOUT, Reply, fetch, play, search
from tests.support.double.faults import FAULTS, fault_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sample.captures import Spec

URL = "http://www.example.com/privacy"
STAMP = "20150509120000"
BODY = "<p>" + "What we know and why. " * 50 + "</p>"


def _holdings() -> Held:
    return Held([memento(URL, STAMP, BODY)])


def _play(behaviour: Behaviour) -> Reply:
    with ArchiveDouble(_holdings(), behaviour) as double:
        return play(double.url, STAMP, URL)


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("429", 429, b"429 Too Many Requests"),
        ("500", 500, b"Internal Server Error"),
        ("503", 503, b"No server is available"),
        ("504", 504, b"Gateway Time-out"),
        ("521", 521, b"Web server is down"),
        ("offline", 200, b"Internet Archive: Temporarily Offline"),
        ("429 page", 200, b"429 Too Many Requests"),
    ],
)
def test_fault_error_page_is_no_memento(fault: str, status: int, text: bytes) -> None:
    reply = _play(Behaviour(playback_first=(fault,)))
    assert reply.status == status
    assert text in reply.body
    assert reply.header("Memento-Datetime") is None
    assert reply.header("Retry-After") is None


ANSWERS = {
    "507": (507, b"Insufficient Storage"),
    "403": (403, b"Forbidden"),
    "403 limit": (403, b"Rate limit exceeded"),
    "403 robots": (403, b"robots.txt"),
    "404": (404, b"Nothing here"),
    "sorry": (200, b"Sorry"),
    "no rows": (200, b"[]"),
}
"""Answers that the real archive is not known to give: a self-test must tell them from those that it gives."""
CHANGES = {"swapped fields", "no Memento-Datetime", "no Link", "rewritten", "unknown coding", "led out"}


def test_faults_at_some_paths_alone() -> None:
    for fault, (status, text) in ANSWERS.items():
        reply = _play(Behaviour(faults_at=((f"/web/{STAMP}id_/http://www", fault),)))
        assert (reply.status, text in reply.body, reply.header("Memento-Datetime")) == (status, True, None)
    assert _play(Behaviour(faults_at=(("/cdx/", "404"),))).status == 200


def test_faults_that_change_an_answer() -> None:
    def played(fault: str) -> Reply:
        return _play(Behaviour(faults_at=((".", fault),)))

    assert played("no Memento-Datetime").header("Memento-Datetime") is None
    assert played("no Link").header("Link") is None
    assert b"WAYBACK TOOLBAR" in played("rewritten").body
    assert played("unknown coding").header("Content-Encoding") == "zz"
    assert played("led out").header("Location") == "http://elsewhere.example/"
    with ArchiveDouble(_holdings(), Behaviour(faults_at=((".", "swapped fields"),))) as double:
        rows = json.loads(fetch(f"{double.url}/cdx/search/cdx?url=example.com/privacy&output=json").body)
    assert [row[:2] for row in rows] == [["timestamp", "urlkey"], [STAMP, "com,example)/privacy"]]


def test_faults_are_all_tested() -> None:
    pages = {"429", "500", "503", "504", "521", "offline", "429 page"}
    others = {"reset", "cut", "stall", "short", "empty", "cut gzip", "cut rows", "proxy", "torn", "long header"}
    assert set(FAULTS) == pages | others | set(ANSWERS) | CHANGES
    assert _play(Behaviour(playback_first=("proxy",))).header("Proxy-Authenticate") == "Basic"


def test_fault_cut_gzip_is_whole_to_http() -> None:
    reply = _play(Behaviour(playback_first=("cut gzip",), missing_length=True, short_by=9))
    assert reply.header("x-archive-orig-content-length") is None
    with pytest.raises(EOFError):
        gzip.decompress(reply.body)


def test_fault_cut_rows_are_no_json() -> None:
    with ArchiveDouble(_holdings(), Behaviour(cdx_first=("cut rows",))) as double:
        body = fetch(f"{double.url}/cdx/search/cdx?url=example.com&matchType=domain&output=json").body
    assert body.startswith(b"[[")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(body)


def test_fault_reset() -> None:
    with ArchiveDouble(_holdings(), Behaviour(playback_first=("reset",))) as double:
        with pytest.raises(ConnectionResetError):
            play(double.url, STAMP, URL)
        assert [(entry.status, entry.fault) for entry in double.log] == [(0, "reset")]


def test_double_own_error_fails_the_test() -> None:
    double = ArchiveDouble(_holdings(), Behaviour(encoding="no such encoding"))
    with pytest.raises(ExceptionGroup, match="the double failed"), double:  # noqa: PT012 - both are the point
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            play(double.url, STAMP, URL)
        assert double.url


def test_fault_cut_chunked_body() -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        _play(Behaviour(playback_first=("cut",)))
    assert 0 < len(caught.value.partial) < len(BODY)


def test_fault_short_body() -> None:
    reply = _play(Behaviour(playback_first=("short",), short_by=7))
    assert len(reply.body) == int(reply.header("x-archive-orig-content-length") or 0) - 7
    assert _play(Behaviour(playback_first=("empty",))).body == b""


def test_fault_stall() -> None:
    with ArchiveDouble(_holdings(), Behaviour(playback_first=("stall",))) as double, _half_an_answer(double) as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


@contextlib.contextmanager
def _half_an_answer(double: ArchiveDouble) -> Iterator[socket.socket]:
    """Ask for a stalled memento, and read what comes of it."""
    parts = urlsplit(double.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT) as client:
        client.sendall(f"GET /web/{STAMP}id_/{URL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b""
        while not received.endswith(BODY[: len(BODY) // 2].encode() + b"\r\n"):
            received += client.recv(4096)
        yield client


def test_first_faults_are_counted_per_path() -> None:
    with ArchiveDouble(_holdings(), Behaviour(playback_first=("503", "", "429"), retry_after=5)) as double:
        statuses = [play(double.url, STAMP, URL).status for _ in range(4)]
        other = play(double.url, STAMP, "http://example.com/privacy/")
        assert fetch(f"{double.url}/cdx/search/cdx?url=example.com/privacy").status == 200
        faults = [entry.fault for entry in double.requests("playback")]
    assert statuses == [503, 200, 429, 200]
    assert other.status == 503
    assert faults == ["503", "", "429", "", "503"]


def test_random_faults_follow_shares_not_order() -> None:
    behaviour = Behaviour(random_faults=(("429", 0.1), ("reset", 0.03)), seed=7)
    drawn = [fault_for(behaviour, "playback", f"/web/{number}", 0) for number in range(5000)]
    assert 0.08 < drawn.count("429") / 5000 < 0.12
    assert 0.02 < drawn.count("reset") / 5000 < 0.04
    assert drawn[::-1] == [fault_for(behaviour, "playback", f"/web/{n}", 0) for n in reversed(range(5000))]
    assert {fault_for(behaviour, "cdx", "/cdx", attempt) for attempt in range(200)} == {"", "429", "reset"}


def test_limit_answers_429_with_retry_after() -> None:
    with ArchiveDouble(_holdings(), Behaviour(playback_limit=3, retry_after=17)) as double:
        replies = [play(double.url, STAMP, URL) for _ in range(5)]
        assert fetch(f"{double.url}/cdx/search/cdx?url=example.com").status == 200  # a budget of its own
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].header("Retry-After") == "17"


def test_block_refuses_connections_for_a_while() -> None:
    behaviour = Behaviour(cdx_limit=1, block_after=2, block_seconds=4)
    with ArchiveDouble(_holdings(), behaviour) as double:
        address = f"{double.url}/cdx/search/cdx?url=example.com"
        assert [fetch(address).status for _ in range(3)] == [200, 429, 429]
        with pytest.raises(ConnectionRefusedError):
            fetch(address)
        reply = next(_when_let_in(address))
        assert reply.status == 200


def _when_let_in(address: str) -> Iterator[Reply]:
    for _ in range(2400):
        try:
            yield fetch(address)
        except ConnectionRefusedError:
            time.sleep(0.05)


def test_needs_user_agent() -> None:
    with ArchiveDouble(_holdings(), Behaviour(needs_user_agent=True)) as double:
        address = f"{double.url}/cdx/search/cdx?url=example.com"
        assert fetch(address).status == 400
        assert fetch(address, User_Agent="tests").status == 200


def test_log_and_connection_counts() -> None:
    stalling = Behaviour(playback_first=("stall",) * 3)
    with ArchiveDouble(_holdings(), stalling) as double:
        with _half_an_answer(double), _half_an_answer(double), _half_an_answer(double):
            assert (double.connections.open, double.connections.busy) == (3, 3)
        assert fetch(f"{double.url}/robots.txt").status == 404
        assert [entry.kind for entry in double.log] == ["playback"] * 3 + ["other"]
        assert double.log[-1].path == "/robots.txt"
        assert all(entry.at > 0 for entry in double.log)
        assert double.connections.total == 4
        assert 3 <= double.connections.busiest <= double.connections.peak <= 4


def test_latency() -> None:
    with ArchiveDouble(_holdings(), Behaviour(latency=0.3)) as double:
        started = time.monotonic()
        assert play(double.url, STAMP, URL).status == 200
        assert time.monotonic() - started >= 0.3


def test_connection_keep_alive() -> None:
    with ArchiveDouble(_holdings()) as double:
        parts = urlsplit(double.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        for _ in range(3):
            connection.request("GET", f"/web/{STAMP}id_/{URL}")
            assert connection.getresponse().read() == BODY.encode()
        connection.close()
        assert double.connections.total == 1


def test_behaviour_and_holdings_exchanged_while_running() -> None:
    with ArchiveDouble(_holdings(), Behaviour(refused=frozenset({"exact"}))) as double:
        address = f"{double.url}/cdx/search/cdx?url=late.example"
        assert fetch(address).status == 403
        double.behaviour, double.holdings = Behaviour(), Held([memento("http://late.example/", STAMP, "late")])
        assert len(search(double.url, url="late.example")) == 1


def test_generated_listing_and_playback_agree() -> None:
    with ArchiveDouble(generated(1_000_000)) as double:
        rows = search(double.url, url="bench.example", matchType="domain", limit=3)
        assert [row[1] for row in rows] == ["20000101000000", "20000101060000", "20000101120000"]
        same, changed = (play(double.url, stamp, rows[0][2]).body for stamp in ("20000101060000", "20000113120000"))
    assert b"Edition 0 of our privacy policy" in same
    assert b"Edition 1 of our privacy policy" in changed


def test_switches_by_name() -> None:
    read = switches(["latency=0.5", "playback_first=('429', 'reset')", "key_format=old", "refused={'domain'}"])
    assert read == Behaviour(
        latency=0.5, playback_first=("429", "reset"), key_format="old", refused=frozenset({"domain"})
    )
    with pytest.raises(ValueError, match="no switch 'colour'"):
        switches(["colour=red"])
    with pytest.raises(SystemExit):
        main(["--warc", str(SAMPLE), "--switch", "colour=red"])


def test_main_prints_address_and_serves() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.support.archive_double",
        "--warc",
        str(SAMPLE),
        "--switch",
        "key_format=old",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=SAMPLE.parents[3]) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
            assert len(search(address, url="northlane.example", matchType="domain")) == 19
        finally:
            process.terminate()


def read_by(python: Path, client: str, double: ArchiveDouble) -> dict[str, Any]:
    """Return what a client that others wrote finds in a double."""
    command: list[str | Path] = [python, ROOT / "tests" / "support" / "readers.py", client, double.url]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def captured(domain: str) -> list[Spec]:
    return [spec for spec in CAPTURES if domain in spec.url]


def test_edgi_wayback_reads_double(pywb_bin: Path) -> None:
    behaviour = Behaviour(
        repeat_every=3, needs_user_agent=True, location="path", excluded=frozenset({"larkfield.example"})
    )
    with ArchiveDouble(WarcHoldings(SAMPLE), behaviour) as double:
        found = read_by(pywb_bin / "python", "edgi", double)
    assert [(stamp, url) for stamp, url, _ in found["records"]] == sorted(
        (spec.timestamp, spec.url) for spec in captured("quillbox")
    )
    target = next(spec for spec in CAPTURES if spec.timestamp == "20160709221846")
    path = f"/web/20160709221846id_/{target.url}"
    assert found["followed"] == [path, [301], _sha1(render(target))]
    assert found["archived"] == [404, "https://pepperrack.example/privacy"]
    assert (found["is missing"], found["is blocked"]) == (True, True)


def test_cdx_toolkit_reads_double(pywb_bin: Path) -> None:
    with ArchiveDouble(WarcHoldings(SAMPLE)) as double:
        found = read_by(pywb_bin / "python", "cdx_toolkit", double)
    specs = sorted(captured("larkfield"), key=lambda spec: spec.timestamp)
    assert sorted((stamp, url) for stamp, url, _ in found["rows"]) == sorted((s.timestamp, s.url) for s in specs)
    pages = {_sha1(render(spec)) for spec in specs if spec.status == 200 and not spec.revisit_of}
    assert set(found["contents"]) == pages
    assert found["pages"] == 1


def test_urllib_follows_nearest_capture() -> None:
    with ArchiveDouble(_holdings()) as double, urllib.request.urlopen(f"{double.url}/web/2014id_/{URL}") as reply:
        assert reply.url.endswith(f"/web/{STAMP}id_/{URL}")
        assert reply.read() == BODY.encode()
