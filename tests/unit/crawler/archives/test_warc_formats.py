"""Archives in files of every kind, each through index, listing and playback: which captures there are, and their texts."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.warc_formats import Record, arc_header, arc_line, gz, http, plain, wacz, zst
from tests.support.warc_playback import played

if TYPE_CHECKING:
    from pathlib import Path

A, B = b"<p>What we know of you.", b"<p>What we have learned since."
FIRST, SECOND = Record(http(A)), Record(http(B), "2016-01-01T00:00:00Z")
BOTH = {"20150101000000": A, "20160101000000": B}
INFO = Record(b"software: x\r\n", kind="warcinfo", url=None, fields={"Content-Type": "application/warc-fields"})


def with_line_feeds(record: Record) -> bytes:
    """Return a record whose header lines end in line feeds alone, as some tools write them."""
    head, _, block = record.data().partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + block


ARC_HTTP = http(A), http(B)
DICTIONARY = b"WARC-Type: response Content-Type: text/html" * 20
FILES: dict[str, tuple[str, bytes]] = {
    "WARC 1.0": ("x.warc", plain(INFO, FIRST, SECOND)),
    "WARC 1.1": ("x.warc", plain(*(Record(each.block, each.date, version="WARC/1.1") for each in (FIRST, SECOND)))),
    "WARC 0.18": ("x.warc.gz", gz(*(Record(each.block, each.date, version="WARC/0.18") for each in (FIRST, SECOND)))),
    "in capitals": ("X.WARC.GZ", gz(FIRST, SECOND)),
    "left open by Heritrix": ("x.warc.gz.open", gz(FIRST, SECOND)),
    "members without a record": ("x.warc.gz", gz(FIRST, b"", b"\r\n\r\n", SECOND, b"")),
    "line feeds alone": ("x.warc", b"".join(with_line_feeds(each) for each in (FIRST, SECOND))),
    "gzip within plain": ("x.warc", plain(FIRST) + gz(SECOND)),
    "ARC": ("x.arc", arc_header() + arc_line("20150101000000", ARC_HTTP[0]) + arc_line("20160101000000", ARC_HTTP[1])),
    "ARC without its header": ("x.arc", arc_line("20150101000000", ARC_HTTP[0]) + arc_line("20160101000000", ARC_HTTP[1])),
    "ARC in gzip": ("x.arc.gz", gz(arc_header(), arc_line("20150101000000", ARC_HTTP[0]), arc_line("20160101000000", ARC_HTTP[1]))),
    "ARC with DNS": ("x.arc", arc_header() + arc_line("20150101000000", b"20150101000000\nacme.example. 1 IN A 192.0.2.1\n", url="dns:acme.example", kind="text/dns") + arc_line("20150101000000", ARC_HTTP[0]) + arc_line("20160101000000", ARC_HTTP[1])),
    "ARC of version 2": ("x.arc", arc_header() + arc_line("20150101000000", ARC_HTTP[0], facts="200 abc - 0 x.arc ") + arc_line("20160101000000", ARC_HTTP[1], facts="200 - - 512 x.arc ")),
    "ARC, dates without seconds": ("x.arc.gz", gz(arc_line("201501010000", ARC_HTTP[0]), arc_line("20160101000000", ARC_HTTP[1]))),
    "ARC, a media type with a space": ("x.arc", arc_line("20150101000000", ARC_HTTP[0], kind="text/html; charset=utf-8") + arc_line("20160101000000", ARC_HTTP[1])),
    "ARC, no HTTP headers": ("x.arc", arc_line("20150101000000", A) + arc_line("20160101000000", B)),
    "ARC, named as a WARC file": ("x.warc.gz", gz(arc_header(), arc_line("20150101000000", ARC_HTTP[0]), arc_line("20160101000000", ARC_HTTP[1]))),
    "Zstandard": ("x.warc.zst", zst(INFO, FIRST, SECOND)),
    "Zstandard with a dictionary": ("x.warc.zst", zst(INFO, FIRST, SECOND, dictionary=DICTIONARY)),
    "Zstandard with a packed dictionary": ("x.warc.zst", zst(FIRST, SECOND, dictionary=DICTIONARY, packed=True)),
    "one Zstandard frame": ("x.warc.zst", zst(plain(INFO, FIRST, SECOND))),
    "one Zstandard frame, and a skippable one": ("x.warc.zst", b"\x50\x2a\x4d\x18\3\0\0\0abc" + zst(plain(FIRST, SECOND))),
    "two Zstandard frames with several each": ("x.warc.zst", zst(plain(INFO, FIRST), plain(SECOND, INFO))),
    "ARC in Zstandard": ("x.arc.zst", zst(arc_header(), arc_line("20150101000000", ARC_HTTP[0]), arc_line("20160101000000", ARC_HTTP[1]))),
    "WACZ": ("x.wacz", wacz({"archive/a.warc.gz": gz(INFO, FIRST), "archive/b.warc.gz": gz(SECOND)})),
    "WACZ, nested folders": ("x.wacz", wacz({"archive/1/2/a.warc.gz": gz(FIRST), "b.warc": plain(SECOND)})),
    "WACZ, deflated": ("x.wacz", wacz({"archive/a.warc.gz": gz(FIRST), "archive/b.warc": plain(SECOND)}, zipfile.ZIP_DEFLATED)),
    "WACZ, bzip2": ("x.wacz", wacz({"archive/a.warc": plain(FIRST, SECOND)}, zipfile.ZIP_BZIP2)),
    "WACZ, one name twice": ("x.wacz", wacz({"archive/a.warc": plain(FIRST), "archive/A.warc": plain(SECOND)}).replace(b"/A.warc", b"/a.warc")),
    "WACZ, names that lead outside": ("x.wacz", wacz({"../../a.warc.gz": gz(FIRST), "/b.warc": plain(SECOND)}, zipfile.ZIP_DEFLATED)),
    "WACZ, an ARC and a Zstandard file": ("x.wacz", wacz({"a.arc": arc_header() + arc_line("20150101000000", ARC_HTTP[0]), "b.warc.zst": zst(SECOND, dictionary=DICTIONARY)})),
    "resource": ("x.warc", plain(*(Record(body, date, kind="resource", fields={"Content-Type": "text/html"}) for body, date in ((A, FIRST.date), (B, SECOND.date))))),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("name", "data"), FILES.values(), ids=FILES)
def test_formats_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / name).write_bytes(data)
    for _ in range(2):  # the second time from the index
        assert played(tmp_path / "a folder", tmp_path / "index") == (BOTH, [])
    assert {file.name for file in tmp_path.iterdir()} == {"a folder", "index"}
