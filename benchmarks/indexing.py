"""A WARC file of many small records, by time and memory: `python -m benchmarks.indexing [--records 1000000]`.

The crawl (plan=1) indexes the file and lists it. The memory bound is that of issue 13.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from pathlib import Path

from benchmarks.listing import Listed, crawl

MEMORY_LIMIT = 500 * 1024 * 1024
"""Bytes of resident memory that the crawling process must stay under."""

BODY = b"<p>Page %d."
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
RECORD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>\r\n"
    b"WARC-Date: 2015-%02d-%02dT%02d:%02d:%02dZ\r\nWARC-Target-URI: http://bench.example/page/%d\r\n"
    b"Content-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha1:%s\r\n"
    b"Content-Length: %d\r\n\r\n%s\r\n\r\n"
)
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def write(path: Path, records: int) -> None:
    """Write a WARC file of small responses, in the order of no index."""
    with path.open("wb") as file:
        for number in range(records):
            page = number * 7919 % records  # as a crawler comes by them
            body = BODY % page
            http = HTTP % (len(body), body)
            second = number % 86_400
            date = (number % 12 + 1, number % 28 + 1, second // 3600, second // 60 % 60, second % 60)
            digest = bytes(_BASE32[(page >> shift) % 32] for shift in range(32))
            record = RECORD % (number, *date, page, digest, len(http), http)
            packer = zlib.compressobj(1, wbits=31) if path.suffix == ".gz" else None
            file.write(packer.compress(record) + packer.flush() if packer else record)


def measure(records: int, kind: str) -> Listed:
    """Index a file of `records` records, and list them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"small.{kind}"
        write(path, records)
        return crawl(str(path), Path(folder), records)


def main() -> None:
    """Measure half the records and all of them; end with status 1 if memory or growth is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("warc", "warc.gz"), default="warc.gz")
    given = parser.parse_args()
    half, whole = measure(given.records // 2, given.kind), measure(given.records, given.kind)
    for listed in (half, whole):
        print(f"{listed.rows:>9,} records  {listed.seconds:6.1f} s  {listed.memory / 2**20:5.0f} MB")
    growth = whole.seconds / half.seconds
    print(f"twice the records take {growth:.2f} times as long")
    if whole.rows != given.records or whole.memory > MEMORY_LIMIT or growth > 2.6:
        sys.exit("out of bounds")


if __name__ == "__main__":
    main()
