"""A server on 127.0.0.1 that plays recorded exchanges of the Wayback Machine, byte for byte, as one archive.

Listings are made of the recorded rows, in JSON, whatever the question; what was not recorded is answered as the archive
answers for what it does not have.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from crawler.archives.cdx_rows import FIELDS
from crawler.archives.urlkey import urlkey_of
from tests.support.recorded import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.support.recorded import Exchange

_NOT_SENT = {"connection", "content-length", "transfer-encoding"}
_UNKNOWN = b"<p>The Wayback Machine has not archived that URL.</p>"


class Replay:
    """Recorded exchanges by their path, and rows to list."""

    def __init__(self, exchanges: Iterable[Exchange], rows: Iterable[Sequence[str]]) -> None:
        self._played = {unquote(each.url.removeprefix(BASE)): each for each in exchanges if not each.is_listing}
        self._rows = sorted({tuple(row) for row in rows})
        self.paths: list[str] = []
        """The paths of playback that were asked for."""

    def listing(self, query: str) -> bytes:
        """Return the rows of an exact question's page, or of a domain's pages; nothing goes beyond one answer."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        key = urlkey_of(asked["url"] if "//" in asked["url"] else f"http://{asked['url']}")
        domain = key.partition(")")[0]
        exact = asked.get("matchType", "exact") == "exact"
        found = [
            row for row in self._rows if (row[0] == key if exact else row[0].startswith((f"{domain})", f"{domain},")))
        ]
        return json.dumps([list(FIELDS), *found] if found else []).encode()

    def answer(self, path: str, base: str) -> tuple[int, Iterable[tuple[str, str]], bytes]:
        """Return status, headers and body; the archive's own address in headers becomes `base`."""
        parts = urlsplit(path)
        if parts.path.startswith("/cdx/"):
            return 200, [("Content-Type", "application/json")], self.listing(parts.query)
        self.paths.append(path)
        found = self._played.get(unquote(path))
        if found is None:
            return 404, [("Content-Type", "text/html")], _UNKNOWN
        headers = [(name, _at(base, value)) for name, value in found.headers if name.lower() not in _NOT_SENT]
        return found.status, headers, found.body


def _at(base: str, value: str) -> str:
    """Return a header with `base` for the archive's own address, which some have without its scheme."""
    return value.replace(BASE, base).replace(BASE.partition(":")[2], base.partition(":")[2])


@contextmanager
def served(replay: Replay) -> Iterator[str]:
    """Serve a replay; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = replay.answer(self.path, f"http://{self.headers['Host']}")
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
