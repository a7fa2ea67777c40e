"""A forward proxy on 127.0.0.1 with a password, before an archive with another password. Plain HTTP, no CONNECT."""

from __future__ import annotations

import http.client
import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


@contextmanager
def forward_proxy(*, proxy_login: str, archive_login: str) -> Iterator[tuple[str, list[int]]]:
    """Yield host and port, and the statuses of the answers so far: 407 or 401 without the logins (`user:password`)."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = self._answer()
            statuses.append(status)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> tuple[int, list[tuple[str, str]], bytes]:
            if self.headers["Proxy-Authorization"] != basic(proxy_login):
                return 407, [("Proxy-Authenticate", "Basic")], b""
            if self.headers["Authorization"] != basic(archive_login):
                return 401, [("WWW-Authenticate", "Basic")], b""
            parts = urlsplit(self.path)
            upstream = http.client.HTTPConnection(parts.netloc, timeout=60)
            upstream.request("GET", self.path.removeprefix(f"http://{parts.netloc}"), headers={"User-Agent": "proxy"})
            found = upstream.getresponse()
            body = found.read()
            upstream.close()
            kept = [(name, value) for name, value in found.getheaders() if name.lower() not in _HOP_BY_HOP]
            return found.status, kept, body

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", statuses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_HOP_BY_HOP = {"transfer-encoding", "connection", "content-length"}
