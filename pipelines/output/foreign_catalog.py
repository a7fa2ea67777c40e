"""A folder whose files the catalog does not know: none or an empty one beside texts or WARC files, or another folder's.

A crawl would delete these texts as leftovers, and `report` replace the report by an empty one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import OutputError
from pipelines.output.location import local_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipelines.output.location import Location
    from pipelines.output.storage import Storage


def refuse_foreign_catalog(
    root: Location,
    storage: Storage,
    is_new: Callable[[], bool],
    *,
    is_shared: bool,
    state: str = "the catalog is empty",
) -> None:
    """Raise OutputError if the folder has files of earlier runs that the catalog, an empty one, does not know.

    `is_new` is asked again after the files were seen: those of another writer are younger than the first row. `is_shared`:
    the catalog is on a server. `state` is what the message says of the catalog.
    """
    try:
        if is_new() and any(storage.size(name) for name in files_of_runs(storage)) and is_new():
            place, remedy = _place(root, storage), _remedy(storage, is_shared=is_shared)
            raise OutputError(
                f"{place}: has texts or WARC files of earlier runs, and {state}: {remedy}, or use another OUTPUT_DIR and "
                "crawl this folder's warc with archive="
            )
    except OSError as error:
        raise OutputError(f"{root}: can't read: {error.strerror or error}; see OUTPUT_DIR") from error


def refuse_lost_catalog(root: Location, storage: Storage, catalog: Path) -> None:
    """Raise OutputError if the folder has files of earlier runs, and the file of its catalog is gone, or has no byte."""

    def is_gone() -> bool:
        return not (catalog.is_file() and catalog.stat().st_size)

    refuse_foreign_catalog(root, storage, is_gone, is_shared=False, state=f"no catalog ({catalog})")


def refuse_other_folders_catalog(root: Location, storage: Storage, ends: Callable[[], Mapping[str, int]]) -> None:
    """Raise OutputError if the server's catalog is another folder's, where this one has a catalog.db of its own.

    It knows WARC files that are not here, or that catalog.db knows. A crawl would take its records for lost. `ends`
    returns the byte after the last known record, by WARC file.
    """
    own = _files_known_to(root / "catalog.db") if isinstance(root, Path) else set()
    for file, end in sorted(ends().items()) if own else ():
        if file in own or (storage.size(f"warc/{file}") or 0) < end:
            raise OutputError(
                f"{root}: has a catalog.db of its own, and the catalog of CATALOG_URL is another folder's (it knows another "
                f"warc/{file}): leave CATALOG_URL out, or move catalog.db away if it is of no use"
            )


def _files_known_to(catalog: Path) -> set[str]:
    """Return the WARC files that a catalog in a file knows; none for one that a refused run has made."""
    try:
        with closing(sqlite3.connect(f"{catalog.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            return {str(file) for (file,) in db.execute("SELECT DISTINCT file FROM mementos")}
    except sqlite3.Error:
        return set()


def files_of_runs(storage: Storage) -> Iterator[str]:
    """Yield the names of the WARC files and texts in a folder."""
    yield from (name for name in storage.list("warc/") if name.endswith(".warc.gz"))
    yield from (name for name in storage.list("text/") if name.endswith(".txt"))


def _place(root: Location, storage: Storage) -> str:
    """Return the folder, and the one on this machine if a killed run has left files there."""
    has_spooled = any(storage.unfinished("warc/"))
    return f"{root}, or {local_folder(root)} on this machine" if has_spooled else str(root)


def _remedy(storage: Storage, *, is_shared: bool) -> str:
    """Return where the catalog is. In a folder with a catalog.db, an empty one is on a server."""
    if is_shared and storage.size("catalog.db"):
        return "this folder's is catalog.db, which can't be moved to a server: leave CATALOG_URL out"
    return "put the catalog back (see CATALOG_URL)"
