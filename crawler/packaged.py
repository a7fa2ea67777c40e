"""Files that come with the program, as paths; also out of an egg, which Scrapyd runs as the zip file that it is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def packaged(name: str) -> Path:
    """Return the path of a file or folder under `crawler/`; of a copy, for as long as the process lives, if zipped."""
    path = Path(__file__).parent / name
    return path if path.exists() else _copied(files("crawler") / name)


def _copied(source: Traversable) -> Path:
    target = Path(_folder().name) / source.name
    _copy(source, target)
    return target


@cache
def _folder() -> TemporaryDirectory[str]:
    """Return a folder that the interpreter removes when it ends."""
    return TemporaryDirectory(prefix="wayback-policies-")


def _copy(source: Traversable, target: Path) -> None:
    if not source.is_dir():
        target.write_bytes(source.read_bytes())
        return
    target.mkdir()
    for part in source.iterdir():
        _copy(part, target / part.name)
