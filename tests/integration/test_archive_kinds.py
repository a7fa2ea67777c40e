"""`-a archive=` with files of every kind: one history comes of them, and what can't be read is named."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from tests.sample.build import render
from tests.sample.captures import CAPTURES
from tests.support.commands import scrapy
from tests.support.service import WARC, crawl, rows, write_companies
from tests.support.warc_formats import URL, Record, arc_header, arc_line, gz, http, plain, wacz, zst

if TYPE_CHECKING:
    from pathlib import Path

PAGE = render(next(each for each in CAPTURES if each.timestamp == "20150911043127"))
REFERENCE = {"WARC-Refers-To-Target-URI": URL, "WARC-Refers-To-Date": "2012-01-01T00:00:00Z"}
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\n\r\n"


def text(year: int) -> bytes:
    """Return a policy that is another one each year."""
    return PAGE.replace(b"</p>", b" We wrote this in %d, for all of our customers.</p>" % year, 1)


def response(year: int, **facts: str) -> Record:
    return Record(http(text(year)), facts.pop("date", f"{year}-01-01T00:00:00Z"), **facts)  # type: ignore[arg-type]


FILES = {
    "a.arc": arc_header() + arc_line("20100101000000", http(text(2010))),
    "b.arc.gz": gz(arc_header(), arc_line("20110101000000", http(text(2011)))),
    "below/c d.warc": plain(response(2012, version="WARC/1.1"), response(2013, url="HTTP://acme.example/privacy")),
    "e.warc.zst": zst(response(2014, date="2014"), dictionary=PAGE[:4000]),
    "f.warc.zst": zst(plain(response(2015, date="2015-01-01T02:00:00+02:00"))),
    "g.wacz": wacz({"archive/1/a.warc.gz": gz(response(2016))}),
    "h.wacz": wacz({"../a.warc": plain(response(2017))}, zipfile.ZIP_DEFLATED),
    "i.warc.gz": gz(Record(text(2018), "2018-01-01T00:00:00Z", "resource", fields={"Content-Type": "text/html"})),
    "j.warc.gz": gz(Record(NOT_MODIFIED, "2019-01-01T00:00:00Z", "revisit", fields=REFERENCE)),
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_files_of_every_kind_make_one_history(tmp_path: Path) -> None:
    write(tmp_path / "archive", FILES)
    companies = write_companies(tmp_path / "companies.yaml", "acme.example")
    run = crawl(str(tmp_path / "archive"), tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == 0, run.stderr
    versions = run.versions()
    assert [version["first_seen"].replace("-", "")[:8] for version in versions] == [
        f"{year}0101" for year in range(2010, 2020)
    ]
    documents = run.files()
    assert all(str(year).encode() in documents[f"acme.example/{year}0101000000.txt"] for year in range(2010, 2019))
    assert versions[-1]["text_sha256"] == versions[2]["text_sha256"]  # not modified since 2012
    assert {file.name for file in tmp_path.iterdir()} == {"archive", "companies.yaml", "output"}


def test_damaged_files_of_every_kind_are_named(tmp_path: Path) -> None:
    stored = wacz({"archive/a.warc.gz": gz(response(2016)), "archive/b.warc.gz": b"<!DOCTYPE html>"})
    damaged = {
        "a.arc": FILES["a.arc"][:-900],
        "b.warc.zst": FILES["e.warc.zst"][:-20],
        "c.wacz": stored,
        "d.wacz": FILES["g.wacz"][:-30],
        "e.warc.xz": b"\xfd7zXZ\0",
        "f.warc.gz": gz(response(2014), response(2014, date="2014-13-45")),
    }
    write(tmp_path / "archive", damaged)
    companies = write_companies(tmp_path / "companies.yaml", "acme.example")
    run = crawl(str(tmp_path / "archive"), tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == 3
    said = [loss for loss in run.report()["losses"] if loss.startswith("archive file: ")]
    assert [loss.split(": ")[1] for loss in said] == [*damaged][:-1]
    assert all("; " in loss and loss in run.stdout for loss in said)
    assert run.report()["captures_left_out"] == {"f.warc.gz: impossible date": 1}
    assert "1 capture left out of f.warc.gz: impossible date" in run.stdout
    status = scrapy("status", output=tmp_path / "output", COMPANIES_FILE=companies)
    assert all(loss in status.stdout for loss in said)
    assert {version["timestamp"][:4] for version in run.versions()} == {"2014", "2016"}
    lost = rows(tmp_path / "output", "SELECT count(*) FROM captures WHERE fate = 'cut short'")
    assert lost == [(0,)]


def test_archive_with_nothing_to_read_is_bad_usage(tmp_path: Path) -> None:
    write(tmp_path / "archive", {"a.warc.gz": b"<!DOCTYPE html>", "b.wacz": wacz({"c.txt": b""}), "d.warc.gz": b""})
    run = crawl(str(tmp_path / "archive"), tmp_path / "output")
    assert run.status == 2
    (line,) = run.stderr.strip().splitlines()
    assert "a.warc.gz: no WARC record at byte 0, but b'<!DOCTYPE html>'" in line
    assert "(2 more files with nothing to read)" in line
    assert not (tmp_path / "output").exists()


def test_listing_goes_on_in_a_file_with_a_space_in_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"a file.warc.gz": WARC.read_bytes()})
    run = crawl(str(tmp_path), tmp_path / "output", "plan=1", LISTING_ROWS=2)
    whole = crawl("sample", tmp_path / "whole", "plan=1")
    assert run.status == 0, run.stderr
    assert run.report()["captures_listed"] == whole.report()["captures_listed"] > 0
