"""Reading WARC and ARC files: the captures of a file, and the payload of the record at an offset."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.archives.cdx_rows import media_type
from crawler.archives.http_body import read_body
from crawler.archives.warc_dates import date_digits, timestamp_of
from crawler.archives.warc_digests import UNKNOWN, declared_digest, is_of_nothing, stored_digest
from crawler.archives.warc_files import Part
from crawler.archives.warc_reader import RecordReader
from pipelines.errors import ArchiveError, RecordDamaged
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.archives.warc_damage import Damage
    from crawler.archives.warc_headers import Record

MAX_PAYLOAD = 64 * 1024 * 1024
"""Bytes of one payload. A longer one is no policy, and would delay all others."""

IMPOSSIBLE_DATE: Final = "impossible date"
IN_SEGMENTS: Final = "stored in segments, which are not joined"
"""The cause if a record holds the first segment of a payload (ISO 28500, 7)."""

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_TRUNCATED: Final = ("length", "time", "disconnect", "unspecified")
"""Values of WARC-Truncated (ISO 28500)."""
_CAPTURES: Final = {"response", "revisit", "resource"}
"""WARC-Types of captures. The others hold requests, metadata and what was made of captures."""
_MAX_RECORD_ID: Final = 200
_NOT_MODIFIED_PROFILE: Final = "/server-not-modified"
_OTHER_SCHEME: Final = re.compile(r"<?(?!https?://)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""Addresses that are no web pages', and rightly so: `dns:`, `urn:`, `metadata:`."""


@dataclass(slots=True)
class WarcCapture:
    """A capture in a WARC file: its CDX fields and the offset of its record.

    `refers_to` is the date (up to 14 digits, as precise as it is) and the URL of the capture that a revisit names, with a
    space between them, `refers_id` the identifier of its record; both may be empty. `length` is 0 if damage hides the
    record's end. `digest_is_own` tells that the record names no digest, so that it was computed.
    """

    timestamp: str
    url: str
    mimetype: str
    statuscode: str
    digest: str
    offset: int = 0
    length: int = 0
    record_id: str = ""
    refers_to: str = ""
    refers_id: str = ""
    digest_is_own: bool = False


