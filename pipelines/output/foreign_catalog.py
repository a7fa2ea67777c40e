"""A folder whose files the catalog does not know: an empty catalog beside texts or WARC files of earlier runs.

A crawl would delete these texts as leftovers, and `report` replace the report by an empty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.errors import OutputError
from pipelines.output.location import local_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipelines.output.location import Location
    from pipelines.output.storage import Storage


def refuse_foreign_catalog(root: Location, storage: Storage, is_new: Callable[[], bool], *, is_shared: bool) -> None:
    """Raise OutputError if the folder has files of earlier runs that the catalog, an empty one, does not know.

    `is_new` is asked again after the files were seen: those of another writer are younger than the first row. `is_shared`:
    the catalog is on a server.
    """
    try:
        if is_new() and any(storage.size(name) for name in files_of_runs(storage)) and is_new():
            place, remedy = _place(root, storage), _remedy(storage, is_shared=is_shared)
            raise OutputError(
                f"{place}: has texts or WARC files of earlier runs, and the catalog is empty: {remedy}, or use another "
                "OUTPUT_DIR and crawl this folder's warc with archive="
            )
    except OSError as error:
        raise OutputError(f"{root}: can't read: {error.strerror or error}; see OUTPUT_DIR") from error


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
