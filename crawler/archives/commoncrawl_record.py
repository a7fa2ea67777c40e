"""Answers of Common Crawl's servers: a record as the memento that it holds, or why there is none. Pure.

The data server answers a Range request with 206 and one gzip member, a record of a WARC or ARC file. Its other answers are
S3's (404 NoSuchKey, 403 AccessDenied in XML, 416) or those of the network before it. Both it and the index server answer
503, then 403 for all requests or an empty reply, to who asks too fast: these are refusals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from crawler.archives.listing_trouble import read_listing_trouble
from crawler.archives.playback import Absence, Refusal, read_trouble
from crawler.archives.response_headers import header_of, retry_after
from crawler.archives.targets import same_url
from crawler.archives.warc import replay
from crawler.archives.warc_dates import timestamp_of
from crawler.archives.warc_reader import RecordReader
from crawler.archives.warc_records import payload_of, target_url
from pipelines.defects import Defect, DefectKind
from pipelines.items import Fate

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.archives.warc_headers import Record
    from crawler.archives.warc_records import Payload

EMPTY_REPLY: Final = "empty reply"
"""Flag of a response that stands for a connection that was closed without one: how the index server slows clients down."""
NOT_KEPT: Final = "the data server does not have the record's file"
NOT_SHOWN: Final = "the data server does not show the record's file"
BEYOND_END: Final = "the record's file ends before it"
OTHER_BYTES: Final = "the data server sent other bytes than those asked for"
WHOLE_FILE: Final = "the data server sent the whole file, not the record"
DAMAGED: Final = "record damaged or gone"
ANOTHER: Final = "the record is another capture's"
NO_RESPONSE: Final = "the record holds no HTTP response"

_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.ASCII)
_DENIED: Final = b"<Code>AccessDenied</Code>"
_NO_SUCH_KEY: Final = b"<Code>NoSuchKey</Code>"
"""What S3 itself says (API reference, error responses). Any other 404 may be that of a proxy or a network's login."""
_ROWS: Final = (b"ndjson", b"cdxj", b"json")
"""What the Content-Type of an answer of the index itself has, though it has no rows."""
_MAX_DETAIL: Final = 200
_OK, _PART, _DENIED_STATUS, _MISSING, _BEYOND = 200, 206, 403, 404, 416


@dataclass(frozen=True, slots=True)
class AskedRecord:
    """A record that is asked for: the capture's timestamp and URL, and the offsets of its first and last byte."""

    timestamp: str
    url: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Read:
    timestamp: str
    url: str
    payload: Payload | None


def read_refusal(response: Response) -> Refusal | None:
    """Return the refusal that an answer of either server is, None if it is another."""
    if EMPTY_REPLY in response.flags:
        return Refusal(EMPTY_REPLY, None)
    is_denied = response.status == _DENIED_STATUS and _DENIED not in response.body
    if response.status in {429, 503} or is_denied:
        return Refusal(f"HTTP {response.status}", retry_after(response))
    return None


def read_index_trouble(response: Response) -> Absence | Refusal | None:
    """Return the refusal or transient failure that an answer of the index is; None for rows, and for none.

    An empty body is rows that were all filtered out if the index says that it is rows.
    """
    if refusal := read_refusal(response):
        return refusal
    content_type = (response.headers.get("Content-Type") or b"").lower()
    is_blank = response.status == _OK and not response.body.strip()
    if is_blank and not any(each in content_type for each in _ROWS):
        return Refusal(EMPTY_REPLY, None)
    return read_listing_trouble(response)


def read_record(response: Response, asked: AskedRecord, address: str) -> Response | Absence | Refusal:
    """Return the memento that the data server's answer holds, at `address`, or why there is none. Raises TooLarge."""
    if refusal := read_refusal(response):
        return refusal
    if response.status == _PART:
        match = _RANGE.fullmatch(header_of(response, "Content-Range").strip())
        size = asked.last - asked.first + 1
        if match and int(match[1]) == asked.first and match[3] != "*" and int(match[3]) <= asked.last:
            return _beyond_end()  # a server sends what there is of a range
        if not match or (int(match[1]), int(match[2])) != (asked.first, asked.last) or len(response.body) != size:
            return Absence(Fate.FAILED, OTHER_BYTES, is_transient=True)
        return _replayed(response.body, asked, address)
    if response.status == _OK:
        return Absence(Fate.FAILED, WHOLE_FILE, is_transient=True)
    return _absence(response)


def _absence(response: Response) -> Absence:
    if response.status == _BEYOND:
        return _beyond_end()
    if response.status == _MISSING and _NO_SUCH_KEY in response.body:
        return Absence(Fate.MISSING, NOT_KEPT)
    if response.status == _DENIED_STATUS:  # S3 says it also of everything, as in 2022, when it began to ask for a login
        return Absence(Fate.FAILED, NOT_SHOWN)
    trouble = read_trouble(response)
    return trouble if isinstance(trouble, Absence) else Absence(Fate.FAILED, f"HTTP {response.status} without a record")


def _beyond_end() -> Absence:
    return Absence(Fate.FAILED, BEYOND_END, defect=Defect(DefectKind.CUT, "416"))


def _replayed(member: bytes, asked: AskedRecord, address: str) -> Response | Absence:
    reading = RecordReader(BytesIO(member), _take).read_at(0)
    found = reading.taken
    if found is None or not reading.is_whole:
        detail = (reading.damage.cause if reading.damage else NO_RESPONSE)[:_MAX_DETAIL]
        return Absence(Fate.CUT_SHORT, DAMAGED, is_transient=True, defect=Defect(DefectKind.CUT, detail))
    if found.timestamp != asked.timestamp or not same_url(found.url, asked.url):
        return Absence(Fate.FAILED, ANOTHER, defect=Defect(DefectKind.CUT, f"{found.timestamp} {found.url}"))
    if found.payload is None:
        return Absence(Fate.FAILED, NO_RESPONSE, defect=Defect(DefectKind.CUT, NO_RESPONSE))
    return replay(address, found.payload, found.timestamp, found.url)


def _take(record: Record) -> _Read:
    return _Read(timestamp_of(record.date), target_url(record.url), payload_of(record))
