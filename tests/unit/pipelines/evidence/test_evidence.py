"""The evidence of a version: what is in the folder, what is said of what is not, and that nothing is overwritten."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.archives.urlkey import urlkey_of
from pipelines.catalog.read_only import reading
from pipelines.digest.domain_versions import numbered
from pipelines.document import snapshot_url
from pipelines.errors import OutputError
from pipelines.evidence.evidence_folder import evidence_files, folder_name, write_evidence
from pipelines.evidence.subject import read_subject
from pipelines.evidence.wacz import cdxj
from pipelines.evidence.warc_copy import CopiedRecord
from pipelines.items import Memento
from pipelines.output.storage import LocalStorage
from pipelines.output.warc_writer import payload_digest
from pipelines.takedown import parse_takedown
from pipelines.versions import read_versions
from tests.support.folders import file, opened
from tests.support.proven import BODIES, URL, evidence_of, maker, proven_folder, subject_of

if TYPE_CHECKING:
    from pathlib import Path


HOSTILE = '</title><script>hacked=1</script><img src=x onerror=hacked=1>"'
WARC = "warc/policies-00001.warc.gz"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest(files: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(files["manifest.json"])


def test_evidence_has_texts_bodies_and_hashes(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    files = evidence_of(root, 2)
    assert [name for name in files if name.startswith("text/")] == [
        "text/after-20170101000000.txt",
        "text/before-20150101000000.txt",
    ]
    assert files["text/after-20170101000000.txt"] == (root / "text/example.com/20170101000000.txt").read_bytes()
    assert {data for name, data in files.items() if name.startswith("body/")} == set(BODIES.values())
    said = manifest(files)
    assert said["missing"] == []
    assert {name: each["sha256"] for name, each in said["files"].items()} == {
        name: sha256(data) for name, data in files.items() if name not in {"SHA256SUMS", "manifest.json"}
    }
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {name: sha256(data) for name, data in files.items() if name != "SHA256SUMS"}


def test_evidence_says_where_each_capture_is_from(tmp_path: Path) -> None:
    before, after = manifest(evidence_of(proven_folder(tmp_path), 2))["versions"]
    assert [each["captured"] for each in before["rests_on"]] == ["2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z"]
    first, last = after["rests_on"]
    assert first["roles"] == ["first capture of the version", "what the text file was made of"]
    assert last["roles"] == ["last capture of the version"]
    assert last["snapshot_url"] == snapshot_url(URL, "20180101000000")
    assert last["listed_as"]["digest"] == "DIGEST2018"
    assert last["memento"]["payload_digest"] == f"sha1:{payload_digest(BODIES['20180101000000'])}"
    assert last["archive_digest_is_that_of_the_body"] is False
    assert last["memento"]["source_url"] == f"https://web.archive.org/web/20180101000000id_/{URL}"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", last["memento"]["retrieved"])
    assert last["memento"]["request"]["type"] == "request"


def test_evidence_records_are_copied_byte_for_byte_with_the_body_of_a_revisit(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    subject = subject_of(root, 1)
    files = evidence_files(subject, maker())
    ours, theirs = files["records.warc.gz"], (root / WARC).read_bytes()
    for record in subject.warc.records:
        start, end = record.source_offset, record.source_offset + record.length
        assert ours[record.offset : record.offset + record.length] == theirs[start:end]
    found = list(ArchiveIterator(BytesIO(ours), check_digests="raise"))
    assert [each.rec_type for each in found] == ["warcinfo", "response", "request", "revisit", "request"]
    revisit = manifest(files)["versions"][0]["rests_on"][1]["memento"]
    assert (revisit["record"]["type"], revisit["record_with_body"]["type"]) == ("revisit", "response")


def test_evidence_of_the_last_version_has_the_body_that_a_revisit_needs(tmp_path: Path) -> None:
    """A revisit's body may be in the record of a capture that the evidence is not about."""
    root = tmp_path
    with opened(root) as store:
        for url, timestamp in (("http://example.com/other", "20140101000000"), (URL, "20150101000000")):
            store.store_memento(Memento(timestamp, url, "https://a.example/", 200, (), b"<p>Same.</p>", "wayback"))
        file(store, "20150101000000", "Same.")
    types = [each.rec_type for each in ArchiveIterator(BytesIO(evidence_of(root, 1)["records.warc.gz"]))]
    assert types == ["warcinfo", "response", "revisit", "request"]


