"""Gzip bodies: all members, and whether the last one has its end."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pipelines.gunzip import MAX_MEMBERS, gunzip

TEXT = b"".join(b"<p>paragraph %d</p>" % number for number in range(3000))


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same in every process, as it stands in names of tests


PACKED = packed(TEXT)
HALF = len(PACKED) // 2
MOST = 1 << 20


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 8]) + data[at + 1 :]


@pytest.mark.parametrize(
    "body",
    [
        PACKED,
        PACKED + b"\0" * 600,
        PACKED + b"\r\n",
        PACKED + b"<!-- 0.3 s -->",
        packed(TEXT[:700]) + packed(TEXT[700:]),
        packed(TEXT[:700]) + b"\0\0" + packed(TEXT[700:]) + b"\n",
        packed(b"") + PACKED,
    ],
    ids=["one", "zeros", "line end", "comment", "two", "zeros between", "an empty one"],
)
def test_gunzip_reads_every_member(body: bytes) -> None:
    found = gunzip(body, MOST)
    assert found is not None
    assert (found.body, found.is_whole) == (TEXT, True)


@pytest.mark.parametrize(
    "body",
    [
        *(PACKED[:size] for size in (2, 3, 9, 12, 40, HALF, len(PACKED) - 8, len(PACKED) - 1)),
        PACKED + PACKED[:HALF],
        flipped(PACKED, HALF),
        flipped(PACKED, len(PACKED) - 5),
        packed(b"") * (MAX_MEMBERS + 1),
    ],
)
def test_gunzip_tells_what_has_no_end(body: bytes) -> None:
    found = gunzip(body, MOST)
    assert found is not None
    assert not found.is_whole


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"x", b"\x1f\x8bis no gzip", b"\x1f\x8b\x08\0garbage that is none", zlib.compress(TEXT)]
)
def test_gunzip_leaves_what_is_no_gzip(body: bytes) -> None:
    assert gunzip(body, MOST) is None


def test_gunzip_stops_beyond_the_limit() -> None:
    found = gunzip(packed(b" " * 1000) * 3, 2500)
    assert found is not None
    assert len(found.body) == 2501
