"""Reading WARC files with warcio: the captures that a file holds, and the payload at an offset."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator
from warcio.utils import Digester

from pipelines.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warcio.recordloader import ArcWarcRecord

MAX_PAYLOAD = 64 * 1024 * 1024
"""Bytes read of one payload; what is longer is no policy, and would hold up everything else."""


@dataclass(frozen=True, slots=True)
class Held:
    """A capture in a WARC file: CDX fields and where its record begins. `refers_to` is set for revisits that say."""

    timestamp: str
    url: str
    mimetype: str
    statuscode: str
    digest: str
    offset: int
    length: int
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Payload:
    """An archived HTTP response; `body` is free of transfer and content encodings."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def read_captures(path: Path) -> Iterator[Held]:
    """Yield the responses and revisits of a WARC file. Raises ArchiveError naming file and offset."""
    with path.open("rb") as stream:
        records = ArchiveIterator(stream)
        try:
            for record in records:
                held = _held(record, records)
                if held:
                    yield held
        except ArchiveError:
            raise
        except Exception as error:  # warcio raises many kinds on damaged files
            offset = records.offset
            raise ArchiveError(f"{path}: damaged at byte {offset}: {error}; `warcio check` tells more") from error


def read_payload(path: Path, offset: int) -> Payload | None:
    """Return the HTTP response at `offset`, or None if the record has none."""
    with path.open("rb") as stream:
        stream.seek(offset)
        record = next(iter(ArchiveIterator(stream)), None)
        if record is None or record.http_headers is None:
            return None
        body = record.content_stream().read(MAX_PAYLOAD)
        headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
        return Payload(_status(record) or 200, headers, body)


def read_kept(record: tuple[Path, int], payload: tuple[Path, int]) -> Payload | None:
    """Return the HTTP response of a record whose body stands in another one if it is a revisit; None if it has none."""
    found = read_payload(*record)
    if record == payload or found is None:
        return found
    original = read_payload(*payload)
    return replace(found, body=original.body) if original else None


def _held(record: ArcWarcRecord, records: ArchiveIterator) -> Held | None:
    if record.rec_type not in {"response", "revisit"}:
        return None
    header = record.rec_headers.get_header
    url, date = header("WARC-Target-URI"), header("WARC-Date")
    timestamp = re.sub(r"\D", "", date or "")[:14]
    if not url or len(timestamp) != 14 or not url.startswith("http"):  # noqa: PLR2004
        return None
    revisit = record.rec_type == "revisit"
    digest = (header("WARC-Payload-Digest") or "").rpartition(":")[2] or _digest(record)
    status = _status(record)
    mimetype = "warc/revisit" if revisit else _mimetype(record)
    refers_to = " ".join(
        (re.sub(r"\D", "", header("WARC-Refers-To-Date") or "")[:14], header("WARC-Refers-To-Target-URI") or "")
    )
    offset = records.get_record_offset()
    length = records.get_record_length()  # reads to the record's end, so it comes last
    return Held(
        timestamp,
        url.strip("<>"),
        mimetype,
        "-" if revisit or not status else str(status),
        digest,
        offset,
        length,
        refers_to.strip(),
    )


def _status(record: ArcWarcRecord) -> int | None:
    code = record.http_headers.get_statuscode() if record.http_headers else ""
    return int(code) if code and code.isdigit() and 100 <= int(code) <= 599 else None  # noqa: PLR2004


def _mimetype(record: ArcWarcRecord) -> str:
    declared = (record.http_headers.get_header("Content-Type") if record.http_headers else "") or ""
    return declared.partition(";")[0].strip().lower() or "unk"


def _digest(record: ArcWarcRecord) -> str:
    """Return the base32 SHA-1 of the payload as stored, which is what a CDX digest is (edgi PR#189)."""
    digester = Digester("sha1")
    while chunk := record.raw_stream.read(65_536):
        digester.update(chunk)
    return str(digester).rpartition(":")[2]
