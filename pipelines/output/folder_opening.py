"""What is done to an output folder as it is opened: catalog and WARC files are looked through for what a run has to know.

Of several writers one does it at a time, and leaves alone what another one is appending to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipelines.errors import OutputError
from pipelines.output.location import local_folder
from pipelines.output.retrieval_dates import fill_retrieved
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.catalog.writer import Catalog
    from pipelines.output.folder_locks import FolderLocks
    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.output.warc_writer import WarcStore

logger = logging.getLogger(__name__)


def bring_up_to_date(root: Location, storage: Storage, catalog: Catalog, warcs: WarcStore, locks: FolderLocks) -> None:
    """Make a folder ready for a run, and the run known to others. Raises OutputError for a folder of another catalog."""
    _refuse_foreign_catalog(root, storage, catalog)
    ends = catalog.warc_ends()
    if ends and locks.is_shared and storage.appends_in_place:
        _refuse_empty_folder(root, storage)
    locks.begin(catalog)
    if count := catalog.reopen_outdated():
        logger.info("asking again for %s: the program has changed since", quantity(count, "unreadable capture"))
    others = locks.files_of_others(ends)
    ends = {file: end for file, end in ends.items() if file not in others}
    if locks.is_shared:
        warcs.share(locks, catalog.has_records_in)
    warcs.resume(ends)
    _note_damage(storage, catalog, warcs, ends)
    if count := fill_retrieved(catalog, storage, warcs.name("")):
        logger.info("%s of an earlier release: read from warc/ when retrieved", quantity(count, "memento"))
    locks.opened()


def _refuse_foreign_catalog(root: Location, storage: Storage, catalog: Catalog) -> None:
    """Raise OutputError if the folder has files of earlier runs that the catalog, an empty one, does not know.

    A crawl would delete these texts as leftovers. The catalog is asked again after the files were seen: those of another
    writer are younger than its first row.
    """
    if catalog.is_new() and any(storage.size(name) for name in _files_of_runs(storage)) and catalog.is_new():
        remedy = _remedy(storage, is_shared=catalog.locks is not None)
        place = _place(root, storage)
        raise OutputError(
            f"{place}: has texts or WARC files of earlier runs, and the catalog is empty: {remedy}, or use another "
            "OUTPUT_DIR and crawl this folder's warc with archive="
        )


def _refuse_empty_folder(root: Location, storage: Storage) -> None:
    """Raise OutputError if a folder has none of the files that the catalog on a server knows: it may not be mounted.

    A crawl would take all records for lost, also for those who work in the right folder.
    """
    if not any(_files_of_runs(storage)):
        lost = storage.location("text/lost.txt")
        raise OutputError(
            f"{root}: has no text and no WARC file, and the catalog knows some: is the folder mounted, and is it the "
            f"OUTPUT_DIR of the other runs? If the files are lost, write anything to {lost}, and run this again"
        )


def _place(root: Location, storage: Storage) -> str:
    """Return the folder, and the one on this machine if a killed run has left files there."""
    has_spooled = any(storage.unfinished("warc/"))
    return f"{root}, or {local_folder(root)} on this machine" if has_spooled else str(root)


def _remedy(storage: Storage, *, is_shared: bool) -> str:
    """Return where the catalog is. In a folder with a catalog.db, an empty one is on a server."""
    if is_shared and storage.size("catalog.db"):
        return "this folder's is catalog.db, which can't be moved to a server: leave CATALOG_URL out"
    return "put the catalog back (see CATALOG_URL)"


def _files_of_runs(storage: Storage) -> Iterator[str]:
    yield from (name for name in storage.list("warc/") if name.endswith(".warc.gz"))
    yield from (name for name in storage.list("text/") if name.endswith(".txt"))


def _note_damage(storage: Storage, catalog: Catalog, warcs: WarcStore, ends: dict[str, int]) -> None:
    for found in warcs.damage(ends):
        lost, used = catalog.set_trouble_after(*found)
        if lost:
            logger.warning(
                "%s: %s; %s", storage.location(warcs.name(found.file)), found.what(lost), found.mend(lost, used)
            )
