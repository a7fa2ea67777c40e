"""Damaged WARC files: what is whole is read, what is not is named with its byte, and no half text passes for a whole one."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest

from crawler.archives.warc_headers import MAX_HEADERS
from crawler.archives.warc_reader import MAX_PADDING
from crawler.archives.warc_records import Payload, read_captures, read_payload
from pipelines.errors import ArchiveError, RecordDamaged
from tests.support.warcs import URL, Exchange, Warc, warc

if TYPE_CHECKING:
    from pathlib import Path

STAMPS = [f"2015{month:02}01000000" for month in range(1, 6)]
BODIES = {stamp: (f"<p>What we knew in {stamp}: " + stamp[4:6] * 300).encode() for stamp in STAMPS}
EXCHANGES = [Exchange(stamp, body) for stamp, body in BODIES.items()]
PACKED, PLAIN = warc(EXCHANGES), warc(EXCHANGES, gzip=False)
FILES = {"packed": PACKED, "plain": PLAIN}


def read(path: Path, data: bytes) -> tuple[dict[str, Payload | str], list[str]]:
    """Return what playback gets of each capture in a file (a word where it gets none), and what is said of the damage."""
    path.write_bytes(data)
    damages: list[str] = []
    found: dict[str, Payload | str] = {}
    for held in read_captures(path, lambda damage: damages.append(str(damage))):
        try:
            found[held.timestamp] = read_payload(path, held.offset) or "nothing"
        except RecordDamaged:
            found[held.timestamp] = "unreadable"
    return found, damages


def whole(found: dict[str, Payload | str]) -> dict[str, bytes]:
    return {stamp: got.body for stamp, got in found.items() if isinstance(got, Payload) and got.is_whole}


def bodies(*numbers: int) -> dict[str, bytes]:
    return {STAMPS[number]: BODIES[STAMPS[number]] for number in numbers}


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_read_captures_file_cut_anywhere(tmp_path: Path, file: Warc) -> None:
    for size in {*range(1, len(file.data), 23), *file.ends, *(end - 1 for end in file.ends)}:
        found, damages = read(tmp_path / "x.warc", file.data[:size])
        line_ends = 0 if file is PACKED else 4  # a record is whole without those behind it
        left = [number for number, end in enumerate(file.ends) if end - line_ends <= size]
        assert whole(found) == bodies(*left), size
        start = max(start for start in (*file.starts, len(file.data)) if start <= size)
        said = [f"cut at byte {size}, in the record at byte {start}; get a whole copy of the file"]
        assert damages == ([] if any(end - line_ends <= size <= end for end in file.ends) else said)


def test_read_captures_flipped_bit_changes_no_text(tmp_path: Path) -> None:
    for at in range(0, len(PACKED.data), 11):
        found, damages = read(tmp_path / "x.warc.gz", flipped(PACKED.data, at))
        texts = whole(found)
        assert texts.items() <= BODIES.items(), at
        assert len(texts) >= 4, at
        assert len(texts) == 5 or damages, at


def replaced(file: Warc, number: int, old: bytes, new: bytes) -> bytes:
    """Replace bytes in one record of an uncompressed file."""
    start, end = file.starts[number], file.ends[number]
    return file.data[:start] + file.data[start:end].replace(old, new, 1) + file.data[end:]


def length_of(number: int) -> bytes:
    start = PLAIN.starts[number]
    line = re.compile(rb"\r\nContent-Length: \d+\r\n\r\nHTTP").search(PLAIN.data, start)
    assert line
    return line[0]


def with_length(number: int, change: int) -> bytes:
    line = length_of(number)
    length = int(re.findall(rb"\d+", line)[0])
    return replaced(PLAIN, number, line, line.replace(b"%d" % length, b"%d" % (length + change)))


def repacked(number: int, data: bytes) -> bytes:
    """Return the compressed file with other contents in one member."""
    start, end = PACKED.starts[number], PACKED.ends[number]
    return PACKED.data[:start] + gzip.compress(data, mtime=0) + PACKED.data[end:]


def member(number: int) -> bytes:
    return gzip.decompress(PACKED.data[PACKED.starts[number] : PACKED.ends[number]])


def short_member(number: int) -> bytes:
    return repacked(number, member(number)[:-30])


S, P = PACKED.starts, PLAIN.starts
HTML = b"<!DOCTYPE html><title>404</title>" * 99
TABLE: dict[str, tuple[bytes, list[int], list[str]]] = {
    # bytes of the file, captures read whole, how each damage begins
    "garbage between members": (
        PACKED.data[: S[2]] + HTML + PACKED.data[S[2] :],
        [0, 1, 2, 3, 4],
        [f"no WARC record at byte {S[2]}, but b'<!DOCTYPE html><titl'; read on at byte {S[2] + len(HTML)};"],
    ),
    "garbage between records": (
        PLAIN.data[: P[2]] + HTML + b"\n" + PLAIN.data[P[2] :],
        [0, 1, 2, 3, 4],
        [f"damaged in the record at byte {P[1]} (its Content-Length is wrong, or garbage follows it); read on"],
    ),
    "garbage first": (HTML + PACKED.data, [0, 1, 2, 3, 4], ["no WARC record at byte 0, but"]),
    "garbage last": (PACKED.data + HTML, [0, 1, 2, 3, 4], [f"no WARC record at byte {len(PACKED.data)}, but"]),
    "a torn member, and others appended": (
        PACKED.data[: S[2] - 50] + PACKED.data[S[2] :],
        [0, 2, 3, 4],
        [f"damaged in the record at byte {S[1]} ("],
    ),
    "a hole in the middle": (
        PACKED.data[: S[1] + 9] + b"\0" * 5000 + PACKED.data[S[3] :],
        [0, 3, 4],
        [f"damaged in the record at byte {S[1]} ("],
    ),
    "zeros where members were": (
        PACKED.data[: S[1]] + b"\0" * (MAX_PADDING + 1) + PACKED.data[S[3] :],
        [0, 3, 4],
        [f"{MAX_PADDING + 1} zeros at byte {S[1]}; read on"],
    ),
    "padding": (PACKED.data + b"\0" * 10_000, [0, 1, 2, 3, 4], []),
    "line ends": (PLAIN.data + b"\r\n" * 9, [0, 1, 2, 3, 4], []),
    "no line ends": (PLAIN.data.rstrip(b"\r\n"), [0, 1, 2, 3, 4], []),
    "no bytes": (b"", [], ["empty: cut at byte 0; get"]),
    "a page": (HTML, [], ["no WARC record at byte 0, but b'<!DOCTYPE html><titl'; nothing from there on could be read;"]),
    "a compressed page": (gzip.compress(HTML), [], ["no WARC record at byte 0, but b'<!DOCTYPE"]),
    "bzip2": (b"BZh9" + PACKED.data, [], ["compressed with bzip2, which is not read; unpack it with `bzip2 -d`"]),
    "the start of a ZIP file": (b"PK\3\4" + PACKED.data, [0, 1, 2, 3, 4], ["no WARC record at byte 0, but b'PK"]),
    "the start of a Zstandard frame": (
        b"\x28\xb5\x2f\xfd" + PACKED.data, [0, 1, 2, 3, 4], ["damaged in the record at byte 0 ("],
    ),
    "one member for all": (
        gzip.compress(PLAIN.data), [0], ["several records in the gzip member at byte 0; `warcio recompress OLD NEW`"],
    ),
    "two records in a member": (
        repacked(1, member(1) + member(2)), [0, 1, 2, 3, 4], [f"several records in the gzip member at byte {S[1]}; read on"],
    ),
    "a record in two members": (
        PACKED.data[: S[1]] + gzip.compress(member(1)[:60]) + gzip.compress(member(1)[60:]) + PACKED.data[S[2] :],
        [0, 2, 3, 4], [f"damaged in the record at byte {S[1]} (no Content-Length); read on at byte"],
    ),
    "a length beyond the member": (
        short_member(2), [0, 1, 3, 4], [f"damaged in the record at byte {S[2]} (shorter than its Content-Length); read on"],
    ),
    "a length within the member": (
        repacked(2, member(2)[:-4] + b"and more\r\n\r\n"), [0, 1, 3, 4],
        [f"damaged in the record at byte {S[2]} (longer than its Content-Length); read on"],
    ),
    "a length beyond the next record": (
        with_length(1, 1500), [0, 2, 3, 4], [f"damaged in the record at byte {P[1]} (its Content-Length is wrong"],
    ),
    "a length beyond the file": (
        with_length(1, 10**9), [0, 2, 3, 4],
        [f"damaged in the record at byte {P[1]} (shorter than its Content-Length); read on at byte"],
    ),
    "a length too small": (
        with_length(1, -9), [0, 2, 3, 4], [f"damaged in the record at byte {P[1]} (its Content-Length is wrong"],
    ),
    "a length that is none": (
        replaced(PLAIN, 1, length_of(1), b"\r\nContent-Length: many\r\n\r\nHTTP"), [0, 2, 3, 4],
        [f"damaged in the record at byte {P[1]} (no Content-Length)"],
    ),
    "headers without end": (
        PACKED.data + gzip.compress(b"WARC/1.0\r\nA: " + b"b" * (MAX_HEADERS + 9)), [0, 1, 2, 3, 4],
        [f"damaged in the record at byte {len(PACKED.data)} (headers of more than {MAX_HEADERS} bytes)"],
    ),
    "a status that is none": (replaced(PLAIN, 1, b"200 OK", b"\xb200 OK"), [0, 1, 2, 3, 4], []),
}  # fmt: skip


@pytest.mark.parametrize(("data", "numbers", "said"), TABLE.values(), ids=TABLE)
def test_damage(tmp_path: Path, data: bytes, numbers: list[int], said: list[str]) -> None:
    found, damages = read(tmp_path / "x.warc.gz", data)
    assert whole(found) == bodies(*numbers)
    assert len(damages) == len(said)
    assert all(damage.startswith(begins) for damage, begins in zip(damages, said, strict=True)), damages


def test_read_captures_torn_record_with_digest_is_listed(tmp_path: Path) -> None:
    found, _ = read(tmp_path / "x.warc.gz", PACKED.data[:-20])
    assert found[STAMPS[4]] == "unreadable"
    undigested = re.sub(rb"WARC-Payload-Digest: [^\r]+\r\n", b"", PLAIN.data)
    found, damages = read(tmp_path / "x.warc", undigested[:-20])
    assert (list(found), len(damages)) == (STAMPS[:4], 1)


def test_read_captures_damage_raises_with_file_and_byte(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(PACKED.data[:-20])
    with pytest.raises(
        ArchiveError, match=rf"x\.warc\.gz: cut at byte {len(PACKED.data) - 20}, in the record at byte {S[4]}"
    ):
        list(read_captures(tmp_path / "x.warc.gz"))


CHUNKED = (("Transfer-Encoding", "chunked"),)
GZIPPED = (("Content-Encoding", "gzip"),)
LONG = (("Content-Length", "9999"),)
PAYLOADS: dict[str, tuple[Exchange, str, str]] = {
    # the exchange, why it was truncated, and what it is cut by
    "whole": (Exchange(STAMPS[0], b"<p>"), "", ""),
    "WARC-Truncated": (Exchange(STAMPS[0], b"<p>", warc=(("WARC-Truncated", "length"),)), "length", ""),
    "both": (Exchange(STAMPS[0], b"<p>", headers=LONG, warc=(("WARC-Truncated", "time"),)), "time", "shorter than its Content-Length"),
    "a reason of one's own": (Exchange(STAMPS[0], b"<p>", warc=(("WARC-Truncated", "<b>"),)), "unspecified", ""),
    "HTTP Content-Length": (Exchange(STAMPS[0], b"<p>", headers=LONG), "", "shorter than its Content-Length"),
    "no last chunk": (Exchange(STAMPS[0], b"3\r\n<p>\r\n", headers=CHUNKED), "", "chunked body without its end"),
    "gzip that ends early": (Exchange(STAMPS[0], gzip.compress(b"<p>" * 9)[:-9], headers=GZIPPED), "", "compressed body without its end"),
    "an error page": (Exchange(STAMPS[0], b"<p>", status="404 Not Found", headers=LONG), "", ""),
    "a redirect": (Exchange(STAMPS[0], b"", status="301 Moved", headers=(*LONG, ("Location", "/"))), "", ""),
    "not modified": (Exchange(STAMPS[0], b"", status="304 Not Modified", headers=LONG), "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("exchange", "truncated", "cut"), PAYLOADS.values(), ids=PAYLOADS)
def test_read_payload_incomplete(tmp_path: Path, exchange: Exchange, truncated: str, cut: str) -> None:
    found, damages = read(tmp_path / "x.warc.gz", warc([exchange]).data)
    payload = found[STAMPS[0]]
    assert isinstance(payload, Payload)
    assert (payload.truncated, payload.cut) == (truncated, cut)
    assert damages == []


def test_damage_table_urls_are_one_page() -> None:
    assert {exchange.url for exchange in EXCHANGES} == {URL}
