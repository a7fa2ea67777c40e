"""`scrapy check`: each kind of damage is named, changes nothing, and is what a crawl (or convert, then a crawl) mends."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import Run, scrapy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRAWL = ("crawl", "policies", "-a", "archive=sample", "-a", "versions=all")
CONVERT = ("convert", "--from-warc")
DOMAIN = "northlane.example"


@pytest.fixture
def output(sample_run: Run, tmp_path: Path) -> Path:
    return sample_run.copied_to(tmp_path / "output")


def texts(output: Path) -> list[Path]:
    return sorted((output / "text" / DOMAIN).glob("*.txt"))


def warc_of(output: Path) -> Path:
    return output / "warc" / "policies-00001.warc.gz"


def sql(output: Path, statement: str) -> None:
    with closing(sqlite3.connect(output / "catalog.db")) as db, db:
        assert db.execute(statement).rowcount > 0


def garble(path: Path, start: int = 50_000, size: int = 2_000) -> None:
    data = path.read_bytes()
    changed = bytes(byte ^ 90 for byte in data[start : start + size])
    path.write_bytes(data[:start] + changed + data[start + size :])


def edit(path: Path) -> None:
    path.write_text(path.read_text().replace("a", "e"))


def another_record(output: Path) -> None:
    """Let a memento's place be that of another record, as a wrong copy of a WARC file does."""
    (last,), (other,) = query(output, "SELECT offset FROM mementos ORDER BY offset DESC LIMIT 2")
    sql(output, f"UPDATE mementos SET offset = {other}, payload_offset = {other} WHERE offset = {last}")  # noqa: S608


def query(output: Path, question: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(output / "catalog.db")) as db:
        return db.execute(question).fetchall()


UNUSED = """NOT EXISTS (
    SELECT 1 FROM captures WHERE memento_timestamp = mementos.timestamp AND memento_url = mementos.url)"""
Damage = tuple["Callable[[Path], object]", str]
"""A damage, and what `check` says of it."""
FILES_AND_ROWS: tuple[Damage, ...] = (
    (lambda output: edit(texts(output)[1]), "{text1}: it was changed; a crawl restores it"),
    (lambda output: texts(output)[2].write_bytes(b""), "{text2}: it was changed; a crawl restores it"),
    (lambda output: texts(output)[0].unlink(), "{text0}: it is missing; a crawl restores it"),
    (
        lambda output: texts(output)[3].with_name("20010101000000.txt").write_text("x"),
        "20010101000000.txt: the catalog knows no such text file; a crawl deletes it",
    ),
    (
        lambda output: texts(output)[3].with_name("20010101000000-0123abcd.txt.new").write_text("x"),
        "20010101000000-0123abcd.txt.new: the catalog knows no such text file; a crawl deletes it",
    ),
    (
        lambda output: sql(output, "DELETE FROM documents WHERE domain = 'wolkenwerft.example'"),
        "catalog, wolkenwerft.example: no document with the text",
    ),
    (
        lambda output: sql(
            output, "DELETE FROM captures WHERE domain = 'quillbox.example' AND text_sha256 IS NOT NULL"
        ),
        "no capture has this text any more; a crawl deletes it",
    ),
    (
        lambda output: edit(output / "text" / "SHA256SUMS"),
        "SHA256SUMS at byte 0: line 1 is not as the catalog has it; a crawl or",
    ),
    (
        lambda output: edit(output / "versions.jsonl"),
        "versions.jsonl at byte 0: line 1 is not as the catalog has it; a crawl or",
    ),
)
BY_CRAWL: dict[str, tuple[Damage, ...]] = {
    "files and rows": FILES_AND_ROWS,
    "all texts and versions.jsonl deleted": (
        (lambda output: shutil.rmtree(output / "text"), "it is missing; a crawl restores it"),
        (lambda output: (output / "versions.jsonl").unlink(), "versions.jsonl: it is missing"),
        (lambda _: None, "text/SHA256SUMS: it is missing; a crawl or `scrapy convert --from-warc` writes it again"),
    ),
    "WARC deleted": (
        (lambda output: warc_of(output).unlink(), "00001.warc.gz at byte 0: the file is gone; 69 mementos"),
        (lambda output: os.truncate(output / "versions.jsonl", 3_000), "is not as the catalog has it"),
    ),
    "WARC cut": ((lambda output: os.truncate(warc_of(output), 60_000), "at byte 60000: it ends at byte 60000"),),
    "WARC emptied": ((lambda output: os.truncate(warc_of(output), 0), "at byte 0: it ends at byte 0"),),
    "WARC is no gzip file": (
        (lambda output: warc_of(output).write_bytes(b"no gzip" * 99_999), "at byte 0: it is no gzip file; 69 mementos"),
    ),
}
CRAWLED = {"files and rows", "WARC deleted", "WARC is no gzip file"}
"""Those that are mended here. What else can happen to texts and WARC files is in test_damaged_output."""
BY_CONVERT: tuple[Damage, ...] = (
    (
        lambda output: garble(warc_of(output), offset_of_unused(output) + 40, 30),
        "no capture was read from it: `scrapy convert --from-warc` forgets it",
    ),
    (lambda output: garble(warc_of(output)), "`scrapy convert --from-warc` notes it, and the crawl after"),
    (lambda output: garble(warc_of(output), 30_000, 1), "damaged (Error -3"),
    (another_record, "another record stands there"),
    (
        lambda output: sql(
            output,
            "DELETE FROM mementos WHERE offset = (SELECT min(offset) FROM mementos "  # noqa: S608
            f"WHERE offset > 100000 AND NOT {UNUSED})",
        ),
        "no record of http",
    ),
)


