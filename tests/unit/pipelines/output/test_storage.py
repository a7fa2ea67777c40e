"""LocalStorage: whole files or none, under its root alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.errors import OutputError
from pipelines.output.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path


def test_write_says_whether_the_file_changed(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert storage.write("a/b.txt", b"one")
    assert not storage.write("a/b.txt", b"one")
    assert not storage.write("a/b.txt", iter([b"o", b"ne"]))
    assert storage.write("a/b.txt", iter([b"tw", b"o"]))
    assert storage.read("a/b.txt") == b"two"
    assert list(storage.list()) == ["a/b.txt"]


def test_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a.txt", b"old")

    def parts() -> object:
        yield b"ne"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        storage.write("a.txt", parts())  # type: ignore[arg-type]
    assert storage.read("a.txt") == b"old"
    assert list(storage.list()) == ["a.txt"]


def test_write_if_absent_keeps_what_is_there(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert storage.write_if_absent("a.txt", b"one")
    assert not storage.write_if_absent("a.txt", b"two")
    assert storage.read("a.txt") == b"one"


def test_append_returns_offsets(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert [storage.append("w/x.gz", part) for part in (b"abc", b"de")] == [0, 3]
    assert storage.size("w/x.gz") == 5
    with storage.open("w/x.gz") as stream:
        stream.seek(3)
        assert stream.read() == b"de"


def test_delete_takes_folders_that_it_empties(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a/b/c.txt", b"1")
    storage.write("a/d.txt", b"2")
    storage.delete("a/b/c.txt")
    storage.delete("a/b/c.txt")
    storage.delete("a")
    assert list(storage.list("a")) == ["a/d.txt"]
    assert not (tmp_path / "a" / "b").exists()


def test_size_of_what_is_no_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert [LocalStorage(tmp_path).size(name) for name in ("folder", "nothing", "folder/x")] == [None, None, None]


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a/.."])
def test_names_that_lead_out_of_the_root_are_refused(name: str, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "root")
    for operation in (storage.read, storage.open, storage.size, storage.delete):
        with pytest.raises(OutputError, match="can't name a file"):
            operation(name)
    with pytest.raises(OutputError, match="can't name a file"):
        storage.write(name, b"x")
