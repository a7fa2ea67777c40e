"""ObjectStorage: what an object store refuses, loses or answers late, and the spool of files that are appended to."""

from __future__ import annotations

import gzip
import hashlib
import os
import resource
import signal
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import OutputError
from pipelines.output import interruptible, object_connection
from pipelines.output.interruptible import end_waits_if
from pipelines.output.location import ObjectLocation
from pipelines.output.object_connection import Patience
from pipelines.output.object_errors import ObjectStoreError, reason_of
from pipelines.output.spool import Spool
from pipelines.output.storage import open_storage
from pipelines.output.stored_memento import NoMember, read_member
from pipelines.output.texts import TextStore
from pipelines.output.warc_writer import WarcStore
from pipelines.report.data_files import SiteFolder
from pipelines.versions import versions
from tests.support.faulty_store import FaultyStore, faulty_store
from tests.support.folders import file, opened
from tests.support.object_store import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.output.storage import Storage
    from tests.support.object_store import ObjectStore

PART = 8 << 20


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a bucket, to which the environment leads."""
    for name, value in object_store.env.items():
        monkeypatch.setenv(name, value)
    return object_store.bucket()


@pytest.fixture
def faulty(object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    """Put a proxy with faults before the store of the bucket."""
    assert bucket
    with faulty_store(object_store.endpoint) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.endpoint)
        yield store


def at(bucket: str, tmp_path: Path, prefix: str = "p") -> Storage:
    return open_storage(ObjectLocation(bucket, prefix, str(tmp_path / "spool")))


def spooled(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "spool").glob("*/open/**/*") if path.is_file())


def noise(size: int) -> bytes:
    return hashlib.shake_128(b"noise").digest(size)


def test_prefix_that_begins_another_is_apart(bucket: str, tmp_path: Path) -> None:
    one, other, whole = (at(bucket, tmp_path, prefix) for prefix in ("a", "ab", ""))
    one.write("x.txt", b"1")
    other.write("y.txt", b"2")
    other.append("w.gz", b"3")
    assert (list(one.list()), list(one.entries())) == (["x.txt"], ["x.txt"])
    assert list(other.list()) == ["w.gz", "y.txt"]
    assert list(whole.list()) == ["a/x.txt", "ab/y.txt"]
    assert list(whole.entries()) == ["a/", "ab/"]


def test_equal_upload_in_parts_is_left_alone(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    storage, content = at(bucket, tmp_path), noise(PART + 1)
    assert storage.write("x.bin", iter([content[:PART], content[PART:]]))
    faulty.asked.clear()
    assert not storage.write("x.bin", iter([content]))
    assert faulty.asked == [("HEAD", f"/{bucket}/p/x.bin")]
    assert storage.write("x.bin", iter([content[:-1], b"?"]))
    assert storage.read("x.bin")[-1:] == b"?"


@pytest.mark.parametrize("size", [10, PART + 1])
def test_failed_upload_leaves_old_object(
    bucket: str, object_store: ObjectStore, faulty: FaultyStore, tmp_path: Path, size: int
) -> None:
    storage = at(bucket, tmp_path)
    storage.write("x.bin", b"old")
    faulty.fault, faulty.code = lambda method, _: 403 if method == "PUT" else None, "AccessDenied"
    with pytest.raises(ObjectStoreError, match=r"no permission for this \(AccessDenied\)"):
        storage.write("x.bin", iter([noise(size)]))
    assert storage.read("x.bin") == b"old"
    assert "<Upload>" not in object_store.uploads(bucket)


def test_errors_of_the_store_are_tried_again(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    storage, failing = at(bucket, tmp_path), iter([503, 500, 0.2])
    faulty.fault = lambda method, _: next(failing, None) if method == "PUT" else None
    assert storage.write("x.txt", b"1")
    assert [method for method, _ in faulty.asked if method == "PUT"] == ["PUT"] * 3
    assert storage.read("x.txt") == b"1"


def test_outage_is_waited_for_and_an_end_of_the_store_once(
    bucket: str, faulty: FaultyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times are less than a hundredth of the real ones."""
    monkeypatch.setattr(object_connection, "PATIENT", Patience(total=0.4, first=0.002, longest=0.02))
    monkeypatch.setattr(object_connection, "QUICK", Patience(total=0))
    storage, away = at(bucket, tmp_path), iter([503] * 12)
    assert storage.size("x.txt") is None
    faulty.fault = lambda *_: next(away, None)
    assert storage.write("x.txt", b"1")
    assert next(away, None) is None
    faulty.fault = lambda *_: 503
    with pytest.raises(ObjectStoreError, match=r"the store answered 503 InternalError, after \d\d retries"):
        storage.read("x.txt")
    asked = len(faulty.asked)
    for operation in (storage.check_writable, lambda: storage.write("y.txt", b"1"), lambda: list(storage.list())):
        with pytest.raises(ObjectStoreError, match="503"):
            operation()
    assert len(faulty.asked) == asked + 3
    faulty.fault = lambda *_: None
    assert storage.read("x.txt") == b"1"
    away = iter([503] * 6)
    faulty.fault = lambda *_: next(away, None)
    assert storage.read("x.txt") == b"1"