def offset_of_unused(output: Path) -> int:
    return query(output, f"SELECT min(offset) FROM mementos WHERE {UNUSED}")[0][0]  # noqa: S608


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def check(output: Path, *arguments: str) -> Run:
    """Check a folder, which must not change."""
    before = contents(output)
    run = scrapy("check", *arguments, output=output)
    assert contents(output) == before
    return run


def named(run: Run) -> list[str]:
    return run.stdout.splitlines()[:-1]


def assert_named(output: Path, damages: tuple[Damage, ...]) -> None:
    """Do all of the damages, and check that each is named."""
    files = {f"text{number}": path for number, path in enumerate(texts(output))}
    for damage, _ in damages:
        damage(output)
    run = check(output)
    assert run.status == 3, run.stdout
    for _, said in damages:
        assert said.format(**files) in "\n".join(named(run))


def assert_agrees(output: Path) -> None:
    run = check(output)
    assert run.status == 0, run.stdout
    assert run.stdout.splitlines()[-1].startswith("all agree: ")


@pytest.mark.parametrize("kind", BY_CRAWL)
def test_check_names_what_a_crawl_mends(kind: str, output: Path) -> None:
    assert_named(output, BY_CRAWL[kind])
    if kind in CRAWLED:
        crawl = scrapy(*CRAWL, output=output)
        assert crawl.status == 0, crawl.stderr
        assert_agrees(output)


def test_check_names_what_convert_and_a_crawl_mend(output: Path) -> None:
    assert_named(output, BY_CONVERT)
    convert = scrapy(*CONVERT, output=output)
    assert convert.status == 3
    # one or more, as which records stand behind one another is the network's doing
    assert re.search(r"[1-9] more mementos? forgotten that can't be read: no capture was read", convert.stdout)
    crawl = scrapy(*CRAWL, output=output)
    assert crawl.status == 0, crawl.stderr
    assert_agrees(output)


def test_check_of_a_whole_folder(output: Path) -> None:
    """What is the user's own is no fault; a domain can be named."""
    mine = ["text/README", f"text/{DOMAIN}/.gitignore", f"text/{DOMAIN}/my notes.txt", "warc/mine.warc.gz"]
    for name in ("notes.md", *mine):
        (output / name).write_bytes(b"mine")
    (output / "text" / "scratch").mkdir()
    run = check(output)
    assert (run.status, run.stderr) == (0, "")
    assert (
        run.stdout
        == "".join(
            f"{output}/{name}: nothing in this folder uses it; it is left as it is\n"
            for name in (*mine[:3], "text/scratch", mine[3])
        )
        + "all agree: 22 texts, 69 mementos, 25 versions; 5 things that nothing uses\n"
    )
    assert "of 69 mementos checked" in check(output, "-s", "PROGRESS_SECONDS=0.00001").stderr
    one = check(output, DOMAIN)
    assert one.status == 0
    texts(output)[0].unlink()
    assert check(output, DOMAIN).status == 3
    assert check(output, "quillbox.example").status == 0


def test_check_as_json_and_of_unknown_files(output: Path) -> None:
    foreign = output / "text" / "foreign.example" / "20010101000000.txt"
    foreign.parent.mkdir()
    foreign.write_text("x")
    sql(output, f"DELETE FROM mementos WHERE {UNUSED}")  # noqa: S608 - as a kill between WARC and catalog leaves them
    run = check(output, "--json")
    assert run.status == 3
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert found[0] == {
        "where": str(foreign), "what": "a text file of a domain that the catalog does not know", "mend": "move it away"
    }  # fmt: skip
    assert "records that no memento uses, the first of http" in found[1]["what"]
    assert found[1]["mend"] == ""
    assert f"{warc_of(output)} at byte " in found[1]["where"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("nowhere.example",), 2, "nowhere.example: the catalog has no such listed domain"),
        (("http://[",), 2, "scrapy check: "),
        (("--fast",), 2, "takes listed domains, not '--fast'"),
    ],
)
def test_check_refuses_in_one_line(arguments: tuple[str, ...], status: int, says: str, output: Path) -> None:
    run = check(output, *arguments)
    assert (run.status, run.stdout, run.stderr.count("\n")) == (status, "", 1)
    assert says in run.stderr


def test_check_needs_a_folder_with_a_catalog(tmp_path: Path) -> None:
    run = scrapy("check", output=tmp_path / "nothing")
    assert (run.status, run.stderr.count("\n")) == (2, 1)
    assert "no such folder" in run.stderr
    assert not (tmp_path / "nothing").exists()
    run = scrapy("check", output=tmp_path)
    assert (run.status, run.stderr.count("\n")) == (1, 1)
    assert "no catalog here" in run.stderr
