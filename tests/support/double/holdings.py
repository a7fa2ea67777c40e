"""The holdings of an archive double: captures in index order, each with its payload.

`Held` keeps them in memory, `WarcHoldings` reads them from WARC files, and `Generated` generates each on demand, so that
a million of them need no memory.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from warcio.archiveiterator import ArchiveIterator

from crawler.archives.urlkey import surt
from pipelines.items import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Headers = tuple[tuple[str, str], ...]
HTML: Headers = (("Content-Type", "text/html; charset=utf-8"),)
ARCHIVE = "double"


@dataclass(frozen=True, slots=True)
class Payload:
    """An archived response: status, headers as captured, body as stored, and its WARC file."""

    status: int
    headers: Headers
    body: bytes
    source: str = "double.warc.gz"


class Holdings(Protocol):
    """A sequence of captures sorted by urlkey and timestamp. `load` returns None for a capture that is listed and lost."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Capture: ...
    def load(self, index: int) -> Payload | None: ...


def digest(body: bytes) -> str:
    """Return the payload digest as a CDX row has it: base32 of SHA-1."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def memento(
    url: str, timestamp: str, body: bytes | str = b"", *, status: int = 200, headers: Headers = HTML
) -> tuple[Capture, Payload]:
    """Return a capture and its payload, for `Held`."""
    stored = body.encode() if isinstance(body, str) else body
    mimetype = next((value.split(";")[0] for name, value in headers if name.lower() == "content-type"), "unk")
    row = Capture(surt(url), timestamp, url, mimetype, str(status), digest(stored), str(len(stored) + 300), ARCHIVE)
    return row, Payload(status, headers, stored)


class Held:
    """Captures in memory. A payload of None is a capture that is listed and lost."""

    def __init__(self, entries: Iterable[tuple[Capture, Payload | None]]) -> None:
        self._entries = sorted(entries, key=lambda entry: (entry[0].urlkey, entry[0].timestamp))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Capture:
        return self._entries[index][0]

    def load(self, index: int) -> Payload | None:
        return self._entries[index][1]


class Generated:
    """`count` captures made on demand: `capture(i)` in index order, and the payload of a capture."""

    def __init__(self, count: int, capture: Callable[[int], Capture], payload: Callable[[Capture], Payload]) -> None:
        self._count, self._capture, self._payload = count, capture, payload

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Capture:
        return self._capture(index)

    def load(self, index: int) -> Payload | None:
        return self._payload(self._capture(index))


def generated(
    count: int, host: str = "bench.example", *, per_page: int = 1000, changes_every: int = 50, name: str = "privacy"
) -> Generated:
    """Return `count` captures of policies on `host`, six hours apart, whose text changes at a fixed number of captures.

    `name` is the last part of each page's address.
    """
    key = surt(f"http://{host}/")
    first = datetime(2000, 1, 1, tzinfo=UTC)

    def body(stamp: str, text: int) -> bytes:
        sentence = f"Edition {text} of our privacy policy says which personal data we collect and why we keep it. "
        return f"<html><title>Privacy Policy</title><!-- {stamp} --><p>{sentence * 40}</p></html>".encode()

    def capture(index: int) -> Capture:
        page, turn = divmod(index, per_page)
        stamp = (first + turn * timedelta(hours=6)).strftime("%Y%m%d%H%M%S")
        path = f"{page:06d}/{name}"
        return Capture(
            f"{key}{path}", stamp, f"http://{host}/{path}", "text/html", "200", _made_up_digest(index), "1500", ARCHIVE
        )

    def payload(row: Capture) -> Payload:
        turn = (datetime.strptime(row.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - first) // timedelta(hours=6)
        return Payload(200, HTML, body(row.timestamp, turn // changes_every))

    return Generated(count, capture, payload)


def _made_up_digest(index: int) -> str:
    return digest(index.to_bytes(8, "big"))


class WarcHoldings:
    """The responses and revisits of WARC files. Only their index is in memory.

    A revisit's payload is that of the capture it refers to, or else one with its digest; None if the files have neither.
    """

    def __init__(self, *paths: Path) -> None:
        rows = sorted(
            (row for path in paths for row in _index(path)), key=lambda row: (row[0].urlkey, row[0].timestamp)
        )
        self._rows = rows
        self._by_digest = {capture.digest: at for capture, at in reversed(rows) if not capture.is_revisit}

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Capture:
        return self._rows[index][0]

    def load(self, index: int) -> Payload | None:
        capture, place = self._rows[index]
        if not capture.is_revisit:
            return _read(place)
        original = self._by_digest.get(capture.digest)
        return _read(original) if original else None


_Place = tuple[Path, int]


def _index(path: Path) -> list[tuple[Capture, _Place]]:
    rows = []
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream)
        for record in iterator:
            if record.rec_type not in {"response", "revisit"}:
                continue
            offset = iterator.get_record_offset()
            capture = _row(record)
            length = iterator.get_record_length()
            rows.append((Capture(*capture, str(length), ARCHIVE), (path, offset)))
    return rows


def _row(record: Any) -> tuple[str, str, str, str, str, str]:
    url = record.rec_headers.get_header("WARC-Target-URI")
    stamp = "".join(filter(str.isdigit, record.rec_headers.get_header("WARC-Date")))[:14]
    sha1 = (record.rec_headers.get_header("WARC-Payload-Digest") or "-").removeprefix("sha1:")
    if record.rec_type == "revisit":
        return surt(url), stamp, url, "warc/revisit", "-", sha1
    mimetype = (record.http_headers.get_header("Content-Type") or "unk").split(";")[0].strip()
    return surt(url), stamp, url, mimetype, record.http_headers.get_statuscode(), sha1


def _read(place: _Place) -> Payload:
    path, offset = place
    with path.open("rb") as stream:
        stream.seek(offset)
        record = next(iter(ArchiveIterator(stream)))
        status = int(record.http_headers.get_statuscode())
        return Payload(status, tuple(record.http_headers.headers), record.raw_stream.read(), path.name)
