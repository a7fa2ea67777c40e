"""What a machine's conversion depends on: two machines that agree in it make the same text of a page."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Final

from pipelines.convert import CONVERTER_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

_FOLDERS: Final = ("convert", "gate", "kinds", "similarity")
"""Packages of `pipelines` whose code and data decide a document and its facts; beside them, the modules at the top."""
_SUFFIXES: Final = (".py", ".json", ".yaml")
_LIBRARIES: Final = ("ada-url", "beautifulsoup4", "markdownify", "py3langid", "pypdfium2", "turbohtml")
"""Distributions whose code takes part in a conversion."""
_CODE: Final = "code of pipelines"


@cache
def program_version() -> Mapping[str, str]:
    """Return the versions of this process's Python, converter, code and libraries, by name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "converter": CONVERTER_VERSION, _CODE: _digest()}
    return found | {name: metadata.version(name) for name in _LIBRARIES}


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return in words what another machine has otherwise; empty if it makes the same texts. Pure."""
    parts = [_difference(name, there.get(name, "none"), own) for name, own in here.items() if there.get(name) != own]
    return ", ".join(parts)


def _difference(name: str, there: str, here: str) -> str:
    return f"other {name}" if name == _CODE else f"{name} {there} instead of {here}"


def _digest() -> str:
    """Return a hash of the package's code and data as they are installed, in a folder or in an egg."""
    sha = hashlib.sha256()
    root = resources.files("pipelines")
    files = [*_files(root, deep=False)]
    for name in _FOLDERS:
        files += _files(root / name, deep=True)
    for path, file in sorted(files, key=lambda each: each[0]):
        content = file.read_bytes().replace(b"\r\n", b"\n")  # as Git may have checked them out on Windows
        sha.update(f"{path} {len(content)}\n".encode() + content)
    return sha.hexdigest()


def _files(folder: Traversable, *, deep: bool, at: str = "") -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        path = f"{at or folder.name}/{each.name}"
        if each.name.endswith(_SUFFIXES):
            yield path, each
        elif deep and each.is_dir():
            yield from _files(each, deep=True, at=path)
