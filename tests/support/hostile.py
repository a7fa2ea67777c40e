"""Hostile content of an archive: rows, pages and files made to stop their reader."""

from __future__ import annotations

import json
import re
import socketserver
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from crawler.archives.cdx_rows import FIELDS as CDX_FIELDS
from pipelines.items import Capture
from tests.support.archive_double import Payload, memento

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entry = tuple[Capture, Payload | None]

STAMP = "20190301000000"
POLICY = (
    "<title>Privacy Policy - {name}</title><body><article><h1>Privacy Policy</h1>"
    + "<p>We at {name} collect personal information such as your name and e-mail address when you register. We use "
    "cookies. We do not share your personal information with third parties without your consent.</p>" * 8
)
LONG_LINK = "http://{domain}/p?%" + "25" * 1_000_000
EXPLOSION = "".join(f"<i id={n}>" for n in range(120_000)) + "<p>x" * 120_000
HOME = f'<body><a href="{LONG_LINK}">Privacy Policy</a><a href="/privacy*">Privacy Policy</a><a href="/privacy-policy">Privacy Policy</a>'

ORIGINALS = {
    "URL without a usable host": (
        "http://[evil/privacy-policy",
        "http://{domain}:99999/privacy-policy",
        "http:///privacy",
    ),
    "URL with half of a surrogate pair": ("http://{domain}/privacy-policy?\ud800",),
    "URL with control characters": ("http://{domain}/privacy\0policy", "http://{domain}/privacy-policy\x1b[2J"),
    "URL too long": ("http://{domain}/privacy-policy?" + "x" * 8_300, "http://{domain}/privacy?" + "ü" * 1_000),
    "row too long": ("http://{domain}/privacy-policy?" + "x" * 2_000_000,),
}
"""Unusable URLs (CDX `original`) by the cause under which their rows are counted."""
FIELDS: dict[str, dict[str, Any]] = {
    "impossible date": {"timestamp": "99999999999999"},
    "mimetype too long": {"mimetype": "x" * 300},
    "mimetype that is no text": {"mimetype": True},
    "digest with half of a surrogate pair": {"digest": "\udfff"},
    "length too long": {"length": 10**30},
    "not a flat row": {"statuscode": [200]},
}
"""Other unusable values of a row, by cause."""


def unusable_rows(domain: str) -> Iterator[tuple[str, Capture]]:
    """Yield unusable rows of a domain's privacy page, each with its cause."""
    row, _ = memento(f"http://{domain}/privacy-policy", "20180101000000")
    for cause, originals in ORIGINALS.items():
        for original in originals:
            yield cause, replace(row, original=original.format(domain=domain))
    for cause, values in FIELDS.items():
        yield cause, replace(row, **values)


def company(domain: str, *, home: str = HOME) -> Iterator[Entry]:
    """Yield the captures of a hostile company: a policy among unusable rows, and a home page."""
    for _, row in unusable_rows(domain):
        yield row, None
    yield memento(f"http://{domain}/", STAMP, home.format(domain=domain))
    yield memento(f"http://{domain}/privacy-policy", STAMP, POLICY.format(name=domain), headers=ODD_HEADERS)


ODD_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Set-Cookie", "grösse=1; path=/"),
    ("X-Long", "x" * 60_000),
)


def misled(domain: str) -> Iterator[Entry]:
    """Yield a page that is listed and lost: playback redirects to a capture of a second that does not exist."""
    row, payload = memento(f"http://{domain}/privacy", STAMP)
    yield row, None
    yield replace(row, timestamp="99999999999999"), payload


# An archive that sends these bytes unchanged; a proper HTTP server would refuse to.

DATE = b"Memento-Datetime: Fri, 01 Mar 2019 00:00:00 GMT\r\nContent-Type: text/html\r\n"
PLAYED: dict[str, bytes] = {
    "date": b"Memento-Datetime: Fri, 31 Dec 99999 00:00:00 GMT\r\n",
    "link": DATE + b"Link: " + b"<" * 15_000 + b', <http://[evil/>; rel="original"\r\n',
    "status": DATE,
    "odd": DATE
    + b"x-archive-orig-set-cookie: gr\xf6sse=1; a\x00b\r\nx-archive-orig-x y: z\r\nX-\xff: \x1b[2J\r\nno colon\r\n",
}
"""The headers of the privacy page of `<name>.example`."""
NOTHING = 8_000_000
"""Empty rows of a listing: half a gigabyte as Python's lists."""


def _raw(path: str) -> Iterable[bytes]:
    """Return the archive's response to a request for a path."""
    (name,) = re.findall(r"(\w+)\.example", unquote(path))[:1]
    if path.startswith("/cdx/"):
        return [_whole(200, b"", _listing(name, exact="matchType=exact" in path))]
    if name == "endless":
        return _endless()
    if name == "home" and path.endswith(".example/"):
        return [_whole(200, DATE, b"<p>" * 5_000_000)]
    status = 10**30 if name == "status" else 200
    return [_whole(status, PLAYED.get(name, DATE), POLICY.format(name=name).encode())]


def _listing(name: str, *, exact: bool) -> bytes:
    rows = [memento(f"http://{name}.example{path}", STAMP)[0] for path in ("/", "/privacy-policy")[name != "home" :]]
    table = [list(CDX_FIELDS), *([getattr(row, field) for field in CDX_FIELDS] for row in rows)]
    if name == "nothing":
        return b"[" + json.dumps(CDX_FIELDS).encode() + b",[]" * NOTHING + b"]"
    return b"[]" if exact else json.dumps(table).encode()


def _whole(status: int, headers: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %d OK\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)


def _endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from repeat(b"X-Any: %b\r\n" % (b"x" * 1_000) * 100)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):
            while line := self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                for piece in _raw(line.decode("latin-1").split(" ")[1]):
                    self.wfile.write(piece)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


@contextmanager
def raw_archive() -> Iterator[str]:
    """Run such an archive; yield its address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
