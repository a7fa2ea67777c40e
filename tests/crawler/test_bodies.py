"""Bodies by what their bytes are: codings undone, one that has no end told from a whole one, text left alone."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from scrapy.http import Request, Response

from crawler.bodies import CUT, NO_END, BodiesMiddleware, inflated

TEXT = b"".join(b"<p>paragraph %d</p>" % number for number in range(3000))
MOST = 1 << 20


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same in every process, as it stands in names of tests


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


CODED = {"gzip": packed(TEXT), "deflate": zlib.compress(TEXT), "br": brotli.compress(TEXT)}
CODINGS = [*CODED.items(), ("deflate", raw_deflate(TEXT)), ("", CODED["gzip"]), ("br", CODED["gzip"])]


@pytest.mark.parametrize(("named", "body"), CODINGS)
@pytest.mark.parametrize("behind", [b"", b"\0", b"\0" * 600, b"\n", b"\r\n"])
def test_inflated_whole_bodies(named: str, body: bytes, behind: bytes) -> None:
    found = inflated(body + behind, [named], MOST)
    assert (found.body, found.is_whole) == (TEXT, True)


@pytest.mark.parametrize(("named", "body"), CODINGS)
@pytest.mark.parametrize("left", [0.3, 0.9, 1.0])
def test_inflated_bodies_without_their_end(named: str, body: bytes, left: float) -> None:
    found = inflated(body[: min(int(len(body) * left), len(body) - 1)], [named], MOST)
    assert not found.is_whole
    assert TEXT.startswith(found.body)


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"x", b"bcd", b"{}", b"<html>", b"\x1f\x8bxx", b"%PDF-1.4 \xff\0\1\2" * 99, TEXT]
)
@pytest.mark.parametrize("named", ["", "gzip", "deflate", "br", "identity"])
def test_inflated_leaves_what_is_not_coded(named: str, body: bytes) -> None:
    found = inflated(body, [named], MOST)
    assert found.body is body
    assert found.is_whole


def test_a_flipped_bit_in_deflate_is_no_end() -> None:
    body = CODED["deflate"]
    half = len(body) // 2
    assert not inflated(body[:half] + bytes([body[half] ^ 8]) + body[half + 1 :], ["deflate"], MOST).is_whole


def test_a_cut_body_has_a_flag() -> None:
    def received(body: bytes) -> Response:
        answer = Response("http://a.example", body=body, headers={"Content-Encoding": "gzip"})
        return BodiesMiddleware(MOST).process_response(Request("http://a.example"), answer)

    assert received(CODED["gzip"][:-9]).flags == [f"{CUT}{NO_END}"]
    assert received(CODED["gzip"]).flags == []
