"""Records as real tools and broken ones write them: URLs, dates, headers and codings, through index and playback."""

from __future__ import annotations

import gzip
import io
import logging
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest

from crawler.archives.warc_headers import MAX_HEADERS, BadHeaders, is_arc_line, read_record
from crawler.archives.warc_records import IMPOSSIBLE_DATE, IN_SEGMENTS, read_captures, read_payload
from pipelines.untrusted import NOT_WEB
from tests.support.warc_formats import Record, gz, http
from tests.support.warc_playback import played

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"<p>What we know of you, and why: " + b"name, address, telephone. " * 20
HTML = "Content-Type: text/html"


def coded(coding: str, body: bytes, *more: str) -> Record:
    return Record(http(body, headers=[HTML, f"Content-Encoding: {coding}", *more]))


READ = {
    "HTTP:// in capitals": Record(http(BODY), url="HTTP://ACME.example/privacy"),
    "Http:// and https": Record(http(BODY), url="Https://acme.example/privacy"),
    "URL in brackets": Record(http(BODY), url="<http://acme.example/privacy>"),
    "URL with a space": Record(http(BODY), url="http://acme.example/privacy policy"),
    "URL in UTF-8": Record(http(BODY), url="http://acme.example/erklärung"),
    "URL in Latin-1": Record(http(BODY), url="http://acme.example/erkl\udce4rung"),
    "URL with a fragment": Record(http(BODY), url="http://acme.example/privacy#use"),
    "a port": Record(http(BODY), url="http://acme.example:80/privacy"),
    "brotli": coded("br", brotli.compress(BODY)),
    "deflate": coded("deflate", zlib.compress(BODY)),
    "gzip of two members": coded("gzip", gzip.compress(BODY[:99]) + gzip.compress(BODY[99:])),
    "gzip, in capitals": coded("GZIP", gzip.compress(BODY)),
    "gzip that was undone": coded("gzip", BODY),
    "gzip without a header": Record(http(gzip.compress(BODY))),
    "gzip in chunks": Record(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(gzip.compress(BODY, mtime=0)), gzip.compress(BODY, mtime=0))),
    "HTTP/2": Record(http(BODY).replace(b"HTTP/1.1 200 OK", b"HTTP/2 200")),
    "a status line without a reason": Record(http(BODY).replace(b"HTTP/1.1 200 OK", b"HTTP/1.0 200")),
    "a status line in lower case": Record(http(BODY).replace(b"HTTP/1.1", b"http/1.1")),
    "no HTTP headers": Record(BODY, fields={"Content-Type": "text/html"}),
    "HTTP line ends": Record(http(BODY).replace(b"\r\n", b"\n", 4)),
    "a folded header": Record(http(BODY, headers=[HTML, "X-A: 1\r\n\t2"])),
    "a header without a colon": Record(http(BODY, headers=[HTML, "nonsense"])),
    "no header": Record(b"HTTP/1.1 200 OK\r\n\r\n" + BODY),
    "bytes in headers": Record(http(BODY, headers=[HTML, "X-A: gr\udcf6sse", "Set-Cookie: größe=1"])),
    "types in capitals": Record(http(BODY), kind="RESPONSE"),
    "header names in lower case": Record(http(BODY), fields={"WARC-Date": None, "warc-date": "2015-01-01T00:00:00Z"}),
    "header names in capitals": Record(http(BODY), fields={"Content-Length": None, "CONTENT-LENGTH": f" {len(http(BODY))} "}),
    "a folded WARC header": Record(http(BODY), fields={"WARC-IP-Address": "192.0.2.1\r\n (of\r\n\tacme.example)"}),
    "fields that stand twice": Record(http(BODY), fields={"WARC-Date": "2015-01-01T00:00:00Z\r\nWARC-Date: 2016-01-01T00:00:00Z"}),
    "a date with a zone": Record(http(BODY), "2015-01-01T02:00:00+02:00"),
    "a date with a fraction": Record(http(BODY), "2015-01-01T00:00:00.000001Z"),
    "a year": Record(http(BODY), "2015"),
    "an ordinal date": Record(http(BODY), "2015-001T00:00:00Z"),
    "a date of HTTP": Record(http(BODY), "Thursday, 01-Jan-15 00:00:00 GMT"),
    "a resource": Record(BODY, kind="resource", fields={"Content-Type": "text/html"}),
    "a resource without a type": Record(BODY, kind="resource", fields={"Content-Type": None}),
}  # fmt: skip


@pytest.mark.parametrize("record", READ.values(), ids=READ)
def test_record_is_read(tmp_path: Path, record: Record) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gz(record))
    found, damages = played(tmp_path / "x.warc.gz", tmp_path / "index")
    assert (found, damages) == ({"20150101000000": BODY}, [])


