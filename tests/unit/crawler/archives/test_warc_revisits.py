"""Revisits: the payload of the record that they refer to, by identifier, by date and URL, or by digest."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.support.warc_formats import URL, Record, gz, http
from tests.support.warc_playback import played

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEXT, OTHER = b"<p>What we know of you.", b"<p>Something else."
SHA1 = base64.b32encode(hashlib.sha1(TEXT).digest()).decode()  # noqa: S324
HEX = hashlib.sha1(TEXT).hexdigest()  # noqa: S324
SHA256 = hashlib.sha256(TEXT).hexdigest()
ID, THEN, NOW = "<urn:uuid:1>", "2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
REFERENCE = {"WARC-Refers-To-Target-URI": URL, "WARC-Refers-To-Date": THEN}
MISSING = "listed, but the archive does not have it"


def original(date: str = THEN, text: bytes = TEXT, url: str = URL, **fields: str) -> Record:
    named = {"WARC-Record-ID": ID, "WARC-Payload-Digest": f"sha1:{SHA1}"}
    return Record(
        http(text), date, url=url, fields=named | {name.replace("_", "-"): value for name, value in fields.items()}
    )


def revisit(fields: Mapping[str, str], *, block: bytes = b"", date: str = NOW, profile: str = SAME) -> Record:
    return Record(block, date, kind="revisit", fields={"WARC-Profile": profile, **fields})


NO_304 = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
OTHER_PAGE = original(
    "2015-06-01T00:00:00Z", OTHER, WARC_Payload_Digest="sha1:" + "A" * 32, WARC_Record_ID="<urn:uuid:9>"
)
READ: dict[str, list[Record]] = {
    "digest": [original(), revisit({"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "digest in hexadecimal": [original(), revisit({"WARC-Payload-Digest": f"sha1:{HEX}"})],
    "digest in lower case": [original(), revisit({"WARC-Payload-Digest": f"SHA1:{SHA1.lower()}"})],
    "digest of an original that names none": [Record(http(TEXT)), revisit({"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "digest of another URL": [original(url="http://acme.example/old"), revisit({"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "not modified, by date and URL": [original(), OTHER_PAGE, revisit(REFERENCE, block=NO_304, profile=NOT_MODIFIED)],
    "not modified, without HTTP headers": [original(), revisit(REFERENCE, profile=NOT_MODIFIED)],
    "not modified, by identifier": [original(), OTHER_PAGE, revisit({"WARC-Refers-To": ID}, block=NO_304, profile=NOT_MODIFIED)],
    "identifier without brackets": [original(), OTHER_PAGE, revisit({"WARC-Refers-To": ID.strip("<>")}, profile=NOT_MODIFIED)],
    "not modified, with the digest of nothing": [
        original(), Record(http(b""), "2014-01-01T00:00:00Z"),
        revisit(REFERENCE | {"WARC-Payload-Digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}, block=NO_304, profile=NOT_MODIFIED),
    ],
    "URL in brackets": [original(), revisit(REFERENCE | {"WARC-Refers-To-Target-URI": f"<{URL}>"})],
    "another spelling of the URL": [original(), revisit(REFERENCE | {"WARC-Refers-To-Target-URI": "https://www.ACME.example:443/privacy"})],
    "another page of the site": [original(url="http://acme.example/old"), revisit(REFERENCE | {"WARC-Refers-To-Target-URI": "http://acme.example/old"})],
    "another algorithm": [original(), revisit(REFERENCE | {"WARC-Payload-Digest": f"sha256:{SHA256}"})],
    "MD5": [original(), revisit(REFERENCE | {"WARC-Payload-Digest": f"md5:{hashlib.md5(TEXT).hexdigest()}"})],  # noqa: S324
    "the original's algorithm is another": [original(WARC_Payload_Digest=f"sha256:{SHA256}"), revisit(REFERENCE | {"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "a digest of the chunks": [Record(http(TEXT)), revisit(REFERENCE | {"WARC-Payload-Digest": "sha1:" + "B" * 32})],
    "a reduced date": [original("2015-01-07T10:20:30Z"), revisit(REFERENCE | {"WARC-Refers-To-Date": "2015-01"})],
    "a date with a zone": [original(), revisit(REFERENCE | {"WARC-Refers-To-Date": "2015-01-01T02:00:00+02:00"})],
    "a date with a fraction": [original(), revisit(REFERENCE | {"WARC-Refers-To-Date": "2015-01-01T00:00:00.123Z"})],
    "over another revisit": [original(), revisit(REFERENCE, date="2015-06-01T00:00:00Z"), revisit(REFERENCE | {"WARC-Refers-To-Date": "2015-06-01T00:00:00Z"})],
    "before the original in the file": [revisit(REFERENCE), original()],
    "an original stored as a resource": [Record(TEXT, kind="resource", fields={"Content-Type": "text/html"}), revisit(REFERENCE)],
    "a digest that is none": [original(), revisit(REFERENCE | {"WARC-Payload-Digest": "sha1:" + "x" * 9000})],
}  # fmt: skip
NOT_READ: dict[str, list[Record]] = {
    "no reference": [original(), revisit({}, block=NO_304, profile=NOT_MODIFIED)],
    "another capture's digest": [OTHER_PAGE, revisit(REFERENCE | {"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "a reference whose digest is another": [original(WARC_Payload_Digest="sha1:" + "A" * 32), revisit(REFERENCE | {"WARC-Payload-Digest": f"sha1:{SHA1}"})],
    "a date without a URL": [original(), revisit({"WARC-Refers-To-Date": THEN})],
    "itself": [revisit({**REFERENCE, "WARC-Refers-To-Date": NOW})],
    "in a circle": [
        revisit(REFERENCE | {"WARC-Refers-To-Date": "2014-01-01T00:00:00Z"}),
        revisit(REFERENCE | {"WARC-Refers-To-Date": NOW}, date="2014-01-01T00:00:00Z"),
    ],
    "a URL that can't be used": [original(), revisit(REFERENCE | {"WARC-Refers-To-Target-URI": "http://[evil/"})],
    "an empty capture": [Record(http(b"")), revisit({}, profile=NOT_MODIFIED)],
}  # fmt: skip


@pytest.mark.parametrize("records", READ.values(), ids=READ)
def test_revisit_has_the_text_it_refers_to(tmp_path: Path, records: list[Record]) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gz(*records))
    found, damages = played(tmp_path / "x.warc.gz", tmp_path / "index")
    assert found["20160101000000"] == TEXT
    assert damages == []


@pytest.mark.parametrize("records", NOT_READ.values(), ids=NOT_READ)
def test_revisit_without_its_original_has_no_text(tmp_path: Path, records: list[Record]) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gz(*records))
    found, damages = played(tmp_path / "x.warc.gz", tmp_path / "index")
    assert found["20160101000000"] == MISSING
    assert damages == []


def test_revisit_keeps_its_own_redirect(tmp_path: Path) -> None:
    head = http(b"", status="301 Moved", headers=["Location: /new"])
    records = [original(text=b""), revisit(REFERENCE, block=head)]
    (tmp_path / "x.warc.gz").write_bytes(gz(*records))
    assert "20160101000000" in played(tmp_path / "x.warc.gz", tmp_path / "index")[0]


def test_revisit_of_an_original_in_another_file(tmp_path: Path) -> None:
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / "2.warc.gz").write_bytes(gz(original()))
    (folder / "1.warc.gz").write_bytes(gz(revisit(REFERENCE, block=NO_304, profile=NOT_MODIFIED)))
    assert played(folder, tmp_path / "index")[0]["20160101000000"] == TEXT
