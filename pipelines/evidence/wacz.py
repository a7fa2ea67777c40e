"""A WACZ file (Web Archive Collection Zipped 1.1.1): records, their index and a list of pages, to be replayed anywhere.

The same content gives the same bytes: entries have no times, and none is compressed, as libraries compress differently.
https://specs.webrecorder.net/wacz/1.1.1/
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipelines.evidence.warc_copy import CopiedRecord

VERSION: Final = "1.1.1"
_RECORDS: Final = "records.warc.gz"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP file can express."""
_UNIX: Final = 3
_READABLE: Final = 0o100644 << 16
_PLAIN: Final = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to begin at: what was captured when (14 digits), and its title."""

    url: str
    timestamp: str
    title: str


@dataclass(frozen=True, slots=True)
class About:
    """What datapackage.json says of the whole; the page is the one to show first."""

    title: str
    description: str
    software: str
    page: Page


def wacz(
    warc: bytes, index: bytes, pages: Iterable[Page], about: About, *, more: Mapping[str, bytes] | None = None
) -> bytes:
    """Return a WACZ file of a WARC file and the index of it. `more` are files for people, by name; in folders."""
    files = {
        f"archive/{_RECORDS}": warc,
        "indexes/index.cdx": index,
        "pages/pages.jsonl": _page_lines(pages),
        **(more or {}),
    }
    package = _json(_package(files, about))
    files["datapackage.json"] = package
    files["datapackage-digest.json"] = _json({"path": "datapackage.json", "hash": _sha256(package)})
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as container:
        for name, data in files.items():
            container.writestr(_entry(name), data)
    return buffer.getvalue()


def cdxj(records: Iterable[CopiedRecord], urlkey: Callable[[str], str]) -> bytes:
    """Return the index of captured responses in CDXJ: key, timestamp, and facts as JSON, sorted. `urlkey` gives a SURT."""
    lines = [_line(each, urlkey) for each in records if each.type in {"response", "revisit"}]
    return "".join(sorted(lines)).encode()


def _line(record: CopiedRecord, urlkey: Callable[[str], str]) -> str:
    media_type = record.media_type if _PLAIN.fullmatch(record.media_type) else "unk"
    facts = {
        "url": record.url,
        "mime": "warc/revisit" if record.type == "revisit" else media_type,
        "status": record.status,
        "digest": record.payload_digest,
        "length": str(record.length),
        "offset": str(record.offset),
        "filename": _RECORDS,
    }
    key = re.sub(r"\s", "%20", urlkey(record.url))  # a URL that has no key stands for itself
    return f"{key} {re.sub('[^0-9]', '', record.date)[:14]} {json.dumps(facts)}\n"


def _page_lines(pages: Iterable[Page]) -> bytes:
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    rows = (
        {
            "id": hashlib.sha256(f"{page.timestamp} {page.url}".encode()).hexdigest()[:20],
            "url": page.url,
            "ts": _iso(page.timestamp),
            "title": page.title,
        }
        for page in pages
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in (head, *rows))


def _package(files: Mapping[str, bytes], about: About) -> dict[str, Any]:
    return {
        "profile": "data-package",
        "wacz_version": VERSION,
        "title": about.title,
        "description": about.description,
        "software": about.software,
        "mainPageUrl": about.page.url,
        "mainPageDate": _iso(about.page.timestamp),
        "resources": [
            {
                "name": name.rpartition("/")[2].lower(),
                "path": name,
                "hash": _sha256(data),
                "bytes": len(data),
            }
            for name, data in files.items()
        ],
    }


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EARLIEST)
    entry.create_system, entry.external_attr = _UNIX, _READABLE
    return entry


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _json(data: Any) -> bytes:
    return json.dumps(data, indent=2).encode() + b"\n"


def _iso(timestamp: str) -> str:
    return moment_of(timestamp).strftime("%Y-%m-%dT%H:%M:%SZ")
