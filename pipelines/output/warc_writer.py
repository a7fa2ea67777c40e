"""The WARC files of the output folder: every memento received, as ISO 28500 (WARC 1.1) has it, for any other software.

Each memento is two records: a response or, where a kept one has the same payload, a revisit of that; and the request to
the archive that brought it. Both are appended in one write, so that a kill leaves whole records or, rarely, a torn end
that `resume` cuts off.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOTDIR
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipelines.items import moment_of
from pipelines.output.storage import Kind
from pipelines.output.warc_damage import Damage
from pipelines.output.warc_ends import can_go_on, problem_of
from pipelines.output.warc_names import NAME, claimed_number, name_of, new_number, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipelines.items import Memento
    from pipelines.output.storage import Storage
    from pipelines.output.warc_names import WarcFileLocks

WARC_SIZE = 1_000_000_000
"""Bytes after which a new WARC file is begun (ISO 28500 annex C recommends 1 GB)."""

_NOT_STORED = {"content-encoding", "transfer-encoding", "content-length", "connection", "location"}
"""Headers that do not hold for the stored body, or (Location) are stored as captured instead."""

REQUEST_HEADERS = {"accept", "accept-encoding", "accept-language", "range", "user-agent"}
"""What is stored of the headers of a request. A list of what is allowed, as a secret can stand under any name: those of a
proxy and of the archive itself, and whatever DEFAULT_REQUEST_HEADERS adds."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response or revisit record is: a file's name, offset and length in bytes."""

    file: str
    offset: int
    length: int


