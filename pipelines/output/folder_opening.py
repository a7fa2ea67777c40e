"""What is done to an output folder as it is opened: catalog and WARC files are looked through for what a run has to know.

Of several writers one does it at a time, and leaves alone what another one is appending to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipelines.catalog.database import file_of
from pipelines.catalog.upgrade import is_empty
from pipelines.errors import OutputError
from pipelines.output.foreign_catalog import (
    files_of_runs,
    refuse_foreign_catalog,
    refuse_lost_catalog,
    refuse_other_folders_catalog,
)
from pipelines.output.retrieval_dates import fill_retrieved
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipelines.catalog.writer import Catalog
    from pipelines.output.folder_locks import FolderLocks
    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.output.warc_writer import WarcStore

logger = logging.getLogger(__name__)


def check_before_opening(root: Location, storage: Storage, catalog_url: str) -> None:
    """Raise OutputError for files of earlier runs without their catalog, before SQLite makes one. Raises ArgumentError."""
    if file := file_of(catalog_url):
        refuse_lost_catalog(root, storage, file)


def enter(root: Location, storage: Storage, locks: FolderLocks, db: Connection) -> None:
    """Take what is locked through a server's connection. Raises OutputError for a foreign database, which stays empty."""
    locks.enter(db)
    refuse_foreign_catalog(root, storage, lambda: is_empty(db), is_shared=True)
    db.rollback()  # the question has begun a transaction


def bring_up_to_date(root: Location, storage: Storage, catalog: Catalog, warcs: WarcStore, locks: FolderLocks) -> None:
    """Make a folder ready for a run, and the run known to others. Raises OutputError for a folder of another catalog."""
    refuse_foreign_catalog(root, storage, catalog.is_new, is_shared=catalog.locks is not None)
    ends = catalog.warc_ends()
    if locks.is_shared:
        refuse_other_folders_catalog(root, storage, lambda: ends)
    if ends and locks.is_shared and storage.appends_in_place:
        _refuse_empty_folder(root, storage)
    locks.begin(catalog)
    if count := catalog.reopen_outdated():
        logger.info("asking again for %s: the program has changed since", quantity(count, "unreadable capture"))
    others = locks.files_of_others(ends)
    ended = {file: end for file, end in ends.items() if file not in others}
    if locks.is_shared:
        warcs.share(locks, catalog.has_records_in)
    warcs.resume(ended)
    _note_damage(storage, catalog, warcs, ended)
    if count := fill_retrieved(catalog, storage, warcs.name("")):
        logger.info("%s of an earlier release: read from warc/ when retrieved", quantity(count, "memento"))
    locks.opened()


def _refuse_empty_folder(root: Location, storage: Storage) -> None:
    """Raise OutputError if a folder has none of the files that the catalog on a server knows: it may not be mounted.

    A crawl would take all records for lost, also for those who work in the right folder.
    """
    if not any(files_of_runs(storage)):
        lost = storage.location("text/lost.txt")
        raise OutputError(
            f"{root}: has no text and no WARC file, and the catalog knows some: is the folder mounted, and is it the "
            f"OUTPUT_DIR of the other runs? If the files are lost, write anything to {lost}, and run this again"
        )


def _note_damage(storage: Storage, catalog: Catalog, warcs: WarcStore, ends: dict[str, int]) -> None:
    for found in warcs.damage(ends):
        lost, used = catalog.set_trouble_after(*found)
        if lost:
            logger.warning(
                "%s: %s; %s", storage.location(warcs.name(found.file)), found.what(lost), found.mend(lost, used)
            )
