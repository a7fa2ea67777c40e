"""An archive behind a user name and password, which go into its requests and nowhere else; and one at a path of any bytes."""

from __future__ import annotations

import os
from base64 import b64decode
from contextlib import closing
from pathlib import Path

import pytest

from crawler.archives.base import Match, Query
from crawler.archives.opening import open_archive
from crawler.archives.warc import WarcArchive
from crawler.archives.warc_index import WarcIndex
from pipelines.errors import UsageError
from tests.support.warc_formats import Record, http, plain

CAPTURE = ("20150911043127", "http://a.example/@me")


@pytest.mark.parametrize(
    ("spec", "name", "login"),
    [
        ("http://me:s3cret@archive.example:8080", "http://archive.example:8080", "me:s3cret"),
        ("https://me:s3%2Fcr%40t%C3%A4@archive.example/", "https://archive.example", "me:s3/cr@tä"),
        ("http://me:half@s3cret@archive.example", "http://archive.example", "me:half@s3cret"),
        ("http://t0ken@[::1]:80/base", "http://[::1]:80/base", "t0ken:"),
        ("pywb+http://me:s3cret@archive.example/all", "pywb+http://archive.example/all", "me:s3cret"),
        ("http://archive.example:8080/", "http://archive.example:8080", None),
        ("pywb+https://archive.example/all", "pywb+https://archive.example/all", None),
    ],
)
def test_open_archive_login(tmp_path: Path, spec: str, name: str, login: str | None) -> None:
    archive = open_archive(spec, index_dir=tmp_path)
    assert archive.name == name
    base = name.removeprefix("pywb+")
    for request in (archive.listing_request(Query("a.example", Match.DOMAIN)), archive.snapshot_request(*CAPTURE)):
        assert request.url.startswith(f"{base}/")
        sent = request.headers.get("Authorization")
        assert (b64decode(sent.removeprefix(b"Basic ")).decode() if sent else None) == login
    assert archive.playback_target(archive.snapshot_request(*CAPTURE).url) == CAPTURE


@pytest.mark.parametrize(
    "spec",
    [
        "http://me:s3cret@archive.example:99999",
        "http://me:12/s3cret@archive.example",  # would be port 12 of host "me"
        "http://me:s3cret?x@archive.example",
        "http://me:s3cret#x@archive.example",
        "http://me:s3cret@",
        "http://me:s3cret@[::1",
        "http://archive.example/?token=s3cret",
        "pywb+http://me:s3/cret@archive.example/all",
        "pywb+ftp://me:s3cret@archive.example/all",
        "ftp://me:s3cret@archive.example",
        "me:s3cret@archive.example:8080",
        "http://",
    ],
)
def test_open_archive_unusable_url_hides_password(tmp_path: Path, spec: str) -> None:
    with pytest.raises(UsageError, match=r"^archive=") as caught:
        open_archive(spec, index_dir=tmp_path)
    assert "s3cret" not in str(caught.value)
    assert "cret@" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_open_archive_path_of_any_bytes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe4"))
    folder.mkdir()
    (folder / "a\n\x1b[31m.warc").write_bytes(plain(Record(http(b"<p>"))))
    archive = open_archive(str(folder), index_dir=tmp_path / "index")
    assert isinstance(archive, WarcArchive)
    assert archive.name == f"{tmp_path}/\\xff\\xe4"
    with caplog.at_level("INFO"), closing(WarcIndex.open(folder, archive.index_file)) as index:
        assert index.damages == []
    assert f"indexing {tmp_path}/\\xff\\xe4/a\\x0a\\x1b[31m.warc" in caplog.text