def test_evidence_is_the_same_every_time(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    assert evidence_of(root, 2) == evidence_of(root, 2)


def test_wacz_has_index_pages_and_hashes(tmp_path: Path) -> None:
    files = evidence_of(proven_folder(tmp_path), 2)
    with zipfile.ZipFile(BytesIO(files["example.com-20170101000000.wacz"])) as wacz:
        inside = {name: wacz.read(name) for name in wacz.namelist()}
        assert {entry.date_time[0] for entry in wacz.infolist()} == {1980}
    assert inside["archive/records.warc.gz"] == files["records.warc.gz"]
    assert inside["evidence/NOTE.txt"] == files["NOTE.txt"]
    package = json.loads(inside["datapackage.json"])
    assert package["wacz_version"] == "1.1.1"
    assert {each["path"]: (each["hash"], each["bytes"]) for each in package["resources"]} == {
        name: (f"sha256:{sha256(data)}", len(data))
        for name, data in inside.items()
        if not name.startswith("datapackage")
    }
    assert json.loads(inside["datapackage-digest.json"])["hash"] == f"sha256:{sha256(inside['datapackage.json'])}"
    lines = inside["indexes/index.cdx"].decode().splitlines()
    assert [line.split(" ")[:2] for line in lines] == [["com,example)/privacy", timestamp] for timestamp in BODIES]
    for line in lines:
        facts = json.loads(line.split(" ", 2)[2])
        start = int(facts["offset"])
        member = gzip.decompress(inside["archive/records.warc.gz"][start : start + int(facts["length"])])
        assert f"WARC-Target-URI: {facts['url']}".encode() in member
    _, *pages = map(json.loads, inside["pages/pages.jsonl"].splitlines())
    assert [page["ts"][:4] for page in pages] == ["2015", "2016", "2017", "2018"]


def test_cdxj_has_three_parts_for_any_url() -> None:
    record = CopiedRecord(
        0, 9, "w", 0, "response", "i", "no url \x1b at all", "2015-01-01T00:00:00Z", "sha1:A", "200", 'a/"b'
    )
    lines = cdxj([record, replace(record, type="request")], urlkey_of).decode().splitlines()
    assert len(lines) == 1
    key, timestamp, facts = lines[0].split(" ", 2)
    assert (key, timestamp) == ("no%20url%20\x1b%20at%20all", "20150101000000")
    assert json.loads(facts)["mime"] == "unk"


def test_comparison_marks_words_and_needs_no_script(tmp_path: Path) -> None:
    page = evidence_of(proven_folder(tmp_path), 2)["comparison.html"].decode()
    assert "<del>one year</del><ins>two years</ins>" in page
    assert "2016-01-01 00:00:00 UTC" in page
    assert snapshot_url(URL, "20170101000000") in page
    assert "@media print" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!https://web\.archive\.org/)", page)


def test_comparison_archived_text_is_never_markup(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        file(store, "20150101000000", f"a {HOSTILE}", title=HOSTILE)
        file(store, "20160101000000", f"b {HOSTILE}\n\n> q {HOSTILE}", title=HOSTILE)
    page = evidence_of(tmp_path, 2)["comparison.html"].decode()
    assert "hacked" in page
    assert "<script" not in page
    assert "<img" not in page


def test_note_says_what_it_does_not_show(tmp_path: Path) -> None:
    note = evidence_of(proven_folder(tmp_path), 2)["NOTE.txt"].decode()
    for words in ("the archive's word", "nobody has signed it", "On which day a text changed", "Retrieved  20"):
        assert words in " ".join(note.split()) or words in note
    assert "another archive" not in note


def test_evidence_of_first_version_stands_alone(tmp_path: Path) -> None:
    files = evidence_of(proven_folder(tmp_path), 1)
    assert [name for name in files if name.startswith("text/")] == ["text/after-20150101000000.txt"]
    assert manifest(files)["change"] is None
    assert "No earlier text is known" in files["NOTE.txt"].decode()


def test_evidence_of_texts_side_by_side_claims_no_change(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for timestamp, page in (("2015", "a"), ("2016", "b"), ("2017", "a"), ("2018", "b")):
            file(store, f"{timestamp}0101000000", f"We are {page}.", page=f"com,example)/{page}", digest=timestamp)
    files = evidence_of(tmp_path, 2)
    note, page = (" ".join(files[name].decode().split()) for name in ("NOTE.txt", "comparison.html"))
    assert "version 1, 2015-01-01 to 2017-01-01, http://example.com/a. Both were there at the same time" in note
    assert "Both texts were there at the same time" in page
    assert not any(word in note + page for word in ("The text changed", "what changed", "Class of the change"))
    assert manifest(files)["change"] is None


def test_evidence_says_that_the_text_before_is_withheld(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    takedown = parse_takedown(f"https://web.archive.org/web/20150101000000/{URL}", "list")
    with reading(root) as db:
        before, after = numbered(read_versions(db, root, takedown=takedown))
        files = evidence_files(read_subject(db, root, before, after), maker())
    assert not any(b"one year" in content for content in files.values())
    note, page = (files[name].decode() for name in ("NOTE.txt", "comparison.html"))
    assert "The text before is withheld on request" in " ".join(note.split())
    assert "The text before is withheld on request" in page
    assert not any(words in note + page for words in ("No earlier text", "first known"))


def test_evidence_of_text_that_returned_has_its_own_captures_and_the_source(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    with opened(root) as store:
        file(store, "20190101000000", "We keep mail addresses for one year.", digest="DIGEST2019")
    said = manifest(evidence_of(root, 3))
    _, after = said["versions"]
    assert after["change"] == "returned"
    assert [(each["captured"][:4], each["roles"][-1]) for each in after["rests_on"]] == [
        ("2015", "what the text file was made of"),
        ("2019", "last capture of the version"),
    ]


def test_evidence_names_capture_that_was_not_read(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        db.execute(
            "UPDATE captures SET memento_timestamp = NULL, memento_url = NULL, cause = 'same digest as 20170101000000' "
            "WHERE timestamp = '20180101000000'"
        )
    files = evidence_of(root, 2)
    roles = {each["captured"][:4]: each["roles"] for each in manifest(files)["versions"][1]["rests_on"]}
    assert "last capture of the version that was read" in roles["2017"]
    assert roles["2018"] == ["last capture of the version"]
    assert "Not here   same digest as 20170101000000" in files["NOTE.txt"].decode()
    assert manifest(files)["missing"] == []


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:900]), lambda path: path.unlink()])
def test_evidence_lost_records_are_named_and_the_rest_is_there(tmp_path: Path, damage: Any) -> None:
    root = proven_folder(tmp_path)
    damage(root / WARC)
    files = evidence_of(root, 2)
    missing = manifest(files)["missing"]
    assert missing
    assert all(WARC in line and "a crawl fetches it again" in line for line in missing)
    assert "text/after-20170101000000.txt" in files
    assert "WHAT IS MISSING" in files["NOTE.txt"].decode()
    assert "Not complete" in files["comparison.html"].decode()


def test_evidence_changed_text_file_is_no_evidence(tmp_path: Path) -> None:
    root = proven_folder(tmp_path)
    text = root / "text/example.com/20170101000000.txt"
    text.write_text(text.read_text().replace("two years", "ten years"))
    files = evidence_of(root, 2)
    assert not any("ten years" in data.decode(errors="replace") for data in files.values())
    assert "it was changed; a crawl restores it" in manifest(files)["missing"][0]
    (root / "text/example.com/20150101000000.txt").unlink()
    assert len(manifest(evidence_of(root, 2))["missing"]) == 2


def test_write_leaves_same_content_and_completes_it(tmp_path: Path) -> None:
    files = evidence_of(proven_folder(tmp_path / "output"), 2)
    storage, folder = LocalStorage(tmp_path), tmp_path / "evidence"
    assert write_evidence(storage, "evidence/", files)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert len(before) == len(files)
    assert not write_evidence(storage, "evidence/", files)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    (folder / "manifest.json").rename(folder / "manifest.json.tmp")  # as a killed run leaves it
    assert write_evidence(storage, "evidence/", files)
    assert (folder / "manifest.json").read_bytes() == files["manifest.json"]


@pytest.mark.parametrize("name", ["NOTE.txt", "own.doc", "body/other.bin"])
def test_write_refuses_other_content(tmp_path: Path, name: str) -> None:
    files = evidence_of(proven_folder(tmp_path / "output"), 2)
    folder = tmp_path / "evidence"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name}: is not what would be written now.*move that folder away"):
        write_evidence(LocalStorage(tmp_path), "evidence/", files)
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]
    assert (folder / name).read_text() == "mine"


def test_folder_name_stays_in_the_output_folder(tmp_path: Path) -> None:
    version = subject_of(proven_folder(tmp_path), 2).after.version
    assert re.fullmatch(r"evidence/example\.com/20170101000000-[0-9a-f]{8}", folder_name(version))
    assert folder_name(version) != folder_name(replace(version, id=f"{version.id}x"))
    for domain in ("../../etc", "a/b.example", "", "-a.example", "a..b"):
        with pytest.raises(OutputError, match="no listed domain"):
            folder_name(replace(version, domain=domain))
