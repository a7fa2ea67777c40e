"""When the mementos of earlier releases were retrieved, which only the WARC files say: the date of each one's request."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator

from pipelines.output.stored_memento import NoMember, read_member

if TYPE_CHECKING:
    from pipelines.catalog.writer import Catalog
    from pipelines.output.storage import Storage

UNKNOWN = ""
"""The date of a memento whose request record is not there."""
_BATCH = 1_000


def fill_retrieved(catalog: Catalog, storage: Storage, prefix: str) -> int:
    """Read the dates that the catalog lacks from the WARC files under `prefix`; return how many mementos lacked one."""
    count = 0
    while rows := catalog.mementos_without_date(_BATCH):
        catalog.set_retrieved({key: _date_at(storage, prefix + file, end) for key, file, end in rows})
        count += len(rows)
    return count


def _date_at(storage: Storage, name: str, offset: int) -> str:
    """Return the WARC-Date of the request record at `offset`, where the record of its response ends."""
    try:
        data = read_member(storage, name, offset)
    except NoMember:
        return UNKNOWN
    try:
        record = next(iter(ArchiveIterator(BytesIO(data))))
    except Exception:  # noqa: BLE001 - warcio raises many kinds on damaged records
        return UNKNOWN
    return (record.rec_headers.get_header("WARC-Date") or UNKNOWN) if record.rec_type == "request" else UNKNOWN