@dataclass(frozen=True, slots=True)
class Payload:
    """An archived HTTP response. `body` has no transfer and content encodings.

    `truncated` is the reason for which the archive's crawler cut the body (WARC-Truncated). `cut` is the cause if the
    stored body is not whole. Both are empty for a whole body. What is not UTF-8 in a header stands there as surrogates.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: str = ""
    cut: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.truncated and not self.cut


def read_captures(
    source: Part | Path,
    on_damage: Callable[[Damage], None] | None = None,
    on_unusable: Callable[[str], None] | None = None,
    on_record: Callable[[int], None] | None = None,
) -> Iterator[WarcCapture]:
    """Yield the responses, resources and revisits of a WARC or ARC file.

    `on_damage` gets each damaged part, and reading goes on after it. Without `on_damage`, damage raises ArchiveError,
    which names file and byte. A record that is not whole is yielded if it names its digest: so its capture is known, and
    is counted as lost. `on_unusable` gets the cause for each capture that can't be used, `on_record` each record's offset.
    """
    part = _part(source)
    with part.open() as file:
        reader: RecordReader[WarcCapture | str] = RecordReader(file, _capture, part.start)
        for found in reader.walk(on_record):
            taken = found.taken
            if isinstance(taken, str):
                if on_unusable is not None:
                    on_unusable(taken)
            elif taken is not None and (found.is_whole or not taken.digest_is_own):
                taken.offset = found.offset
                taken.length = found.end - found.offset if found.end is not None else 0
                yield taken
            if found.damage is not None and on_damage is None:
                raise ArchiveError(f"{part.path}: {found.damage}")
            if found.damage is not None and on_damage is not None:
                on_damage(found.damage)


def read_payload(source: Part | Path, offset: int) -> Payload | None:
    """Return the HTTP response at `offset`, or None if the record has none. Raises RecordDamaged, TooLarge."""
    part = _part(source)
    try:
        with part.open() as file:
            found = RecordReader(file, payload_of, part.start).read_at(offset)
    except OSError as error:
        raise RecordDamaged(f"{part.path}: {error.strerror or error}") from error
    if not found.is_whole:
        raise RecordDamaged(f"{part.path}: {found.damage or f'no record at byte {offset}'}")
    return found.taken


def read_stored(record: tuple[Part | Path, int], payload: tuple[Part | Path, int]) -> Payload | None:
    """Return the HTTP response of `record`, with the body of `payload` if it is a revisit; None without a response.

    A revisit that stores no HTTP headers, or those of a 304 response, has the headers of `payload` too. Both are file and
    offset. Raises RecordDamaged, TooLarge.
    """
    found = read_payload(*record)
    if record == payload:
        return found
    original = read_payload(*payload)
    if found is None or original is None or found.status == _NOT_MODIFIED:
        return original
    return replace(found, body=original.body, truncated=original.truncated, cut=original.cut)


def _part(source: Part | Path) -> Part:
    return Part(source) if isinstance(source, Path) else source


def payload_of(record: Record) -> Payload | None:
    """Return the HTTP response of a record that was read up to its payload; None if it has none. Raises TooLarge."""
    if record.kind not in _CAPTURES or (record.kind == "revisit" and record.http is None):
        return None
    headers = record.http.headers if record.http else _made_headers(record)
    status = (record.http and record.http.status) or _OK
    if record.kind == "revisit":  # without a body, which its WARC-Truncated says (ISO 28500)
        return Payload(status, headers, b"")
    named: dict[str, str] = {}
    for name, value in headers:  # a header that stands twice has both values (RFC 9110, 5.3)
        named[name.lower()] = f"{named[name.lower()]}, {value}" if name.lower() in named else value
    body, cut = read_body(record.block.read_all(MAX_PAYLOAD + 1), named, MAX_PAYLOAD)
    cut = IN_SEGMENTS if "warc-segment-number" in record.fields else cut
    return Payload(status, headers, body, _truncated(record), cut if 200 <= status < 300 else "")  # noqa: PLR2004


def _made_headers(record: Record) -> tuple[tuple[str, str], ...]:
    """Return the headers of a payload that is stored without any: the media type that the record names."""
    is_known = record.content_type and not record.content_type.lower().startswith("application/http")
    return (("Content-Type", record.content_type),) if is_known else ()


def _truncated(record: Record) -> str:
    reason = record.fields.get("warc-truncated", "").lower()
    return reason if not reason or reason in _TRUNCATED else "unspecified"


def _capture(record: Record) -> WarcCapture | str | None:
    """Return the capture that a record is, why it can't be used, or None if it is none."""
    if record.kind not in _CAPTURES or (not record.is_web and _OTHER_SCHEME.match(record.url)):
        return None
    timestamp = timestamp_of(record.date)
    url = target_url(record.url)
    if problem := url_problem(url) or ("" if timestamp else IMPOSSIBLE_DATE):
        return problem
    header = record.fields.get
    revisit = record.kind == "revisit"
    declared = declared_digest(header("warc-payload-digest", ""))
    if header("warc-profile", "").lower().endswith(_NOT_MODIFIED_PROFILE) and is_of_nothing(declared):
        declared = ""  # that of the 304 response's body, not of the page's
    return WarcCapture(
        timestamp=timestamp,
        url=url,
        mimetype="warc/revisit" if revisit else _mimetype(record),
        statuscode="-" if revisit else _status(record),
        digest=declared or (UNKNOWN if revisit else stored_digest(record.block)),
        record_id=_identifier(header("warc-record-id", "")),
        refers_to=_reference(record) if revisit else "",
        refers_id=_identifier(header("warc-refers-to", "")) if revisit else "",
        digest_is_own=not declared and not revisit,
    )


def target_url(target: str) -> str:
    """Return the URL of a Target-URI: without the brackets of Wget 1.19, without a fragment, which is never requested."""
    return target.removeprefix("<").removesuffix(">").partition("#")[0].replace(" ", "%20")


def _identifier(value: str) -> str:
    """Return a record's identifier; some tools leave out the brackets in one place and not in the other."""
    return value.strip().removeprefix("<").removesuffix(">")[:_MAX_RECORD_ID]


def _reference(record: Record) -> str:
    """Return date and URL of the capture that a revisit refers to; empty without a usable URL."""
    url = target_url(record.fields.get("warc-refers-to-target-uri", ""))
    if url_problem(url):
        return ""
    return f"{date_digits(record.fields.get('warc-refers-to-date', ''))} {url}"


def _status(record: Record) -> str:
    if record.http is None:
        return str(_OK)
    return str(record.http.status or "-")


def _mimetype(record: Record) -> str:
    headers = record.http.headers if record.http else _made_headers(record)
    return media_type(next((value for name, value in headers if name.lower() == "content-type"), ""))
