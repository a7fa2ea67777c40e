"""Keys by internetarchive/surt, which is AGPL and stays outside this project's own environment.

As a script, run by the Python of an environment that has `surt` (pywb's), it reads a URL as JSON from each line and
writes its key, or null if surt raises an exception. Names are not looked up.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class SurtReference:
    """A process that answers with surt's keys. A context manager."""

    def __init__(self, python: Path) -> None:
        command: list[str | Path] = [python, "-W", "ignore", __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def keys(self, urls: Iterable[str]) -> Iterator[str | None]:
        """Yield the key of each URL, or None where surt raises an exception."""
        assert self._process.stdin
        assert self._process.stdout
        for url in urls:
            self._process.stdin.write(f"{json.dumps(url)}\n")
            self._process.stdin.flush()
            yield json.loads(self._process.stdout.readline())


def _numeric(host: str | bytes) -> str:
    """Read the numbers of an IPv4 address as gethostbyname(3) does, which surt calls, but ask no name server."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode() if isinstance(host, bytes) else host))
    except OSError:
        raise socket.gaierror from None


def _main() -> None:
    socket.gethostbyname = _numeric
    socket.gethostbyname_ex = lambda host: (str(host), [], [_numeric(host)])
    from surt import surt  # noqa: PLC0415

    for line in sys.stdin:
        try:
            key = surt(json.loads(line))
        except Exception:  # noqa: BLE001
            key = None
        print(json.dumps(key), flush=True)  # noqa: T201


if __name__ == "__main__":
    _main()
