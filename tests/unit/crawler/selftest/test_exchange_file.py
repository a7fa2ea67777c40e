"""The WARC file of a self-test: read back as written, never overwritten, bounded and named where somebody broke it."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.selftest.evidence import MAX_BODY, Evidence, Exchange
from crawler.selftest.exchange_file import ExchangeFile, read_exchanges
from crawler.selftest.outcome import Outcome
from crawler.selftest.selftest_questions import MAX_REQUESTS
from pipelines.errors import UsageError
from tests.support.selftest import asked

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://archive.example/web/20100101000000id_/http://page.example/"


def written(path: Path, *exchanges: tuple[Request, Exchange]) -> Path:
    with ExchangeFile(path, archive="http://archive.example", page="http://page.example/") as file:
        for request, exchange in exchanges:
            file.note(exchange, file.add(request, exchange.received) if exchange.received else "")
    return path


def exchange(question: str = "a question", **response: object) -> tuple[Request, Exchange]:
    return Request(URL), Exchange(question, URL, Response(URL, **response))  # type: ignore[arg-type]


def test_exchanges_are_read_as_written(tmp_path: Path) -> None:
    whole = asked()
    pairs = [(Request(each.url), each) for each in whole.exchanges.values()]
    recorded = read_exchanges(written(tmp_path / "a" / "x.warc.gz", *pairs))
    assert (recorded.archive, recorded.page, recorded.damage) == ("http://archive.example", "http://page.example/", "")
    again = Evidence(whole.archive, whole.page)
    for each in recorded.exchanges:
        again.add(each)
    assert str(Outcome.of(again)) == str(Outcome.of(whole))


def test_bytes_and_headers_are_kept_as_received(tmp_path: Path) -> None:
    body = gzip.compress(b"a page") + b"\xff\r\n\r\n"
    headers = {"Content-Encoding": ["", "gzip"], "Link": b"<http://x.example/\xe9>", "X-Odd": b"\xff\xfe: a"}
    path = written(tmp_path / "x.warc.gz", exchange(status=599, headers=headers, body=body))
    (read,) = read_exchanges(path).exchanges
    assert read.received is not None
    assert (read.received.status, read.received.body, read.url) == (599, body, URL)
    assert read.received.headers.getlist("Content-Encoding") == [b"", b"gzip"]
    assert read.received.headers["Link"] == b"<http://x.example/\xe9>"
    assert read.received.headers["X-Odd"] == b"\xff\xfe: a"


def test_what_tells_who_asked_is_left_out(tmp_path: Path) -> None:
    request = Request(
        URL, headers={"User-Agent": "me", "Cookie": "c00kie", "Authorization": "Basic s3cret", "X-A": "own"}
    )
    headers = {"Set-Cookie": "c00kie", "X-NID": "NETWORK-AS21928", "X-AS": "21928", "X-ts": "200"}
    path = written(tmp_path / "x.warc.gz", (request, Exchange("q", URL, Response(URL, headers=headers))))
    kept = gzip.decompress(path.read_bytes())
    assert b"User-Agent: me" in kept
    assert b"X-Ts: 200" in kept
    for secret in (b"c00kie", b"s3cret", b"21928", b"X-A: own"):
        assert secret not in kept


def test_failures_are_kept(tmp_path: Path) -> None:
    failed = Exchange("q", URL, failure="timed\nout: \u00e9", stored="ABC")
    (read,) = read_exchanges(written(tmp_path / "x.warc.gz", (Request(URL), failed))).exchanges
    assert (read.question, read.failure, read.stored, read.received) == ("q", "timed out: \u00e9", "ABC", None)


def test_file_is_never_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", exchange())
    before = path.read_bytes()
    with pytest.raises(UsageError, match="there is one already"):
        written(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["file/x.warc.gz", "folder"])
def test_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=f"{name}: .*--folder"):
        written(tmp_path / name)


def test_torn_file_is_named_and_what_is_good_is_used(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", exchange("one"), exchange("two"))
    path.write_bytes(path.read_bytes()[:-40])
    recorded = read_exchanges(path)
    assert [each.question for each in recorded.exchanges] == ["one"]
    assert recorded.damage.startswith("cut at byte ")


def test_file_of_nothing_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\x1f\x8b", b"WARC/1.1\r\n", gzip.compress(b"WARC/1.1\r\n")):
        (tmp_path / "x.warc.gz").write_bytes(content)
        with pytest.raises(UsageError, match=r"x\.warc\.gz: "):
            read_exchanges(tmp_path / "x.warc.gz")


def test_more_exchanges_than_a_selftest_has_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", *(exchange(f"q{number}") for number in range(MAX_REQUESTS + 5)))
    assert len(read_exchanges(path).exchanges) == MAX_REQUESTS


def test_addresses_that_are_none_are_left_out(tmp_path: Path) -> None:
    strangers = [(Request(URL), Exchange("q", url, failure="x")) for url in ("http://[", "data:x", "")]
    path = written(tmp_path / "x.warc.gz", *strangers, (Request(URL), Exchange("good", URL, failure="x")))
    assert [each.question for each in read_exchanges(path).exchanges] == ["good"]


def test_bodies_are_bounded(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", exchange(body=bytes(MAX_BODY + 5000)))
    (read,) = read_exchanges(path).exchanges
    assert read.received is not None
    assert len(read.received.body) == MAX_BODY + 1


def test_answer_of_another_record_is_missing(tmp_path: Path) -> None:
    request, whole = exchange()
    path = tmp_path / "x.warc.gz"
    with ExchangeFile(path, archive="http://archive.example", page="") as file:
        assert whole.received is not None
        file.add(request, whole.received)
        file.note(Exchange("q", URL), "<urn:uuid:another>")
    (read,) = read_exchanges(path).exchanges
    assert (read.received, read.failure) == (None, "its answer is not in the file")


def test_place_in_a_file_is_no_older_file(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("")
    with pytest.raises(UsageError, match="README is no folder; name another one with --folder"):
        written(tmp_path / "README" / "exchanges.warc.gz")


def test_file_without_an_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with ExchangeFile(tmp_path / "there" / "a" / "b" / "x.warc.gz", archive="http://a.example", page="") as file:
        file.note(Exchange("q", URL, failure="connection refused"))
    assert file.answers == 0
    file.discard()
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_folder_of_a_file_can_be_named(tmp_path: Path) -> None:
    written(tmp_path / "exchanges.warc.gz", exchange())
    assert len(read_exchanges(tmp_path).exchanges) == 1


@pytest.mark.parametrize(
    ("name", "said"), [("nosuch", "No such file or directory"), (".", "Is a directory"), ("pipe", "it is no file")]
)
def test_file_to_replay_is_asked_for(tmp_path: Path, name: str, said: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(
        UsageError, match=f"{said}; name the exchanges.warc.gz that a self-test has written, or its folder"
    ):
        read_exchanges(tmp_path / name)
