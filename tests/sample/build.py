"""Builds the embedded sample archive: `python -m tests.sample.build` writes crawler/archives/sample/sample.warc.gz.

The same sources give the same records, byte for byte: times come from the table, record ids from the capture, nonces
from its timestamp. Only the compression may differ between builds of zlib.
"""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from tests.sample.captures import CAPTURES, LOST, PAGES, Spec

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "crawler" / "archives" / "sample" / "sample.warc.gz"

_BLOCK = re.compile(r"<!--\[([\w ]+)\]-->(.*?)<!--\[/\]-->", re.DOTALL)
_REASONS = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}
_LOST_PAYLOAD = b"a payload that no WARC holds"
_INFO = {"software": "tests/sample/build.py", "description": "Five invented companies; see tests/sample/captures.py"}


def render(spec: Spec) -> bytes:
    """Return the body of a capture as it was served, in its page's encoding."""
    page = PAGES[spec.page]
    text = (HERE / "pages" / page.source).read_text("utf-8")
    text = _BLOCK.sub(lambda block: block[2] if page.version in block[1].split() else "", text)
    stamp = spec.nonce_of or spec.timestamp
    values = {
        "nonce": hashlib.sha256(stamp.encode()).hexdigest()[:10],
        "timestamp": stamp,
        "date": f"{stamp[6:8]}/{stamp[4:6]}/{stamp[:4]}",
        "location": spec.location,
        "policy": spec.location,
    }
    return re.sub(r"@@(\w+)@@", lambda name: values[name[1]], text).encode(page.encoding)


def build() -> bytes:
    """Return the whole archive as the bytes of a gzipped WARC 1.1, one member a record, in order of time."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    info = writer.create_warcinfo_record(SAMPLE.name, _INFO)
    info.rec_headers.replace_header("WARC-Date", _warc_date(CAPTURES[-1].timestamp))
    info.rec_headers.replace_header("WARC-Record-ID", _record_id("warcinfo"))
    writer.write_record(info)
    for spec in CAPTURES:
        writer.write_record(_record(writer, spec))
    return out.getvalue()


def _record(writer: WARCWriter, spec: Spec) -> Any:
    body = render(spec)
    headers = {
        "WARC-Date": _warc_date(spec.timestamp),
        "WARC-Record-ID": _record_id(f"{spec.timestamp} {spec.url}"),
    }
    if not spec.revisit_of:
        return writer.create_warc_record(
            spec.url,
            "response",
            io.BytesIO(body),
            length=len(body),  # else warcio buffers in temporary files that it does not close
            warc_headers_dict=headers,
            http_headers=_http_headers(spec, body),
        )
    url, date, payload = _original(spec)
    return writer.create_revisit_record(
        spec.url,
        _digest(payload),
        url,
        date,
        warc_headers_dict=headers,
        http_headers=_http_headers(spec, payload),
    )


def _original(spec: Spec) -> tuple[str, str, bytes]:
    """URL, WARC date and payload of what a revisit refers to; `LOST` ones refer to what never was."""
    if spec.revisit_of == LOST:
        return spec.url, "2017-10-09T10:10:10Z", _LOST_PAYLOAD
    original = next(s for s in CAPTURES if s.timestamp == spec.revisit_of and s.page == spec.page)
    return original.url, _warc_date(original.timestamp), render(original)


def _http_headers(spec: Spec, body: bytes) -> StatusAndHeaders:
    fields = [("Content-Type", PAGES[spec.page].content_type), ("Content-Length", str(len(body)))]
    if spec.status in {301, 302}:
        fields.append(("Location", spec.location))
    return StatusAndHeaders(f"{spec.status} {_REASONS[spec.status]}", fields, protocol="HTTP/1.1")


def _warc_date(timestamp: str) -> str:
    moment = datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _record_id(name: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}>"


def _digest(payload: bytes) -> str:
    digester = Digester("sha1")
    digester.update(payload)
    return str(digester)


if __name__ == "__main__":
    SAMPLE.parent.mkdir(parents=True, exist_ok=True)
    SAMPLE.write_bytes(build())
