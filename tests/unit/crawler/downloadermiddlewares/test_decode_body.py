"""Bodies by what their bytes are: codings undone, one that has no end told from a whole one, text left alone."""

from __future__ import annotations

import gzip
import random
import sys
import zlib

import brotli
import pytest
from scrapy.http import Request, Response

from crawler.archives.http_body import CUT, NO_END, UNKNOWN_CODING, WHOLE, TooLarge, codings_in, decoded
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"<p>paragraph %d</p>" % number for number in range(3000))
MOST = 1 << 20
NOISE = random.Random(1).randbytes(2000)  # noqa: S311 - the same bytes every time
SKIPPABLE = b"\x5a\x2a\x4d\x18\4\0\0\0meta"


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same in every process, as it stands in names of tests


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


CODED = {"gzip": packed(TEXT), "deflate": zlib.compress(TEXT), "br": brotli.compress(TEXT), "zstd": zstd.compress(TEXT)}
WRONG = [("br", CODED["gzip"]), ("gzip", CODED["br"]), ("gzip", CODED["deflate"]), ("br", CODED["zstd"])]
BLANK = [("", body) for body in CODED.values()]
CODINGS = [*CODED.items(), ("deflate", raw_deflate(TEXT)), *WRONG, *BLANK]


@pytest.mark.parametrize(("named", "body"), CODINGS)
@pytest.mark.parametrize("behind", [b"", b"\0", b"\0" * 600, b"\n", b"\r\n"])
def test_decoded_complete_body(named: str, body: bytes, behind: bytes) -> None:
    found = decoded(body + behind, [named], MOST)
    assert (found.body, found.problem, found.is_coded) == (TEXT, "", True)


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("gzip", packed(TEXT[:900]) + packed(TEXT[900:])),
        ("zstd", zstd.compress(TEXT[:900]) + zstd.compress(TEXT[900:])),
        ("zstd", SKIPPABLE + CODED["zstd"] + SKIPPABLE),
        ("gzip,gzip", packed(packed(TEXT))),
        ("gzip", packed(packed(TEXT))),
        ("gzip,gzip", packed(TEXT)),
        ("br,gzip", packed(CODED["br"])),
        ("gzip,br", packed(CODED["br"])),
        ("gzip", packed(CODED["br"])),
        ("deflate,zstd", zstd.compress(CODED["deflate"])),
        ("zstd,br,gzip", packed(brotli.compress(CODED["zstd"]))),
        ("br,br", CODED["br"]),
        ("utf-8,gzip", CODED["gzip"]),
        ("gzip;q=1", CODED["gzip"]),
        ('"br"', CODED["br"]),
    ],
)
def test_decoded_members_and_layers(named: str, body: bytes) -> None:
    found = decoded(body, codings_in(named), MOST)
    assert (found.body, found.problem) == (TEXT, "")


@pytest.mark.parametrize(("named", "body"), [*CODED.items(), ("deflate", raw_deflate(TEXT)), ("", CODED["gzip"])])
@pytest.mark.parametrize("left", [0.3, 0.9, 1.0])
def test_decoded_body_without_end(named: str, body: bytes, left: float) -> None:
    found = decoded(body[: min(int(len(body) * left), len(body) - 1)], [named], MOST)
    assert found.problem == NO_END
    assert TEXT.startswith(found.body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\n", b"x", b";", b"3", b"\x1f", b"bcd", b"{}", b"{\tx", b"{>a\x810\x8b2; ", b"<html>", b"\x1f\x8bxx"),
        *(b"%PDF-1.4 \xff\0\1\2" * 99, TEXT, b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + NOISE, "<p>größe".encode("utf-16")),
        *("<p>größe".encode("utf-16-le"), "<p>größe".encode("utf-16-be"), b"<p>one stray \0 in it</p>", b"\x1b$B$3$s"),
    ],
)
@pytest.mark.parametrize("named", ["", "gzip", "deflate", "br", "zstd", "identity", "x-unknown", "utf-8"])
def test_decoded_leaves_uncoded_body(named: str, body: bytes) -> None:
    if (named, body) == ("gzip", b"\x1f"):
        return  # the first byte of a gzip body, as its header says
    found = decoded(body, [named], MOST)
    assert found.body is body
    assert found.problem == ""


@pytest.mark.parametrize("named", ["compress", "x-unknown", "aes128gcm", "gzip", "br", "zstd", "x-one, x-two"])
def test_decoded_names_coding_that_cannot_be_undone(named: str) -> None:
    found = decoded(NOISE, codings_in(named), MOST)
    assert (found.body, found.problem) == (NOISE, f"{UNKNOWN_CODING}{named}")
    assert decoded(packed(NOISE), codings_in(f"{named}, gzip"), MOST).problem.startswith(UNKNOWN_CODING)
    assert decoded(NOISE, [], MOST).problem == ""


CHECKED = zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1})


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", CODED["gzip"]), ("deflate", CODED["deflate"]), ("zstd", CHECKED), ("br", CODED["br"][:-3])],
)
def test_decoded_flipped_bit_is_a_problem(coding: str, body: bytes) -> None:
    half = len(body) // 2
    assert decoded(body[:half] + bytes([body[half] ^ 8]) + body[half + 1 :], [coding], MOST).problem


@pytest.mark.parametrize("coding", CODED)
def test_decoded_is_bounded(coding: str) -> None:
    large = {"gzip": packed, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[coding](
        b"0" * 100_000
    )
    assert len(decoded(large, [coding], 100_000).body) == 100_000
    with pytest.raises(TooLarge):
        decoded(large, [coding], 99_999)


def test_decoded_layers_are_bounded() -> None:
    peeled = TEXT
    for _ in range(8):
        peeled = packed(peeled)
    found = decoded(peeled, ["gzip"] * 3_000, MOST)
    for _ in range(4):
        peeled = gzip.decompress(peeled)
    assert found.body == peeled


def received(body: bytes, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Response("http://a.example", body=body, headers=named)
    return DecodeBodyMiddleware(MOST).process_response(Request("http://a.example"), answer)


def test_decode_body_flags() -> None:
    assert received(CODED["gzip"][:-9], Content_Encoding="gzip").flags == [f"{CUT}{NO_END}"]
    assert received(CODED["gzip"], Content_Encoding="gzip").flags == [WHOLE]
    assert received(packed(b""), Content_Encoding="gzip").flags == [WHOLE]
    assert received(TEXT, Content_Encoding="gzip").flags == []
    assert received(NOISE, Content_Encoding="compress").flags == [f"{CUT}{UNKNOWN_CODING}compress"]


def test_decode_body_reads_archived_header_where_its_own_is_blank() -> None:
    body = CODED["br"][: len(CODED["br"]) // 2]
    assert received(body, Content_Encoding="", X_Archive_Orig_Content_Encoding="br").flags == [f"{CUT}{NO_END}"]
    assert received(TEXT, X_Archive_Orig_Content_Encoding="br").body == TEXT
