"""Damaged, foreign and hostile files of every kind: what of them is read, and what is said."""

from __future__ import annotations

import gzip
import random
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from crawler.archives import warc_parts, warc_zip
from crawler.archives.opening import open_archive
from pipelines.errors import UsageError
from tests.support.warc_formats import Record, arc_header, arc_line, gz, http, plain, wacz, zst
from tests.support.warc_playback import played

if TYPE_CHECKING:
    from pathlib import Path

BODIES = [f"<p>What we knew in {year}: ".encode() + str(year).encode() * 300 for year in range(2015, 2020)]
RECORDS = [Record(http(body), f"{year}-01-01T00:00:00Z") for year, body in zip(range(2015, 2020), BODIES, strict=True)]
PLAIN, GZ, ZST = plain(*RECORDS), gz(*RECORDS), zst(*RECORDS)
ARC = arc_header() + b"".join(
    arc_line(f"{year}0101000000", http(body)) for year, body in zip(range(2015, 2020), BODIES, strict=True)
)
HTML = b"<!DOCTYPE html><title>404</title>\n" * 99
STORED = wacz({"archive/a.warc.gz": gz(*RECORDS[:3]), "archive/b.warc.gz": gz(*RECORDS[3:])})
DEFLATED = wacz({"archive/a.warc": plain(*RECORDS[:3]), "archive/b.warc": plain(*RECORDS[3:])}, zipfile.ZIP_DEFLATED)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :]


def encrypted(data: bytes) -> bytes:
    """Set the flag of the first entry in the directory of a ZIP file."""
    at = data.index(b"PK\1\2") + 8
    return data[:at] + b"\1" + data[at + 1 :]


def displaced(data: bytes) -> bytes:
    """Take the mark from the local header of the second entry of a ZIP file."""
    at = data.index(b"PK\3\4", 1)
    return data[:at] + b"PK\3\5" + data[at + 4 :]


def blocks(data: bytes, size: int = 500) -> bytes:
    """Return a gzip member for every `size` bytes, as bgzip makes them of any file."""
    return b"".join(gzip.compress(data[at : at + size], mtime=0) for at in range(0, len(data), size))


