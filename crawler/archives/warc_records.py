"""Reading WARC files: the captures that a file holds, and the payload at an offset."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from warcio.utils import Digester

from crawler.archives.http_body import read_body
from crawler.archives.warc_reader import read_at, walk
from crawler.errors import ArchiveError, RecordDamaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warcio.recordloader import ArcWarcRecord

    from crawler.archives.warc_damage import Damage

logger = logging.getLogger(__name__)

MAX_PAYLOAD = 64 * 1024 * 1024
"""Bytes read of one payload; what is longer is no policy, and would hold up everything else."""

_FILE_BUFFER: Final = 1 << 18
_TRUNCATED: Final = ("length", "time", "disconnect", "unspecified")
"""Values of WARC-Truncated (ISO 28500)."""


@dataclass(frozen=True, slots=True)
class Held:
    """A capture in a WARC file: CDX fields and where its record begins. `refers_to` is set for revisits that say.

    `length` is 0 where damage hides the record's end; `digest_is_own` that the record has none, and it was computed.
    """

    timestamp: str
    url: str
    mimetype: str
    statuscode: str
    digest: str
    offset: int
    length: int
    refers_to: str = ""
    digest_is_own: bool = False


@dataclass(frozen=True, slots=True)
class Payload:
    """An archived HTTP response; `body` is free of transfer and content encodings.

    `truncated` is the reason why the crawler cut the body when it captured it, `cut` says by what it is found not to be
    whole; both are empty for whole ones.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: str = ""
    cut: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.truncated and not self.cut


def read_captures(path: Path, on_damage: Callable[[Damage], None] | None = None) -> Iterator[Held]:
    """Yield the responses and revisits of a WARC file.

    Damage is given to `on_damage`, and reading goes on behind it; without that, raises ArchiveError naming file and byte.
    A record that is not whole is yielded if it has its digest: so that its capture is known to be lost.
    """
    with path.open("rb", buffering=_FILE_BUFFER) as file:
        for found in walk(file, _held):
            if found.taken is not None and (found.is_whole or not found.taken.digest_is_own):
                length = found.end - found.offset if found.end is not None else 0
                yield replace(found.taken, offset=found.offset, length=length)
            if found.damage is not None and on_damage is None:
                raise ArchiveError(f"{path}: {found.damage}")
            if found.damage is not None and on_damage is not None:
                on_damage(found.damage)


def read_payload(path: Path, offset: int) -> Payload | None:
    """Return the HTTP response at `offset`, or None if the record has none. Raises RecordDamaged, TooLarge."""
    try:
        with path.open("rb") as file:
            found = read_at(file, offset, _payload)
    except OSError as error:
        raise RecordDamaged(f"{path}: {error.strerror or error}") from error
    if not found.is_whole:
        raise RecordDamaged(f"{path}: {found.damage}")
    return found.taken


def read_stored(record: tuple[Path, int], payload: tuple[Path, int]) -> Payload | None:
    """Return the HTTP response of a record whose body stands in another one if it is a revisit; None if it has none.

    Raises RecordDamaged, TooLarge.
    """
    found = read_payload(*record)
    if record == payload or found is None:
        return found
    original = read_payload(*payload)
    if original is None:
        return None
    return replace(found, body=original.body, truncated=original.truncated, cut=original.cut)


def _payload(record: ArcWarcRecord) -> Payload | None:
    if record.http_headers is None:
        return None
    headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
    status = _status(record) or 200
    if record.rec_type == "revisit":  # it has no body, and its WARC-Truncated is for that (ISO 28500)
        return Payload(status, headers, b"")
    named = {name.lower(): value for name, value in reversed(headers)}
    body, cut = read_body(record.raw_stream.read(MAX_PAYLOAD + 1), named, MAX_PAYLOAD)
    return Payload(status, headers, body, _truncated(record), cut if 200 <= status < 300 else "")  # noqa: PLR2004


def _truncated(record: ArcWarcRecord) -> str:
    reason = (record.rec_headers.get_header("WARC-Truncated") or "").strip().lower()
    return reason if not reason or reason in _TRUNCATED else "unspecified"


def _held(record: ArcWarcRecord) -> Held | None:
    if record.rec_type not in {"response", "revisit"}:
        return None
    header = record.rec_headers.get_header
    url, date = header("WARC-Target-URI"), header("WARC-Date")
    timestamp = re.sub(r"\D", "", date or "")[:14]
    if not url or len(timestamp) != 14 or not url.startswith("http"):  # noqa: PLR2004
        return None
    revisit = record.rec_type == "revisit"
    declared = (header("WARC-Payload-Digest") or "").rpartition(":")[2]
    status = _status(record)
    refers_to = " ".join(
        (re.sub(r"\D", "", header("WARC-Refers-To-Date") or "")[:14], header("WARC-Refers-To-Target-URI") or "")
    )
    return Held(
        timestamp=timestamp,
        url=url.strip("<>"),
        mimetype="warc/revisit" if revisit else _mimetype(record),
        statuscode="-" if revisit or not status else str(status),
        digest=declared or _digest(record),
        offset=0,
        length=0,
        refers_to=refers_to.strip(),
        digest_is_own=not declared,
    )


def _status(record: ArcWarcRecord) -> int | None:
    code = record.http_headers.get_statuscode() if record.http_headers else ""
    return int(code) if code and re.fullmatch(r"[1-5][0-9]{2}", code) else None


def _mimetype(record: ArcWarcRecord) -> str:
    declared = (record.http_headers.get_header("Content-Type") if record.http_headers else "") or ""
    return declared.partition(";")[0].strip().lower() or "unk"


def _digest(record: ArcWarcRecord) -> str:
    """Return the base32 SHA-1 of the payload as stored, which is what a CDX digest is (edgi PR#189)."""
    digester = Digester("sha1")
    while chunk := record.raw_stream.read(65_536):
        digester.update(chunk)
    return str(digester).rpartition(":")[2]