def test_interrupted_writer_does_not_wait_for_a_store_that_is_gone(
    bucket: str, faulty: FaultyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waits of a run's last files took a minute and a half after Ctrl-C, which reaches the main thread alone."""
    monkeypatch.setattr(object_connection, "PATIENT", Patience(total=2, first=0.01, longest=0.02))
    monkeypatch.setattr(object_connection, "PROBE", Patience(total=0))
    monkeypatch.setattr(interruptible, "_LOOK_SECONDS", 0.01)
    interrupted, storage, away = threading.Event(), at(bucket, tmp_path), iter([503] * 6)
    storage.append("warc/x.gz", b"1")
    with ThreadPoolExecutor(1, initializer=end_waits_if, initargs=(interrupted.is_set,)) as writer:
        faulty.fault = lambda *_: next(away, None)
        assert writer.submit(storage.write, "x.txt", b"1").result()  # the run goes on: the outage is waited for
        interrupted.set()
        faulty.fault = lambda method, _: 0.1 if method == "PUT" else None
        assert writer.submit(storage.write, "y.txt", b"1").result()  # the store is slow, but there
        faulty.fault = lambda *_: 503
        with pytest.raises(ObjectStoreError, match=r"the store answered 503$"):  # and not after retries
            writer.submit(storage.write, "z.txt", b"1").result()
        asked = _asked_for(faulty, "x.gz")
        with pytest.raises(ObjectStoreError, match="503"):
            writer.submit(storage.finish, "warc/x.gz").result()
        assert _asked_for(faulty, "x.gz") == asked
    assert storage.read("warc/x.gz") == b"1"


def _asked_for(faulty: FaultyStore, end: str) -> int:
    return sum(path.endswith(end) for _, path in faulty.asked)


def test_store_that_was_never_there_is_told_at_once(
    bucket: str, faulty: FaultyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_connection, "QUICK", Patience(total=0))
    faulty.fault = lambda *_: 503
    with pytest.raises(ObjectStoreError, match="the store answered 503"):
        at(bucket, tmp_path).check_readable()
    assert len(faulty.asked) == 1


def test_patience_is_for_an_outage_of_half_a_minute() -> None:
    patient, quick = object_connection.PATIENT, object_connection.QUICK
    assert 60 <= patient.answer < patient.total < 120
    assert quick.total + quick.longest < 3


@pytest.mark.parametrize("size", [10, PART + 1])
def test_upload_whose_answer_is_lost_counts(bucket: str, faulty: FaultyStore, tmp_path: Path, size: int) -> None:
    storage = at(bucket, tmp_path)
    lost = iter(["lost"])

    def fault(method: str, path: str) -> str | None:
        is_last = method == "PUT" if size == 10 else method == "POST" and "uploadId" in path
        return next(lost, None) if is_last else None

    faulty.fault = fault
    assert storage.write("x.bin", iter([noise(size)]))
    assert storage.size("x.bin") == size
    assert next(lost, None) is None


def test_listing_beyond_one_page(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    names = [f"a/{number:04}" for number in range(7)]
    faulty.page = 3
    for name in names:
        storage.write_if_absent(name, b"")
    faulty.asked.clear()
    assert list(storage.list()) == list(storage.entries("a")) == names
    assert len(faulty.asked) == 6


def test_report_lists_its_folder_and_asks_for_no_file(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    location = ObjectLocation(bucket, "p", str(tmp_path / "spool"))
    pages = [f"companies/{number}.html" for number in range(9)]
    first = SiteFolder(location)
    for name in [*pages, "companies/old.html", "index.html"]:
        first.put(name, name.encode())
    faulty.asked.clear()
    again = SiteFolder(location)
    assert [again.has(name) for name in ("companies/0/a.js", *pages)] == [False, *[True] * 9]
    for name in [*pages, "index.html"]:
        again.put(name, name.encode())
    assert again.written == 0
    again.put("companies/new.html", b"")
    assert again.has("companies/new.html")
    assert [method for method, _ in faulty.asked] == ["GET", "PUT"]
    again.sweep()
    assert list(again.storage.list()) == sorted([*pages, "companies/new.html", "index.html"])


def test_record_and_text_cost_two_requests_each(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    storage.write("w/x.gz", gzip.compress(b"one"))
    texts = TextStore(storage, "text/")
    texts.write("a.example", "20150607080910.txt", "text")
    faulty.asked.clear()
    assert read_member(storage, "w/x.gz", 0) == b"one"
    assert texts.sha256("a.example", "20150607080910.txt") == hashlib.sha256(b"text").hexdigest()
    assert [method for method, _ in faulty.asked] == ["HEAD", "GET"] * 2
    with pytest.raises(NoMember, match="the file is gone"):
        read_member(storage, "w/y.gz", 0)
    assert texts.sha256("a.example", "20150607080911.txt") is None


def test_store_that_is_away_is_no_damage(
    bucket: str, faulty: FaultyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text or record that can't be asked for is not gone: a rebuild would forget it, and a search find nothing."""
    monkeypatch.setattr(object_connection, "QUICK", Patience(total=0))
    with opened(tmp_path / "output", "2026-01-01T00:00:00.000000+00:00") as library:
        file(library, "20100101000000", "We keep data.")
    (version,) = versions(tmp_path / "output")
    storage, texts = at(bucket, tmp_path), TextStore(at(bucket, tmp_path), "text/")
    there = replace(version, folder=ObjectLocation(bucket, "p", str(tmp_path / "spool")))
    faulty.fault = lambda *_: 503
    for operation in (
        lambda: texts.read("a.example", "20150607080910.txt"),
        lambda: texts.sha256("a.example", "20150607080910.txt"),
        lambda: read_member(storage, "w/x.gz", 0),
        there.text,
    ):
        with pytest.raises(ObjectStoreError, match="503"):
            operation()
    faulty.fault = lambda *_: None
    with pytest.raises(OutputError, match="can't be read"):
        there.text()


def test_server_that_is_no_store_is_told(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    """Any web server answers 404."""
    faulty.fault, faulty.code = lambda *_: 404, ""
    with pytest.raises(ObjectStoreError, match="the server answers 404, and not as S3 does; see AWS_ENDPOINT_URL"):
        at(bucket, tmp_path).check_readable()


def test_unfinished_file_is_stored_by_next_run(bucket: str, tmp_path: Path) -> None:
    whole, torn = gzip.compress(b"one"), gzip.compress(b"two")[:-3]
    killed = at(bucket, tmp_path)
    for number in (1, 2):
        killed.append(f"warc/policies-{number:05}.warc.gz", whole + torn)
    assert list(at(bucket, tmp_path).unfinished("warc/")) == []  # the other one is alive
    del killed
    storage = at(bucket, tmp_path)
    warcs = WarcStore(storage, "warc/", software="test")
    warcs.resume({"policies-00001.warc.gz": len(whole), "policies-00002.warc.gz": len(whole)})
    assert storage.read("warc/policies-00001.warc.gz") == storage.read("warc/policies-00002.warc.gz") == whole
    assert spooled(tmp_path) == ["policies-00002.warc.gz"]  # that one goes on
    warcs.finish()
    assert spooled(tmp_path) == []
    assert not storage.can_append("warc/policies-00002.warc.gz")
    elsewhere = WarcStore(at(bucket, tmp_path / "other"), "warc/", software="test")
    elsewhere.resume({"policies-00003.warc.gz": 9})
    assert [damage.file for damage in elsewhere.damage({"policies-00002.warc.gz": 9, "policies-00003.warc.gz": 9})] == [
        "policies-00003.warc.gz"
    ]
    assert elsewhere._current() == "policies-00004.warc.gz"


def test_failed_finish_keeps_spool(bucket: str, faulty: FaultyStore, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    storage.append("w/x.gz", b"abc")
    faulty.fault, faulty.code = lambda method, _: 403 if method == "PUT" else None, "QuotaExceeded"
    with pytest.raises(
        ObjectStoreError,
        match=r"the store is full \(QuotaExceeded\); /.*/w/x.gz is kept, and stored by the next run on this machine",
    ):
        storage.finish("w/x.gz")
    assert (spooled(tmp_path), storage.read("w/x.gz")) == (["x.gz"], b"abc")
    del storage
    faulty.fault = lambda *_: None
    again = at(bucket, tmp_path)
    assert list(again.unfinished("w/")) == ["w/x.gz"]
    again.finish("w/x.gz")
    assert (spooled(tmp_path), again.read("w/x.gz")) == ([], b"abc")


@pytest.mark.parametrize("spelled", ["{}/", "HTTP://{host}", "http://user@{host}"])
def test_spool_of_an_address_spelled_otherwise_is_found(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    """A killed run of an earlier release left it, whose folder has the name of the address as it was spelled."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    at(bucket, tmp_path).append("w/new.gz", b"1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", spelled.format(endpoint, host=endpoint.partition("//")[2]))
    storage = at(bucket, tmp_path)
    assert list(storage.unfinished("w/")) == ["w/new.gz"]
    del storage
    former = ObjectLocation(bucket, "p", str(tmp_path / "spool"))._spool_for(os.environ["AWS_ENDPOINT_URL"])
    killed = Spool(former)
    for name in ("w/old.gz", "w/new.gz"):
        killed.files.append(name, b"22")
    assert killed.hold("w/old.gz")  # it is alive
    assert at(bucket, tmp_path).size("w/old.gz") is None
    del killed
    storage = at(bucket, tmp_path)
    assert list(storage.unfinished("w/")) == ["w/new.gz", "w/old.gz"]
    assert (storage.size("w/old.gz"), storage.size("w/new.gz")) == (2, 1)
    storage.finish("w/old.gz")
    assert storage.read("w/old.gz") == b"22"
    aside = [path.read_bytes() for path in former.rglob("*.gz")]
    assert aside == [b"22"]  # not in the place of the new one


def test_finished_before_kill_is_dropped_and_other_kept(bucket: str, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    storage.append("w/x.gz", b"abc")
    at(bucket, tmp_path / "other").write("w/x.gz", b"abc")
    storage.finish("w/x.gz")
    assert spooled(tmp_path) == []
    with pytest.raises(ObjectStoreError, match="another run has stored it"):
        storage.append("w/x.gz", b"d")
    storage.append("w/y.gz", b"abc")
    at(bucket, tmp_path / "other").write("w/y.gz", b"def")
    with pytest.raises(ObjectStoreError, match=r"another file is at s3://.*/w/y.gz; .* is kept"):
        storage.finish("w/y.gz")
    assert spooled(tmp_path) == ["y.gz"]


def test_spooled_file_of_a_folder_that_is_gone_hides_no_object(
    bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The bucket was emptied after a kill, and another machine has begun anew: under the same names."""
    killed = at(bucket, tmp_path)
    for name in ("w/same.gz", "w/other.gz", "w/alone.gz"):
        killed.append(name, b"old")
    del killed
    elsewhere = at(bucket, tmp_path / "elsewhere")
    elsewhere.write("w/other.gz", b"new one")
    elsewhere.write("w/same.gz", b"old")
    storage = at(bucket, tmp_path)
    for _ in range(2):
        with storage.open("w/other.gz") as stream:
            assert (storage.read("w/other.gz"), storage.size("w/other.gz"), stream.read()) == (
                b"new one",
                7,
                b"new one",
            )
        assert storage.read("w/alone.gz") == b"old"
        assert list(storage.unfinished("w/")) == ["w/alone.gz"]
        assert not storage.can_append("w/other.gz")
    aside = [path for path in tmp_path.rglob("other.gz") if "elsewhere" not in path.parts]
    assert [path.read_bytes() for path in aside] == [b"old"]
    (said,) = caplog.messages
    assert str(aside[0]) in said


def test_replaced_object_is_not_mixed(bucket: str, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    storage.write("x.bin", noise(300_000))
    with storage.open("x.bin") as stream:
        assert stream.read(10) == noise(10)
        storage.write("x.bin", bytes(300_000))
        stream.seek(200_000)
        with pytest.raises(ObjectStoreError, match="changed"):
            stream.read(10)


@pytest.mark.parametrize(
    "refusal",
    [
        (404, "NoSuchBucket", "there is no such bucket; make it, or name another in OUTPUT_DIR"),
        (
            403,
            "InvalidAccessKeyId",
            "the store refuses the key (InvalidAccessKeyId); see AWS_ACCESS_KEY_ID and AWS_SECR",
        ),
        (403, "SignatureDoesNotMatch", "the store refuses the key (SignatureDoesNotMatch); see AWS_ACCESS_KEY_ID"),
        (403, "AccessDenied", "the key has no permission for this (AccessDenied); the bucket's policy must allow"),
        (301, "PermanentRedirect", "the bucket is in another region (a redirect); see AWS_REGION"),
        (
            400,
            "AuthorizationHeaderMalformed",
            "the bucket is in another region (AuthorizationHeaderMalformed); see AWS_",
        ),
        (418, "Teapot", "the store answered 418 Teapot"),
    ],
)
def test_refusal_is_one_line(bucket: str, faulty: FaultyStore, tmp_path: Path, refusal: tuple[int, str, str]) -> None:
    status, code, said = refusal
    storage = at(bucket, tmp_path)
    faulty.fault, faulty.code = lambda *_: status, code
    for operation in (storage.check_readable, storage.check_writable, lambda: list(storage.list())):
        with pytest.raises(ObjectStoreError) as raised:
            operation()
        text = str(raised.value)
        assert text.startswith(said)
        assert not [secret for secret in ("\n", KEY, SECRET, "AKIA secret") if secret in text]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "can't reach http://127.0.0.1:1: the connection was refused, after",
        ),
        (
            {"AWS_ENDPOINT_URL": "127.0.0.1:9000"},
            "AWS_ENDPOINT_URL=127.0.0.1:9000 is no address; write https://host or",
        ),
        ({"AWS_ENDPOINT_URL": "ftp://x:pw@y"}, "AWS_ENDPOINT_URL=ftp://***@y is no address"),
        ({"AWS_ACCESS_KEY_ID": ""}, "no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (~/.aws is not read)"),
    ],
)
def test_wrong_environment_is_one_line(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name)
    with pytest.raises(ObjectStoreError) as raised:
        at(bucket, tmp_path).check_writable()
    assert str(raised.value).startswith(said)


def test_reason_of_unknown_error_is_short() -> None:
    assert reason_of(Exception("Generic S3 error: what\n\nDebug source:\nsecret"), "") == "Generic S3 error: what"
    assert reason_of(Exception("error sending request\n dns error"), "https://s") == (
        "can't reach https://s: its name is not known; see AWS_ENDPOINT_URL"
    )


def test_parts_are_not_held_in_memory(bucket: str, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)

    def parts() -> Iterator[bytes]:
        for _ in range(8):
            yield bytes(PART)
        raise OSError("no more")

    tracemalloc.start()
    try:
        with pytest.raises(OSError, match="no more"):
            storage.write("big.bin", parts())
        assert tracemalloc.get_traced_memory()[1] < 4 * PART
    finally:
        tracemalloc.stop()
    assert storage.size("big.bin") is None


def test_full_spool_leaves_no_part(bucket: str, tmp_path: Path) -> None:
    storage = at(bucket, tmp_path)
    storage.append("w/x.gz", b"abc")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            storage.append("w/x.gz", bytes(2_000))
        with pytest.raises(OSError, match="File too large"):
            storage.write("big.bin", iter([noise(PART), noise(PART)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    storage.finish("w/x.gz")
    assert storage.read("w/x.gz") == b"abc"
    assert list(storage.list()) == ["w/x.gz"]
