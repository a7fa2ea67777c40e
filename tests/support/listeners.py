"""A mail server and a webhook on loopback, which keep what they receive."""

from __future__ import annotations

import email
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


@dataclass
class Listener:
    """The port, what was received, and the answer: a status of HTTP or a reply of SMTP."""

    port: int = 0
    answer: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    posts: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(message)
        return self.answer or "250 OK"


@contextmanager
def mail_server(answer: str = "") -> Iterator[Listener]:
    """Run an SMTP server that takes mail for anybody."""
    listener = Listener(port=free_port(), answer=answer)
    controller = Controller(listener, hostname="127.0.0.1", port=listener.port)
    controller.start()
    try:
        yield listener
    finally:
        controller.stop()


@contextmanager
def webhook(answer: str = "200") -> Iterator[Listener]:
    """Run an HTTP server that takes posts."""
    listener = Listener(answer=answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            listener.posts.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(int(listener.answer))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
