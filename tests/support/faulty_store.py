"""A proxy before an object store that answers some requests wrongly, late or not at all, as stores do."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Fault = int | str | float | None
"""A status to answer at once; "lost": the request is done and its answer lost; seconds to wait; None: passed on."""


@dataclass
class FaultyStore:
    """The address of the proxy, and what was asked (method and path). `fault` decides on each request."""

    endpoint: str = ""
    fault: Callable[[str, str], Fault] = lambda _method, _path: None
    code: str = "InternalError"
    page: int = 1_000
    """Keys of a page of a listing."""
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def faulty_store(behind: str) -> Iterator[FaultyStore]:
    """Serve what is at the address `behind`."""
    store = FaultyStore()
    handler = type("Handler", (_Handler,), {"store": store, "behind": urlsplit(behind).netloc})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    store.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ClassVar[FaultyStore]
    behind: ClassVar[str]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.asked.append((self.command, self.path))
        fault = self.store.fault(self.command, self.path)
        if isinstance(fault, int):
            text = f"<Error><Code>{self.store.code}</Code><Message>AKIA secret</Message></Error>".encode()
            self._answer(fault, [], b"" if self.command == "HEAD" else text)
            return
        if isinstance(fault, float):
            time.sleep(fault)
        connection = http.client.HTTPConnection(self.behind, timeout=60)
        path = f"{self.path}&max-keys={self.store.page}" if "list-type=2" in self.path else self.path
        connection.request(self.command, path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if fault == "lost":
            self.close_connection = True
            return
        self._answer(answer.status, answer.getheaders(), data)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        length = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the class's names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
