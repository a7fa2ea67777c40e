"""A copy of some records of the output's WARC files, byte for byte, as one WARC file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.archiveiterator import ArchiveIterator

from pipelines.output.stored_memento import NoMember, read_packed_member, stored_memento_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warcio.recordloader import ArcWarcRecord

    from pipelines.items import Memento
    from pipelines.output.storage import Storage
    from pipelines.output.stored_memento import Place

_PREFIX = "warc/"


@dataclass(frozen=True, slots=True)
class CopiedRecord:
    """A record in the copy: where it stands there and where it is from (bytes), and what its headers say."""

    offset: int
    length: int
    source: str
    source_offset: int
    type: str
    id: str
    url: str
    date: str
    payload_digest: str
    status: str
    media_type: str


@dataclass(frozen=True, slots=True)
class CopiedMemento:
    """A memento whose records were copied. `retrieved` (ISO 8601) is empty if nothing says when it was received.

    `payload` is the record with its body, another one than `record` for a revisit. `request` is None without a record of
    the request.
    """

    memento: Memento
    retrieved: str
    record: CopiedRecord
    payload: CopiedRecord
    request: CopiedRecord | None


class WarcCopy:
    """Records of the WARC files of a storage. Each is copied once; before those of a file stands its warcinfo record."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._members: list[bytes] = []
        self._size = 0
        self._file = ""
        self._copied: dict[Place, CopiedRecord] = {}

    @property
    def data(self) -> bytes:
        """The WARC file."""
        return b"".join(self._members)

    @property
    def records(self) -> Iterable[CopiedRecord]:
        """The records in the order of the file, but for warcinfo records."""
        return self._copied.values()

    def add(self, row: Mapping[str, Any]) -> CopiedMemento:
        """Copy the records of a memento, which is checked. `row` is of the table `mementos`. Raises RecordUnreadable."""
        kept = stored_memento_of(self._storage, _PREFIX, row)
        memento = kept.read()
        payload = self._copy(kept.payload)
        record = self._copy(kept.record)
        request = self._request((kept.record[0], row["offset"] + row["length"]), record)
        retrieved = row["retrieved"] or (request.date if request else "")
        return CopiedMemento(memento, retrieved, record, payload, request)

    def _request(self, place: Place, response: CopiedRecord) -> CopiedRecord | None:
        """Copy the record of the request for a response, which stands after it; None if another or none stands there."""
        try:
            record = _parsed(read_packed_member(self._storage, *place)[0])
        except NoMember:
            return None
        is_its_own = record.rec_type == "request" and _header(record, "WARC-Concurrent-To") == response.id
        return self._copy(place) if is_its_own else None

    def _copy(self, place: Place) -> CopiedRecord:
        if place not in self._copied:
            plain, packed = read_packed_member(self._storage, *place)
            self._begin_file(place[0])
            self._copied[place] = _copied(_parsed(plain), self._size, len(packed), place)
            self._append(packed)
        return self._copied[place]

    def _begin_file(self, name: str) -> None:
        """Append the warcinfo record of a file, which tells of the records after it, unless they go on."""
        if name == self._file:
            return
        self._file = name
        try:
            plain, packed = read_packed_member(self._storage, name, 0)
            if _parsed(plain).rec_type == "warcinfo":
                self._append(packed)
        except NoMember:
            return

    def _append(self, member: bytes) -> None:
        self._members.append(member)
        self._size += len(member)


def _copied(record: ArcWarcRecord, offset: int, length: int, source: Place) -> CopiedRecord:
    http = record.http_headers
    is_response = http is not None and record.rec_type != "request"
    media_type = str(http.get_header("Content-Type") or "").partition(";")[0].strip().lower() if is_response else ""
    return CopiedRecord(
        offset=offset,
        length=length,
        source=source[0],
        source_offset=source[1],
        type=str(record.rec_type),
        id=_header(record, "WARC-Record-ID"),
        url=_header(record, "WARC-Target-URI"),
        date=_header(record, "WARC-Date"),
        payload_digest=_header(record, "WARC-Payload-Digest"),
        status=str(http.get_statuscode()) if is_response else "",
        media_type=media_type,
    )


def _header(record: ArcWarcRecord, name: str) -> str:
    return str(record.rec_headers.get_header(name) or "").strip()


def _parsed(plain: bytes) -> ArcWarcRecord:
    """Return the record that a member holds. Raises NoMember."""
    try:
        return next(iter(ArchiveIterator(BytesIO(plain))))
    except Exception as error:  # warcio raises many kinds on damaged records
        raise NoMember(f"no WARC record: {error or type(error).__name__}") from error
