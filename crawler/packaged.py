"""Paths of the files that come with the program, also in an egg, which Scrapyd runs without unpacking it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def packaged(name: str) -> Path:
    """Return the path of a file or folder under `crawler/`; in a zip file, that of a copy which ends with the process."""
    path = Path(__file__).parent / name
    return path if path.exists() else _copied(files("crawler") / name)


def _copied(source: Traversable) -> Path:
    target = Path(_folder().name) / source.name
    _copy(source, target)
    return target


@cache
def _folder() -> TemporaryDirectory[str]:
    """Return a temporary folder, which the interpreter removes at its end."""
    return TemporaryDirectory(prefix="wayback-policies-")


def _copy(source: Traversable, target: Path) -> None:
    if not source.is_dir():
        target.write_bytes(source.read_bytes())
        return
    target.mkdir()
    for part in source.iterdir():
        _copy(part, target / part.name)
