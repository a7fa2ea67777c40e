"""Bodies of stored HTTP responses: chunks and codings undone, and whether all of the body is there."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest

from crawler.archives.http_body import NO_END, NO_LAST_CHUNK, SHORTER, UNKNOWN_CODING, TooLarge, dechunk, read_body


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same in every process, as it stands in names of tests


TEXT = b"<p>What we know, and why.</p>" * 9
CHUNKS = b"5\r\n<p>We\r\n6;name=value\r\n know.\r\n"


@pytest.mark.parametrize(
    ("raw", "body", "is_whole"),
    [
        (CHUNKS + b"0\r\n\r\n", b"<p>We know.", True),
        (CHUNKS + b"0\r\nExpires: 0\r\n\r\n", b"<p>We know.", True),
        (CHUNKS + b"0", b"<p>We know.", True),
        (CHUNKS.replace(b"\r\n", b"\n") + b"0\n\n", b"<p>We know.", True),
        (b"0\r\n\r\n", b"", True),
        (b"", b"", True),
        (b"<p>stored without its chunks", b"<p>stored without its chunks", True),
        (b"face\nto face", b"to face", False),
        (b"a\nb", b"b", False),
        (b"1\nab is a text", b"1\nab is a text", True),
        (CHUNKS, b"<p>We know.", False),
        (CHUNKS[:-2], b"<p>We know.", False),
        (CHUNKS[:-4], b"<p>We kno", False),
        (CHUNKS + b"5\r\n", b"<p>We know.", False),
        (CHUNKS + b"<p>garbage", b"<p>We know.", False),
    ],
)
def test_dechunk(raw: bytes, body: bytes, is_whole: bool) -> None:  # noqa: FBT001 - a column of the table
    assert dechunk(raw) == (body, is_whole)


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("raw", "headers", "cut"),
    [
        (TEXT, {}, ""),
        (TEXT, {"content-length": str(len(TEXT))}, ""),
        (TEXT, {"content-length": "9"}, ""),
        (TEXT, {"content-length": "-1"}, ""),
        (TEXT, {"content-length": str(len(TEXT) + 1)}, SHORTER),
        (TEXT, {"content-length": f"{len(TEXT) + 1}, {len(TEXT) + 1}"}, SHORTER),
        (TEXT, {"content-length": f"{len(TEXT)}, {len(TEXT) + 1}"}, SHORTER),
        (TEXT, {"content-length": f"+{len(TEXT) + 1}"}, SHORTER),
        (chunked(TEXT), {"transfer-encoding": "Chunked", "content-length": "99999"}, ""),
        (chunked(TEXT)[:-5], {"transfer-encoding": "chunked"}, NO_LAST_CHUNK),
        (packed(TEXT), {"content-encoding": "gzip"}, ""),
        (packed(TEXT)[:-1], {"content-encoding": "GZIP"}, NO_END),
        (chunked(packed(TEXT)), {"content-encoding": "gzip", "transfer-encoding": "chunked"}, ""),
        (chunked(packed(TEXT)[:-1]), {"content-encoding": "gzip", "transfer-encoding": "chunked"}, NO_END),
    ],
)
def test_read_body(raw: bytes, headers: dict[str, str], cut: str) -> None:
    body, found = read_body(raw, headers, 1 << 20)
    assert (body, found) == (TEXT, cut)


def test_read_body_undoes_every_coding() -> None:
    for coding, body in (("br", brotli.compress(TEXT)), ("deflate", zlib.compress(TEXT)), ("gzip", packed(TEXT) * 2)):
        assert read_body(body, {"content-encoding": coding}, 10_000) == (TEXT * (1 + (coding == "gzip")), "")
    noise = bytes(range(256)) * 4
    assert read_body(noise, {"content-encoding": "compress"}, 10_000) == (noise, f"{UNKNOWN_CODING}compress")


def test_read_body_names_cut_of_unreadable_body() -> None:
    assert read_body(brotli.compress(TEXT)[:12], {"content-encoding": "br"}, 10_000) == (b"", NO_END)
    shorter = b"3e8\r\nless than that" + chunked(TEXT)
    assert read_body(shorter, {"transfer-encoding": "chunked"}, 10_000)[1] == NO_LAST_CHUNK


@pytest.mark.parametrize("raw", [b" " * 1001, packed(b" " * 1001)])
def test_read_body_is_bounded(raw: bytes) -> None:
    with pytest.raises(TooLarge):
        read_body(raw, {"content-encoding": "gzip"}, 1000)
