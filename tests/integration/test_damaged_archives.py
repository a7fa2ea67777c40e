"""`-a archive=` with WARC files of which some are damaged: the good is used, the bad is named, no half text is a version."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from tests.sample.build import render
from tests.sample.captures import CAPTURES
from tests.support.service import WARC, crawl, rows, versions_of, write_companies
from tests.support.warcs import Exchange, warc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run
    from tests.support.service import Clean

GOOD = WARC.read_bytes()
HALF = GOOD[: len(GOOD) // 2]


def damages(run: Run) -> list[str]:
    return [loss for loss in run.report()["losses"] if loss.startswith("archive file: ")]


def test_damaged_archive_half_file_is_reported_and_replacement_read(
    clean: Clean, sample_run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / "sample.warc.gz").write_bytes(HALF)
    half = crawl(str(folder), tmp_path / "output")
    assert half.status == 3
    (said,) = damages(half)
    assert said.startswith(f"archive file: sample.warc.gz: cut at byte {len(HALF)}, in the record at byte ")
    assert half.stderr.count("cut at byte") == 1
    assert said in half.stdout
    assert half.files().items() < clean.files().items()
    assert half.files()
    again = crawl(str(folder), tmp_path / "output")
    assert (again.status, damages(again), again.files()) == (3, [said], half.files())
    assert "indexing" not in again.stderr
    (folder / "sample.warc.gz").write_bytes(GOOD)
    mended = crawl(str(folder), tmp_path / "output")
    assert mended.status == 0, mended.stderr
    assert mended.files() == clean.files()
    assert versions_of(mended) == versions_of(sample_run)


def test_damaged_archive_intact_files_are_used(clean: Clean, sample_run: Run, tmp_path: Path) -> None:
    third = len(GOOD) // 3
    files = {
        "a-half.warc.gz": HALF,
        "b-flipped.warc.gz": GOOD[:third] + bytes([GOOD[third] ^ 4]) + GOOD[third + 1 :],
        "c-page.warc.gz": b"<!DOCTYPE html><title>Not found</title>",
        "d-one-member.warc.gz": gzip.compress(gzip.decompress(GOOD)),
        "e-empty.warc.gz": b"",
        "f-good.warc.gz": GOOD,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    run = crawl(str(tmp_path), tmp_path / "output")
    assert run.status == 3
    assert [loss.split(": ")[1] for loss in damages(run)] == list(files)[:-1]
    assert all("byte" in loss and "; " in loss for loss in damages(run))
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(sample_run)


def test_damaged_archive_repaired_file_is_read(tmp_path: Path) -> None:
    page = render(next(each for each in CAPTURES if each.timestamp == "20150911043127"))
    whole = warc([Exchange(f"{year}0101000000", page + b"<!-- %d -->" % year) for year in range(2010, 2018)])
    hole = (9, whole.ends[2])
    file = tmp_path / "x.warc.gz"
    file.write_bytes(whole.data[: hole[0]] + b"\0" * (hole[1] - hole[0]) + whole.data[hole[1] :])
    companies = write_companies(tmp_path / "companies.yaml", "acme.example")
    run = crawl(str(file), tmp_path / "output", COMPANIES_FILE=companies)
    assert (run.status, len(run.report()["losses"]), len(damages(run))) == (3, 1, 1)
    assert damages(run)[0].endswith(f"; read on at byte {hole[1]}; get a whole copy of the file")
    assert [(version["timestamp"][:4], version["captures"]) for version in run.versions()] == [("2013", 5)]
    file.write_bytes(whole.data)
    mended = crawl(str(file), tmp_path / "output", COMPANIES_FILE=companies)
    assert mended.status == 0, mended.stderr
    assert [(version["timestamp"][:4], version["captures"]) for version in mended.versions()] == [("2010", 8)]


def test_damaged_archive_half_payload_is_no_version(tmp_path: Path) -> None:
    page = render(next(each for each in CAPTURES if each.timestamp == "20150911043127"))
    half = page[: len(page) // 2]
    html = ("Content-Type", "text/html; charset=utf-8")
    length, chunks = ("Content-Length", str(len(page))), ("Transfer-Encoding", "chunked")
    exchanges = [
        Exchange("20150101000000", page),
        Exchange("20150201000000", half, headers=(html, length)),
        Exchange("20150301000000", half, warc=(("WARC-Truncated", "length"),)),
        Exchange("20150401000000", b"%x\r\n%s\r\n" % (len(half), half), headers=(html, chunks)),
        Exchange("20150501000000", gzip.compress(page)[:-2000], headers=(html, ("Content-Encoding", "gzip"))),
        Exchange("20150601000000", page + b"<!-- -->"),
        Exchange("20150615000000", half, headers=(html, length), url="http://acme.example/privacy/"),
    ]
    (tmp_path / "x.warc.gz").write_bytes(warc(exchanges).data)
    companies = write_companies(tmp_path / "companies.yaml", "acme.example")
    run = crawl(str(tmp_path / "x.warc.gz"), tmp_path / "all", COMPANIES_FILE=companies)
    assert run.status == 3
    (version,) = run.versions()
    assert (version["timestamp"], version["captures"]) == ("20150101000000", 6)  # the cut ones are listed, too
    assert rows(tmp_path / "all", "SELECT fate, cause FROM captures ORDER BY timestamp")[1:-2] == [
        ("cut short", "shorter than its Content-Length"),
        ("cut short", "cut when it was captured (WARC-Truncated: length)"),
        ("cut short", "chunked body without its end"),
        ("cut short", "compressed body without its end"),
    ]
    run = crawl(str(tmp_path / "x.warc.gz"), tmp_path / "one", versions="half-yearly", COMPANIES_FILE=companies)
    assert run.status == 3
    assert [version["timestamp"] for version in run.versions()] == ["20150601000000"]  # the neighbour of the last