class HeadersAsReceived(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """HTTP headers whose values are bytes as Latin-1, and are written as such: warcio encodes them anew, or fails."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        return bytes(self.to_str(filter_func).encode("latin-1", "replace")) + b"\r\n"


class WarcStore:
    """The files `<prefix>policies-<number>.warc.gz` of a storage, one gzip member a record, appended."""

    def __init__(self, storage: Storage, prefix: str, *, software: str, max_size: int = WARC_SIZE) -> None:
        """Take the storage, the folder of the WARC files in it (`warc/`), and the software that warcinfo records name."""
        self._storage = storage
        self._prefix = prefix
        self._software = software
        self._max_size = max_size
        self._number = 1
        """Of the file that is appended to; with several writers 0 before this one has taken a file."""
        self._newest = 0
        self._locks: WarcFileLocks | None = None
        self._is_known: Callable[[str], bool] = lambda _: False

    def share(self, locks: WarcFileLocks, is_known: Callable[[str], bool]) -> None:
        """Let other processes write to the folder as well: each to a file that it has claimed.

        `is_known` says of a file's name whether the catalog has records of it.
        """
        self._locks, self._is_known = locks, is_known

    def resume(self, ends: dict[str, int]) -> None:
        """Go on after a run, in the newest file or in one after it.

        `ends` has, by file name, the byte after the last record that the catalog knows. The torn record that a kill may
        leave at the end of the newest file is cut off; whole records stay, known or not. A file that has lost records, or
        is none of ours, is left as it is, and its name is never used again: offsets in the catalog would lead astray.
        """
        if self._prefix and self._storage.kind(self._prefix) not in {Kind.FOLDER, None}:
            # e.g. a link to a disk that isn't mounted: its records are not lost
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), self._storage.location(self._prefix))
        entries = self._storage.entries(self._prefix)
        names = {*ends, *(entry.removeprefix(self._prefix).rstrip("/") for entry in entries)}
        numbers = numbers_of(names)
        if self._locks:
            self._newest = max(numbers, default=0)
            known = self._with_room(numbers)
            self._number = claimed_number(self._locks, known, lambda file: self._can_go_on(file, ends))
        elif numbers:
            newest = max(numbers)
            self._number = newest if self._can_go_on(numbers[newest], ends) else newest + 1
        self._finish_others(ends)

    def _with_room(self, numbers: Mapping[int, str]) -> dict[int, str]:
        """Return the files that are not full and, as far as that is known without a question, not finished."""
        if not self._storage.appends_in_place:
            unfinished = set(self._storage.unfinished(self._prefix))
            numbers = {number: file for number, file in numbers.items() if self.name(file) in unfinished}
        return {number: file for number, file in numbers.items() if not self._is_full(file)}

    def _can_go_on(self, file: str, ends: dict[str, int]) -> bool:
        name = self.name(file)
        return self._storage.can_append(name) and can_go_on(self._storage, name, ends.get(file, 0))

    def _finish_others(self, ends: dict[str, int]) -> None:
        """Finish what earlier runs have left, but the file that this run goes on in, and those that have lost records."""
        for name in self._storage.unfinished(self._prefix):
            file = name.removeprefix(self._prefix)
            is_ours = file != name_of(self._number) and (self._locks is None or self._locks.claim_file(file))
            if is_ours and can_go_on(self._storage, name, ends.get(file, 0)):
                self._storage.finish(name)

    def finish(self) -> None:
        """Put the current file in its place for good. More that is appended goes to another one."""
        if self._number:
            self._storage.finish(self.name(name_of(self._number)))

    def damage(self, ends: dict[str, int]) -> list[Damage]:
        """Return what can be seen without reading them of WARC files that are gone, replaced or cut off."""
        found = ((file, end, problem_of(self._storage, self.name(file), end)) for file, end in sorted(ends.items()))
        return [Damage(file, *problem) for file, _, problem in found if problem]

    def append(
        self, memento: Memento, *, retrieved: str = "", request: Headers = (), same_as: tuple[str, str] | None = None
    ) -> Place:
        """Append a memento and the request for it; a file is never left with a part of them.

        `retrieved` is the date of the request record (ISO 8601, UTC; now if empty), `request` its headers. `same_as` is
        timestamp and URL of a memento stored earlier whose payload is the same.
        """
        file = self._current()
        start = self._storage.size(self.name(file)) or 0
        records = BytesIO()
        writer = WARCWriter(records, gzip=True, warc_version="WARC/1.1")
        if start == 0:
            info = {"software": self._software, "format": "WARC File Format 1.1"}
            writer.write_record(writer.create_warcinfo_record(file, info))
        offset = records.tell()
        response = _response(writer, memento, same_as)
        writer.write_record(response)
        length = records.tell() - offset
        made = {
            "WARC-Date": retrieved or now(),
            "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
        }
        writer.write_record(_request(writer, memento, request, made))
        start = self._storage.append(self.name(file), records.getvalue())
        return Place(file, start + offset, length)

    def name(self, file: str) -> str:
        """Return the name in the storage of the WARC file `file`."""
        return self._prefix + file

    def _current(self) -> str:
        """Return the file to append to: the next one if this is full, or was finished where files are closed for good."""
        if self._locks and (not self._number or self._is_closed(name_of(self._number))):
            self._number = self._newest = new_number(self._locks, self._newest, self._is_free)
        while not self._locks and self._is_closed(name_of(self._number)):
            self._number += 1
        return name_of(self._number)

    def _is_closed(self, file: str) -> bool:
        """Whether nothing more goes to a file. One that is full is finished."""
        name = self.name(file)
        if not self._is_full(file) and self._storage.can_append(name):
            return False
        self._storage.finish(name)
        return True

    def _is_full(self, file: str) -> bool:
        return (self._storage.size(self.name(file)) or 0) >= self._max_size

    def _is_free(self, file: str) -> bool:
        return self._storage.kind(self.name(file)) is None and not self._is_known(file)


def is_own_name(file: str) -> bool:
    """Whether a file is named as this program's WARC files are."""
    return NAME.fullmatch(file) is not None


def payload_digest(body: bytes) -> str:
    """Return the SHA-1 of a body in base32, as CDX indexes and WARC headers have it."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def _response(writer: WARCWriter, memento: Memento, same_as: tuple[str, str] | None) -> Any:
    """Return the record of what was captured: at the URL and date of the capture, with the archive's headers."""
    facts = {"WARC-Date": warc_date(memento.timestamp), "WARC-Source-URI": memento.source_url}
    if memento.is_truncated:
        facts["WARC-Truncated"] = "length"
    headers = [(name, value) for name, value in memento.headers if name.lower() not in _NOT_STORED]
    if memento.location:
        headers.append(("Location", memento.location[1]))
    headers.append(("Content-Length", str(len(memento.body))))
    http = HeadersAsReceived(status_line(memento.status), headers, protocol="HTTP/1.1")
    if same_as:
        digest = f"sha1:{payload_digest(memento.body)}"
        first = (same_as[1], warc_date(same_as[0]))
        return writer.create_revisit_record(memento.url, digest, *first, http_headers=http, warc_headers_dict=facts)
    body = BytesIO(memento.body)
    return writer.create_warc_record(
        memento.url, "response", payload=body, length=len(memento.body), http_headers=http, warc_headers_dict=facts
    )


def _request(writer: WARCWriter, memento: Memento, headers: Headers, facts: dict[str, str]) -> Any:
    """Return the record of the request to the archive. `facts` are WARC headers: when it was made, and its response."""
    parts = urlsplit(memento.source_url)
    target = memento.source_url.partition("#")[0].partition(parts.netloc)[2] or "/"
    stored = [("Host", parts.netloc), *(pair for pair in headers if pair[0].lower() in REQUEST_HEADERS)]
    http = HeadersAsReceived(f"GET {target} HTTP/1.1", stored, is_http_request=True)
    return writer.create_warc_record(memento.url, "request", http_headers=http, warc_headers_dict=facts)


def now() -> str:
    """Return the present second as WARC-Date has it (ISO 8601, UTC)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def warc_date(timestamp: str) -> str:
    """Return 14 digits as WARC-Date has them."""
    return moment_of(timestamp).strftime("%Y-%m-%dT%H:%M:%SZ")


def status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"