NO_CAPTURES = {
    "request": Record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
    "metadata": Record(b"a: b\r\n", kind="metadata"),
    "conversion": Record(BODY, kind="conversion", fields={"Content-Type": "text/plain"}),
    "continuation": Record(BODY, kind="continuation", fields={"WARC-Segment-Number": "2"}),
    "a DNS answer": Record(b"20150101 192.0.2.1", url="dns:acme.example", fields={"Content-Type": "text/dns"}),
    "a resource of a tool": Record(BODY, kind="resource", url="urn:pageinfo:http://acme.example/"),
}


@pytest.mark.parametrize("record", NO_CAPTURES.values(), ids=NO_CAPTURES)
def test_record_is_no_capture(tmp_path: Path, record: Record, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gz(record))
    assert played(tmp_path / "x.warc.gz", tmp_path / "index") == ({}, [])
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_captures_that_cant_be_used_are_counted(tmp_path: Path) -> None:
    records = [
        Record(http(BODY), "2016-13-45T00:00:00Z"),
        Record(http(BODY), "yesterday"),
        Record(http(BODY), "01/02/2015"),
        Record(http(BODY), "Friday, 01-Jan-15 00:00:00 GMT"),
        Record(http(BODY), "2015-05-00T12:20:30Z"),
        Record(http(BODY), fields={"WARC-Date": None}),
        Record(http(BODY), url="http://[evil/"),
        Record(http(BODY), url="acme.example/privacy"),
        Record(http(BODY), url=None),
        Record(http(BODY)),
    ]
    (tmp_path / "x.warc.gz").write_bytes(gz(*records))
    causes: list[str] = []
    assert len(list(read_captures(tmp_path / "x.warc.gz", on_unusable=causes.append))) == 1
    assert causes == [IMPOSSIBLE_DATE] * 6 + ["URL without a usable host", NOT_WEB, NOT_WEB]


def test_first_segment_is_no_whole_payload(tmp_path: Path) -> None:
    record = Record(http(BODY), fields={"WARC-Segment-Number": "1"})
    (tmp_path / "x.warc.gz").write_bytes(gz(record))
    payload = read_payload(tmp_path / "x.warc.gz", 0)
    assert payload is not None
    assert payload.cut == IN_SEGMENTS


def test_header_values_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gz(READ["bytes in headers"]))
    payload = read_payload(tmp_path / "x.warc.gz", 0)
    assert payload is not None
    values = {name: value.encode("utf-8", "surrogateescape") for name, value in payload.headers}
    assert (values["X-A"], values["Set-Cookie"]) == (b"gr\xf6sse", "größe=1".encode())


@pytest.mark.parametrize(
    "head",
    [
        b"WARC-Type: response\r\n\r\n",
        b"WARC-Type: response\r\nContent-Length: -1\r\n\r\n",
        b"WARC-Type: response\r\nContent-Length: 1_0\r\n\r\n",
        b"WARC-Type: response\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"Content-Length: 1\r\n\r\n",
        b"A: " + b"b" * MAX_HEADERS,
        b"A: b\r\n" * MAX_HEADERS,
        b"A: b\r\n" + b" c\r\n" * MAX_HEADERS,
    ],
)
def test_read_record_bad_headers(head: bytes) -> None:
    with pytest.raises(BadHeaders):
        read_record(io.BytesIO(head), b"WARC/1.0\r\n")


@pytest.mark.parametrize(
    ("line", "is_arc"),
    [
        (b"http://acme.example/ 192.0.2.1 20150101000000 text/html 99\n", True),
        (b"http://acme.example/a b 192.0.2.1 20150101000000 text/html 99\r\n", True),
        (b"http://acme.example/ 2001:db8::1 20150101000000 - 99\n", True),
        (b"http://acme.example/ 192.0.2.1 20150101000000 text/html 200 abc - 0 x.arc 99\n", True),
        (b"filedesc://x.arc 0.0.0.0 20150101000000 text/plain 76\n", True),
        (b"http://acme.example/ 192.0.2.1 20150101000000 text/html 99", False),
        (b"http://acme.example/ 192.0.2.1 20150101000000 text/html many\n", False),
        (b"http://acme.example/ 192.0.2.1 20150101000000 text/html " + b"9" * 99 + b"\n", False),
        (b"no URL 192.0.2.1 20150101000000 text/html 99\n", False),
        (b"<p>http://acme.example/ 192.0.2.1 20150101000000 text/html 99\n", False),
        (b"http:" + b" 1 20150101" * 700 + b" x\n", False),
    ],
)
def test_is_arc_line(line: bytes, *, is_arc: bool) -> None:
    assert is_arc_line(line) is is_arc
