"""A real Redis server for tests, of Debian's package: on a free port and a Unix socket, with a password, kept in memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import redis

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cret@half/w0rd#"  # noqa: S105 - of a server that ends with its test


@dataclass
class RedisServer:
    """A server that can be stopped, continued, killed and started again on the same port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The RATE_LIMIT_URL of the server."""
        return f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/0"

    @property
    def socket(self) -> Path:
        return self.folder / "redis.sock"

    def start(self, *options: str) -> None:
        """Start the server, and wait until it answers. Fails the test without redis-server: CI installs it."""
        program = shutil.which("redis-server") or shutil.which("redis-server", path="/usr/bin")
        assert program, "no redis-server: apt-get install redis-server"
        given = {"bind": "127.0.0.1 -::1", "port": self.port, "unixsocket": self.socket, "requirepass": PASSWORD}
        in_memory = {"save": "", "appendonly": "no", "dir": self.folder, "loglevel": "warning"}
        arguments = [part for name, value in {**given, **in_memory}.items() for part in (f"--{name}", str(value))]
        self.process = subprocess.Popen([program, *arguments, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._ping()
            except redis.RedisError:
                assert self.process.poll() is None, "redis-server ended at once"
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.02)

    def _ping(self) -> None:
        with self.client() as client:
            client.ping()

    def client(self) -> Any:
        """Return a connection of a test's own."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def kill(self) -> None:
        """End the server at once; it loses its state."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def signal(self, number: int) -> None:
        assert self.process
        os.kill(self.process.pid, number)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the server answer nothing within the block."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """Run a server from the start to the end of the block."""
    with TemporaryDirectory(prefix="policies-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start(*options)
        try:
            yield server
        finally:
            server.kill()
