"""A real HTTP server that speaks S3 (moto's), one for the session, and a bucket of its own for each test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING
from urllib.error import URLError

from filelock import FileLock

from tests.support.environments import environment
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s3cr3t/Key+of=tests"  # noqa: S105 - of a server that ends with the session
KEY = "AKIATESTS"
_START_SECONDS = 60
_numbers = count()
_ours: list[subprocess.Popen[bytes]] = []
"""The server, if this process has started it: the last user may be another one."""


@dataclass(frozen=True)
class ObjectStore:
    """A server's address."""

    endpoint: str

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that lead to it."""
        key = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
        return {**key, "AWS_ENDPOINT_URL": self.endpoint}

    def bucket(self) -> str:
        """Make a bucket; return its name."""
        name = f"tests-{os.getpid()}-{next(_numbers)}"
        _request("PUT", f"{self.endpoint}/{name}")
        return name

    def uploads(self, bucket: str) -> str:
        """Return the list of uploads in parts that are neither ended nor aborted."""
        return _request("GET", f"{self.endpoint}/{bucket}?uploads")


@contextmanager
def shared_object_store(folder: Path) -> Iterator[ObjectStore]:
    """Use the server of a session, whose folder this is. Its first user starts it, and the last one ends it."""
    state, lock = folder / "object-store.json", FileLock(folder / "object-store.lock")
    with lock:
        known = json.loads(state.read_text()) if state.exists() else {"users": 0, **_started()}
        state.write_text(json.dumps({**known, "users": known["users"] + 1}))
    try:
        yield ObjectStore(f"http://127.0.0.1:{known['port']}")
    finally:
        with lock:
            known = json.loads(state.read_text())
            state.write_text(json.dumps({**known, "users": known["users"] - 1}))
            if known["users"] == 1:
                os.kill(known["pid"], signal.SIGKILL)
                state.unlink()
                for process in _ours:
                    process.wait()


def _started() -> dict[str, int]:
    """Start moto's server; return its port and process."""
    port = free_port()
    program = environment("moto") / "moto_server"
    process = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            _request("GET", f"http://127.0.0.1:{port}/moto-api/")
        except URLError:
            time.sleep(0.1)
        else:
            _ours.append(process)
            return {"port": port, "pid": process.pid}
    process.kill()
    raise RuntimeError("moto's server does not answer")


def _request(method: str, url: str) -> str:
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return str(answer.read().decode())
