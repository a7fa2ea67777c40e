"""What every Storage does, on a local folder and on an object store: whole files or none, under its root alone."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import OutputError
from pipelines.output.location import ObjectLocation
from pipelines.output.storage import Kind, Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.object_store import ObjectStore


@pytest.fixture(params=["local", "object"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Return an empty storage. The prefix of the object store has a space and a letter that is not ASCII."""
    if request.param == "local":
        return open_storage(tmp_path / "root")
    store: ObjectStore = request.getfixturevalue("object_store")
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    return open_storage(ObjectLocation(store.bucket(), "a b/\xfc", str(tmp_path / "spool")))


def test_write_returns_whether_file_changed(storage: Storage) -> None:
    assert storage.write("a/b.txt", b"one")
    assert not storage.write("a/b.txt", b"one")
    assert not storage.write("a/b.txt", iter([b"o", b"ne"]))
    assert storage.write("a/b.txt", iter([b"tw", b"o"]))
    assert storage.read("a/b.txt") == b"two"
    assert list(storage.list()) == ["a/b.txt"]


def test_write_failure_keeps_old_file(storage: Storage) -> None:
    storage.write("a.txt", b"old")

    def parts() -> Iterator[bytes]:
        yield b"ne"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        storage.write("a.txt", parts())
    assert storage.read("a.txt") == b"old"
    assert list(storage.list()) == ["a.txt"]


def test_write_if_absent_keeps_existing_file(storage: Storage) -> None:
    assert storage.write_if_absent("a.txt", b"one")
    assert not storage.write_if_absent("a.txt", b"two")
    assert storage.read("a.txt") == b"one"


def test_listed_once_knows_its_own_changes(storage: Storage) -> None:
    for name in ("a/1", "a/2", "a/3", "ab"):
        storage.write(name, b"one")
    listed = storage.listed_once("a/")
    assert [listed.size(name) for name in ("a/1", "a/4", "ab", "b")] == [3, None, 3, None]
    assert not listed.write("a/1", b"one")
    assert listed.write("a/1", b"other")
    assert listed.size("a/1") == 5
    assert listed.write("a/4", b"")
    assert listed.write_if_absent("a/5", b"5")
    listed.delete("a/2")
    listed.move("a/3", "a/6")
    assert [listed.size(f"a/{number}") for number in range(7)] == [None, 5, None, None, 0, 1, 3]
    assert list(listed.list("a/")) == list(storage.list("a/")) == ["a/1", "a/4", "a/5", "a/6"]


def test_append_returns_offsets(storage: Storage) -> None:
    assert [storage.append("w/x.gz", part) for part in (b"abc", b"de")] == [0, 3]
    assert storage.size("w/x.gz") == 5
    with storage.open("w/x.gz") as stream:
        stream.seek(3)
        assert stream.read() == b"de"


def test_truncate_shortens_file(storage: Storage) -> None:
    storage.append("x.gz", b"abcde")
    storage.truncate("x.gz", 3)
    assert storage.append("x.gz", b"f") == 3
    assert storage.read("x.gz") == b"abcf"
    with pytest.raises(FileNotFoundError):
        storage.truncate("y.gz", 0)


def test_move_replaces_file_of_new_name(storage: Storage) -> None:
    storage.write("a.new", b"new")
    storage.write("b/a.txt", b"old")
    storage.move("a.new", "b/a.txt")
    assert (list(storage.list()), storage.read("b/a.txt")) == (["b/a.txt"], b"new")
    storage.move("b/a.txt", "c/a.txt")
    assert storage.read("c/a.txt") == b"new"
    with pytest.raises(FileNotFoundError):
        storage.move("a.new", "c/a.txt")
    assert storage.read("c/a.txt") == b"new"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a/.."])
def test_path_outside_root_is_refused(name: str, storage: Storage) -> None:
    for operation in (storage.read, storage.open, storage.size, storage.kind, storage.delete):
        with pytest.raises(OutputError, match="can't name a file"):
            operation(name)
    for source, target in ((name, "a.txt"), ("a.txt", name)):
        with pytest.raises(OutputError, match="can't name a file"):
            storage.move(source, target)
    with pytest.raises(OutputError, match="can't name a file"):
        storage.truncate(name, 0)
    with pytest.raises(OutputError, match="can't name a file"):
        storage.write(name, b"x")


def test_list_and_entries_are_in_order_of_parts(storage: Storage) -> None:
    for name in ("a/z.txt", "a-b/x.txt", "b.txt", "a/y/1.txt", "a/y2.txt"):
        storage.write(name, b"1")
    storage.append("a/w.gz", b"1")
    assert list(storage.list()) == ["a/w.gz", "a/y/1.txt", "a/y2.txt", "a/z.txt", "a-b/x.txt", "b.txt"]
    assert list(storage.list("a/")) == list(storage.list("a")) == ["a/w.gz", "a/y/1.txt", "a/y2.txt", "a/z.txt"]
    assert list(storage.entries("a/")) == ["a/w.gz", "a/y/", "a/y2.txt", "a/z.txt"]
    assert list(storage.entries()) == ["a/", "a-b/", "b.txt"]
    assert [list(storage.entries(name)) for name in ("nothing/", "b.txt")] == [[], []]


def test_kind_and_size(storage: Storage) -> None:
    storage.write("a/b.txt", b"12")
    storage.append("w/x.gz", b"123")
    names = ("a", "a/", "a/b.txt", "w/x.gz", "nothing", "a/b")
    assert [storage.kind(name) for name in names] == [Kind.FOLDER, Kind.FOLDER, Kind.FILE, Kind.FILE, None, None]
    assert [storage.size(name) for name in names] == [None, None, 2, 3, None, None]


def test_open_reads_at_any_offset(storage: Storage) -> None:
    content = bytes(range(256)) * 2_000
    storage.write("x.bin", iter([content]))
    with storage.open("x.bin") as stream:
        stream.seek(300_000)
        assert stream.read(10) == content[300_000:300_010]
        stream.seek(-5, 2)
        assert stream.read() == content[-5:]
        stream.seek(0)
        assert stream.read() == content
    with pytest.raises(FileNotFoundError):
        storage.open("y.bin")
    with pytest.raises(FileNotFoundError):
        storage.read("y.bin")


def test_delete_of_missing_file_is_no_error(storage: Storage) -> None:
    storage.write("a/b.txt", b"1")
    storage.delete("a/c.txt")
    storage.delete("a")
    storage.delete("a/b.txt")
    assert list(storage.list()) == []


def test_finished_file_is_read_as_before(storage: Storage) -> None:
    storage.append("w/x.gz", b"abc")
    assert storage.can_append("w/x.gz")
    for _ in range(2):
        storage.finish("w/x.gz")
    storage.finish("w/none.gz")
    assert (storage.read("w/x.gz"), storage.size("w/x.gz"), list(storage.list())) == (b"abc", 3, ["w/x.gz"])
    assert list(storage.unfinished("w/")) == []


def test_check_writable_leaves_no_file(storage: Storage) -> None:
    storage.check_readable()
    storage.check_writable()
    assert list(storage.list()) == []
