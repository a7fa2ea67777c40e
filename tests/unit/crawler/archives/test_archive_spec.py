"""What `archive=` can't name: one line with the problem and the remedy, before anything is asked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from crawler.archives.opening import SAMPLE, open_archive, open_archives
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def refusal(spec: str) -> str:
    with pytest.raises(UsageError) as caught:
        open_archive(spec, index_dir=SAMPLE)
    said = str(caught.value)
    assert said.startswith("archive=")
    return said


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("http://", "the address has no host"),
        ("https:///web", "the address has no host"),
        ("http://:8080", "the address has no host"),
        ("pywb+http://", "the address has no host"),
        ("http://[", "Invalid IPv6 URL"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://[zz]", "not http://host:port"),
        ("http://host:99999", "Port out of range"),
        ("http://host:0", "port 0"),
        ("http://host:abc", "'abc'"),
        ("http://host/?q", "what follows a ? or #"),
        ("http://host name/", "a space or control character"),
        ("http://host\nname/", "a space or control character"),
        ("http://a..b", "'a..b' is no host name"),
        ("http://-", "'-' is no host name"),
        ("http://256.1.1.1", "'256.1.1.1' is no host name"),
        ("http://" + "a" * 300, "is no host name"),
        ("ftp://host", "can't be asked by ftp://; use wayback"),
        ("file:///etc", "can't be asked by file://"),
        ("warc://archive", "can't be asked by warc://"),
        ("pywb+ftp://host", "can't be asked by pywb+ftp://"),
        ("Wayback", "did you mean wayback?"),
        ("smaple", "did you mean sample?"),
        ("localhost:8080", "write http://localhost:8080"),
        ("web.archive.org", "write http://web.archive.org"),
        ("~/warcs", "the shell leaves ~"),
        ("nowhere/at/all", "no such file or folder; use wayback"),
        ("x" * 5000, "can't be read (File name too long)"),
        ("/dev/null", "neither a file nor a folder"),
    ],
)
def test_no_archive(spec: str, says: str) -> None:
    assert says in refusal(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "http://[::1]:8080",
        "http://127.0.0.1",
        "HTTP://host_name",
        "https://web.archive.org.",
        "pywb+http://häuser.example/c",
    ],
)
def test_archives(spec: str) -> None:
    assert open_archive(spec, index_dir=SAMPLE).name


WARC = next(SAMPLE.glob("*.warc.gz")).read_bytes()
FILES = {
    "page.txt": (b"hello\n", "no WARC record at byte 0, but b'hello\\n'"),
    "page.warc": (b"<!DOCTYPE html>", "no WARC record at byte 0"),
    "page.warc.gz": (gzip.compress(b"<!DOCTYPE html>" * 9), "no WARC record at byte 0, but b'<!DOCTYPE html>"),
    "empty.warc.gz": (b"", "empty"),
    "bzip2.warc": (b"BZh91AY&SY", "bzip2"),
}


@pytest.mark.parametrize("name", FILES)
def test_no_warc_file(tmp_path: Path, name: str) -> None:
    content, says = FILES[name]
    (tmp_path / name).write_bytes(content)
    said = refusal(str(tmp_path / name))
    assert says in said
    assert said.startswith(f"archive={tmp_path / name}: ")


def test_folder_without_a_readable_file(tmp_path: Path) -> None:
    assert "no WARC, ARC or WACZ file in this folder" in refusal(str(tmp_path))
    (tmp_path / "a.warc.gz").write_bytes(b"")
    (tmp_path / "b.warc.gz").symlink_to(tmp_path / "gone")
    said = refusal(str(tmp_path))
    assert f"nothing that can be read: {tmp_path / 'a.warc.gz'}: " in said
    assert "(1 more file with nothing to read)" in said
    (tmp_path / "c.warc.gz").write_bytes(b"\0" * 100_000 + WARC)  # read past the damage
    assert open_archive(str(tmp_path), index_dir=tmp_path).name == str(tmp_path)


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        ("wayback,", "a comma without an archive"),
        (",wayback", "a comma without an archive"),
        ("wayback,,arquivo", "a comma without an archive"),
        ("wayback,wayback", "wayback is named twice"),
        ("arquivo,http://a.example,http://a.example/", "http://a.example is named twice"),
        ("https://web.archive.org,wayback", "named twice, as wayback too"),
        ("timemap+http://WEB.archive.org/web/timemap/link,wayback", "named twice, as wayback too"),
        ("arquivo+https://arquivo.pt,arquivo", "named twice, as arquivo too"),
        ("http://a.example:80/c,pywb+http://A.example/c/", "named twice"),
        (f"sample,{SAMPLE}", "named twice"),
        ("wayback,arqivo", "did you mean arquivo?"),
        ("wayback,http://", "the address has no host"),
        ("timemap+http://a.example/timemap/link?url=,wayback", "what follows a ? or #"),
        ("timemap+ftp://a.example", "can't be asked by timemap+ftp://"),
    ],
)
def test_no_archives(specs: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_archives(specs, index_dir=SAMPLE)
    assert str(caught.value).startswith("archive=")
    assert says in str(caught.value)


def test_several_archives_keep_their_order_and_secrets(tmp_path: Path) -> None:
    specs = "sample, wayback ,pywb+http://me:s3cret@a.example/col,timemap+https://a.example/timemap/link,arquivo"
    names = [archive.name for archive in open_archives(specs, index_dir=tmp_path)]
    assert names == [
        "sample",
        "wayback",
        "pywb+http://a.example/col",
        "timemap+https://a.example/timemap/link",
        "arquivo",
    ]
    with pytest.raises(UsageError) as caught:
        open_archives("http://me:s3cret@a.example,http://you:pa55@b.example:99999", index_dir=tmp_path)
    assert not {"s3cret", "pa55"} & set(str(caught.value).replace("@", ":").split(":"))


@pytest.mark.parametrize(
    "specs",
    [
        "http://me:s3cret,pa55@a.example,wayback",
        "wayback,http://me:s3cret,pa55,more@a.example:1",
        f"{'wayback,' * 60}http://me:s3cret{'x' * 40},pa55@a.example,foo",
        f"wayback,{'x' * 470},http://me:s3cret{'x' * 40}@a.example,,",
    ],
)
def test_no_part_of_a_login_is_shown(specs: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_archives(specs, index_dir=SAMPLE)
    assert "s3cret" not in str(caught.value)
    assert "pa55" not in str(caught.value)


def test_collections_of_one_server_are_several_archives(tmp_path: Path) -> None:
    specs = " pywb+http://a.example/c, pywb+http://a.example/d,http://a.example:8080/c"
    assert len(open_archives(specs, index_dir=tmp_path)) == 3


def test_a_path_with_a_comma_is_one_archive(tmp_path: Path) -> None:
    folder = tmp_path / "a,b"
    folder.mkdir()
    (folder / "x.warc.gz").write_bytes((SAMPLE / "sample.warc.gz").read_bytes())
    assert [archive.name for archive in open_archives(str(folder), index_dir=tmp_path)] == [str(folder)]