THIRD = len(zst(*RECORDS[:2]))
TABLE: dict[str, tuple[str, bytes, list[int], list[str]]] = {
    # name, bytes, captures with their text, what each damage has
    "zst, cut": ("x.warc.zst", ZST[:-20], [0, 1, 2, 3], [f"x.warc.zst: cut at byte {len(ZST) - 20}, in the record at byte"]),
    "zst, cut in its first frame": ("x.warc.zst", ZST[:40], [], ["x.warc.zst: cut at byte 40, in the record at byte 0"]),
    "zst, garbage within": ("x.warc.zst", ZST[:THIRD] + HTML + ZST[THIRD:], [0, 1, 2, 3, 4], [f"no WARC record at byte {THIRD}, but"]),
    "zst, a frame without its middle": ("x.warc.zst", ZST[: THIRD + 30] + ZST[THIRD + 40 :], [0, 1, 3, 4], [f"damaged in the record at byte {THIRD}"]),
    "zst, without its dictionary": ("x.warc.zst", zst(*RECORDS, dictionary=PLAIN[:4000])[4008:], [], ["damaged in the record at byte 0"]),
    "zst, a cut dictionary": ("x.warc.zst", struct.pack("<LL", 0x184D2A5D, 9000) + b"abc", [], ["x.warc.zst: cut at byte 11"]),
    "zst, one frame that is cut": ("x.warc.zst", zst(PLAIN)[:-9], [], ["x.warc.zst: cut at byte "]),
    "zst, one frame and garbage": ("x.warc.zst", zst(PLAIN) + HTML, [0, 1, 2, 3, 4], [f"x.warc.zst: no Zstandard frame at byte {len(zst(PLAIN))}; get"]),
    "zst, a page": ("x.warc.zst", zst(HTML), [], ["no WARC record at byte 0, but b'<!DOCTYPE"]),
    "zst, empty": ("x.warc.zst", b"", [], ["empty: cut at byte 0"]),
    "ARC, cut": ("x.arc", ARC[:-200], [0, 1, 2, 3], [f"cut at byte {len(ARC) - 200}, in the record at byte"]),
    "ARC, garbage within": ("x.arc", ARC.replace(b"\nhttp://acme.example/privacy 192.0.2.1 2017", b"\n" + HTML + b"http://acme.example/privacy 192.0.2.1 2017"), [0, 2, 3, 4], ["its Content-Length is wrong, or garbage follows it); read on at byte"]),
    "ARC, a length too large": ("x.arc", ARC.replace(b" %d\n" % len(http(BODIES[1])), b" 999999999\n", 3).replace(b"text/html 999999999", b"text/html %d" % len(http(BODIES[0])), 1), [0, 3, 4], ["shorter than its Content-Length); read on at byte"]),
    "ARC, garbage first": ("x.arc", HTML + ARC, [0, 1, 2, 3, 4], ["no WARC record at byte 0, but b'<!DOCTYPE"]),
    "blocks of gzip without regard to records": ("x.warc.gz", blocks(plain(*RECORDS)), [], ["the record in the gzip member at byte 0 goes on in the next one; `warcio recompress OLD NEW`"]),
    "ARC in gzip, as one member": ("x.arc.gz", gzip.compress(arc_line("20150101000000", http(BODIES[0])) * 2), [0], ["several records in the gzip member at byte 0; `warcio recompress OLD NEW`"]),
    "WACZ, cut": ("x.wacz", STORED[:-300], [0, 1, 2, 3, 4], ["x.wacz: a ZIP or WACZ file that can't be opened (File is not a zip file); get a whole copy"]),
    "WACZ, half": ("x.wacz", STORED[: len(STORED) // 2], [0, 1, 2], ["that can't be opened"]),
    "WACZ, cut, of plain files": (
        "x.wacz", wacz({"a.warc": plain(*RECORDS[:2]), "b.arc": arc_header() + arc_line("20170101000000", http(BODIES[2]))})[:-9], [0, 1, 2],
        ["that can't be opened"],
    ),
    "WACZ, an entry with a flipped bit": ("x.wacz", flipped(STORED, 400), [0, 2, 3, 4], ["x.wacz: archive/a.warc.gz: damaged in the record at byte"]),
    "WACZ, a deflated entry with a flipped bit": ("x.wacz", flipped(DEFLATED, 250), [3, 4], ["x.wacz: archive/a.warc: damaged ("]),
    "WACZ, an encrypted entry": ("x.wacz", encrypted(STORED), [3, 4], ["x.wacz: archive/a.warc.gz: encrypted, which is not read"]),
    "WACZ, an entry that is not there": ("x.wacz", displaced(STORED), [0, 1, 2], ["x.wacz: archive/b.warc.gz: damaged: it is not where"]),
    "WACZ, a page in it": ("x.wacz", wacz({"a.warc.gz": HTML, "b.warc.gz": GZ}), [0, 1, 2, 3, 4], ["x.wacz: a.warc.gz: no WARC record at byte"]),
    "WACZ, an empty file in it": ("x.wacz", wacz({"a.warc.gz": b"", "b.warc.gz": GZ}), [0, 1, 2, 3, 4], ["x.wacz: a.warc.gz: empty"]),
    "WACZ, xz in it": ("x.wacz", wacz({"a.warc.xz": b"\xfd7zXZ\0abc", "b.warc.gz": GZ}), [0, 1, 2, 3, 4], ["x.wacz: a.warc.xz: compressed with xz, which is not read; unpack it with"]),
    "WACZ, a file cut before it was added": ("x.wacz", wacz({"a.warc": PLAIN[:-200], "b.txt": b"x"}), [0, 1, 2, 3], ["x.wacz: a.warc: cut at byte"]),
    "ZIP without WARC files": ("x.wacz", wacz({"a.txt": b"x"}), [], ["x.wacz: a ZIP file without a WARC or ARC file in it; take it away"]),
    "ZIP, empty": ("x.wacz", b"PK\5\6" + bytes(18), [], ["a ZIP file without a WARC or ARC file"]),
    "WACZ in a ZIP file": ("x.warc.zip", wacz({"a.wacz": DEFLATED}), [], ["a WACZ in a ZIP file, which is not read; unpack it"]),
    "a name with ESC": ("x.wacz", wacz({"a\x1b[2J.warc.gz": HTML}), [], ["x.wacz: a\ufffd[2J.warc.gz: no WARC record"]),
    "xz": ("x.warc.xz", b"\xfd7zXZ\0abc", [], ["x.warc.xz: compressed with xz, which is not read; unpack it with `xz -d`"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "numbers", "said"), TABLE.values(), ids=TABLE)
def test_good_is_read_and_bad_is_named(
    tmp_path: Path, name: str, data: bytes, numbers: list[int], said: list[str]
) -> None:
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / name).write_bytes(data)
    for _ in range(2):
        found, damages = played(folder, tmp_path / "index")
        whole = {stamp: body for stamp, body in found.items() if isinstance(body, bytes)}
        assert whole == {f"{2015 + number}0101000000": BODIES[number] for number in numbers}
        assert len(damages) == len(said), damages
        assert all(part in damage for part, damage in zip(said, damages, strict=True)), damages


@pytest.mark.parametrize("name", ["x.warc.zst", "x.arc", "x.wacz", "x.warc"])
def test_file_cut_anywhere_gives_no_half_text(tmp_path: Path, name: str) -> None:
    whole = {"x.warc.zst": ZST, "x.arc": ARC, "x.wacz": STORED, "x.warc": PLAIN}[name]
    folder = tmp_path / "warcs"
    folder.mkdir()
    for size in range(1, len(whole), len(whole) // 40):
        (folder / name).write_bytes(whole[:size])
        found, damages = played(folder, tmp_path / f"index-{size}")
        texts = [body for body in found.values() if isinstance(body, bytes)]
        assert set(texts) <= set(BODIES), size
        assert damages or texts, size


def test_flipped_bit_in_an_unpacked_file_changes_no_text(tmp_path: Path) -> None:
    noise = random.Random(1)  # noqa: S311 - of which deflate makes several blocks
    bodies = [b"<p>" + noise.randbytes(150_000).hex().encode() for _ in range(2)]
    records = [Record(http(body), f"201{number}-01-01T00:00:00Z") for number, body in enumerate(bodies)]
    data = wacz({"a.warc": plain(*records)}, zipfile.ZIP_DEFLATED)
    for at in range(1000, len(data) - 1000, len(data) // 8):
        (tmp_path / "x.wacz").write_bytes(flipped(data, at))
        found, damages = played(tmp_path / "x.wacz", tmp_path / f"index-{at}")
        assert {body for body in found.values() if isinstance(body, bytes)} <= set(bodies), at
        assert len(damages) == 1, at


def test_unpacked_copies_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_parts, "MAX_UNPACKED", 100_000)
    bomb = wacz({"a.warc": plain(RECORDS[0]) + bytes(10_000_000), "b.warc.gz": gz(RECORDS[1])}, zipfile.ZIP_DEFLATED)
    (tmp_path / "x.wacz").write_bytes(bomb)
    found, damages = played(tmp_path / "x.wacz", tmp_path / "index")
    assert [*found.values()] == BODIES[:2]
    assert damages[0] == "x.wacz: a.warc: more than 100000 bytes unpacked; unpack it"
    assert sum(file.stat().st_size for file in (tmp_path / "index" / "index.unpacked").iterdir()) < 110_000


def test_directory_of_a_zip_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_zip, "MAX_DIRECTORY", 3000)
    (tmp_path / "x.wacz").write_bytes(wacz({**{f"{number}.txt": b"" for number in range(99)}, "a.warc.gz": GZ}))
    found, damages = played(tmp_path / "x.wacz", tmp_path / "index")
    assert [*found.values()] == BODIES
    assert "its directory has more than 3000 bytes" in damages[0]


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    data = wacz({f"{number}.warc.gz": GZ if number == 0 else b"" for number in range(9)})
    at = data.index(b"PK\1\2")
    first = data[at : at + 46]
    for number in range(1, 9):  # every entry's sizes and place are the first one's
        entry = data.index(b"PK\1\2", data.index(b"%d.warc.gz" % number, at) - 46)
        data = data[: entry + 10] + first[10:28] + data[entry + 28 : entry + 42] + first[42:] + data[entry + 46 :]
    (tmp_path / "x.wacz").write_bytes(data)
    found, damages = played(tmp_path / "x.wacz", tmp_path / "index")
    assert [*found.values()] == BODIES  # searched for, and each found once
    assert "its entries overlap" in damages[0]


def test_copies_follow_their_files(tmp_path: Path) -> None:
    folder, copies = tmp_path / "warcs", tmp_path / "index" / "index.unpacked"
    folder.mkdir()
    (folder / "x.wacz").write_bytes(DEFLATED)
    assert len(played(folder, tmp_path / "index")[0]) == 5
    (copies / "stray").write_bytes(b"left by a killed run")
    next(iter(copies.glob("*.warc"))).unlink()
    assert [*played(folder, tmp_path / "index")[0].values()] == BODIES
    assert len([*copies.iterdir()]) == 2
    (folder / "x.wacz").unlink()
    (folder / "y.warc.gz").write_bytes(GZ)
    assert [*played(folder, tmp_path / "index")[0].values()] == BODIES
    assert not [*copies.iterdir()]


UNUSABLE = {
    "text": ("x.txt", b"a list of companies\n", "no WARC record at byte 0, but b'a list of companies"),
    "page": ("x.warc.gz", HTML, "no WARC record at byte 0, but b'<!DOCTYPE"),
    "compressed page": ("x.warc.gz", gzip.compress(HTML), "no WARC record at byte 0, but b'<!DOCTYPE"),
    "empty": ("x.warc.gz", b"", "empty: cut at byte 0; get a whole copy of the file"),
    "a few bytes": ("x.warc.gz", GZ[:9], "cut at byte 9, in the record at byte 0; get a whole copy"),
    "ZIP": ("x.zip", wacz({"a.txt": b"x"}), "a ZIP file without a WARC or ARC file in it"),
    "cut ZIP": ("x.wacz", wacz({"a.txt": b"x"})[:-9], "a ZIP or WACZ file that can't be opened (File is not a zip file)"),
    "page in a WACZ": ("x.wacz", wacz({"a.warc.gz": HTML}), "a.warc.gz: no WARC record at byte"),
    "xz": ("x.warc.xz", b"\xfd7zXZ\0abc", "compressed with xz, which is not read; unpack it with `xz -d`"),
    "page in Zstandard": ("x.warc.zst", zst(HTML), "no WARC record at byte 0, but b'<!DOCTYPE"),
    "PDF": ("x.pdf", b"%PDF-1.7\n" * 9, "no WARC record at byte 0, but b'%PDF"),
    "zeros": ("x.warc", bytes(200_000), "200000 zeros at byte 0"),
}  # fmt: skip


@pytest.mark.parametrize("in_folder", [False, True])
@pytest.mark.parametrize(("name", "data", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_open_archive_nothing_usable(tmp_path: Path, name: str, data: bytes, said: str, *, in_folder: bool) -> None:
    (tmp_path / name).write_bytes(data)
    if in_folder:
        (tmp_path / "z.warc.gz").write_bytes(b"")
    with pytest.raises(UsageError) as error:
        open_archive(str(tmp_path if in_folder else tmp_path / name), index_dir=tmp_path)
    message = str(error.value)
    assert "\n" not in message
    assert said in message or (in_folder and "z.warc.gz: empty" in message)


@pytest.mark.parametrize("data", [HTML + GZ, GZ[:-20], STORED, STORED[:-300], ZST, zst(PLAIN), DEFLATED, ARC])
def test_open_archive_something_usable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"")
    (tmp_path / "b.warc.gz").write_bytes(data)
    assert open_archive(str(tmp_path), index_dir=tmp_path)
