"""LocalStorage: whole files or none, under its root alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pipelines.output.storage import Kind, LocalStorage, open_storage

if TYPE_CHECKING:
    from pathlib import Path


def test_write_same_bytes_keeps_file(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a.txt", b"one")
    before = (tmp_path / "a.txt").stat().st_mtime_ns
    assert not storage.write("a.txt", b"one")
    assert not storage.write("a.txt", iter([b"o", b"ne"]))
    assert (tmp_path / "a.txt").stat().st_mtime_ns == before


def test_delete_removes_emptied_folders(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a/b/c.txt", b"1")
    storage.write("a/d.txt", b"2")
    storage.delete("a/b/c.txt")
    storage.delete("a/b/c.txt")
    storage.delete("a")
    assert list(storage.list("a")) == ["a/d.txt"]
    assert not (tmp_path / "a" / "b").exists()


def test_delete_keeps_linked_folder(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "root")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "elsewhere")
    storage.write("a/b.txt", b"1")
    storage.delete("a/b.txt")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "root" / "a").is_symlink()


def test_kind_and_entries_of_foreign_files(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a/b/c.txt", b"1")
    storage.write("a/d.txt", b"2")
    os.mkfifo(tmp_path / "a" / "pipe")
    (tmp_path / "a" / "dangling").symlink_to("nothing")
    (tmp_path / "a" / "link").symlink_to("b")
    for open_it in (storage.open, storage.read):  # neither waits for a writer
        with pytest.raises(FileNotFoundError, match="not a file"):
            open_it("a/pipe")
        with pytest.raises(IsADirectoryError):
            open_it("a/b")
    kinds = {entry: storage.kind(entry) for entry in storage.entries("a/")}
    assert kinds == {
        "a/b/": Kind.FOLDER,
        "a/d.txt": Kind.FILE,
        "a/dangling": Kind.OTHER,
        "a/link/": Kind.FOLDER,
        "a/pipe": Kind.OTHER,
    }
    assert storage.kind("a/nothing") is None
    assert list(storage.entries()) == ["a/"]
    assert [list(storage.entries(name)) for name in ("nothing/", "a/d.txt")] == [[], []]


def test_size_without_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert [LocalStorage(tmp_path).size(name) for name in ("folder", "nothing", "folder/x")] == [None, None, None]


@pytest.mark.parametrize("folder", ["there", "new/deep"])
def test_check_writable_leaves_nothing(folder: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    open_storage(tmp_path / folder).check_writable()
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


@pytest.mark.parametrize("folder", ["file", "file/deep", "dangling", "x" * 300])
def test_check_writable_unusable_folder(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere/deep")
    with pytest.raises(OSError, match=r"File exists|Not a directory|too long|No such file"):
        open_storage(tmp_path / folder).check_writable()
    assert {path.name for path in tmp_path.iterdir()} == {"file", "dangling"}


def test_open_storage_takes_paths_and_strings(tmp_path: Path) -> None:
    open_storage(tmp_path / "a").write("x.txt", b"x")
    assert open_storage(str(tmp_path / "a")).read("x.txt") == b"x"
