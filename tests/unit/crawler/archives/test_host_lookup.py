"""Why a host has no address: only a resolver that knows says that there is none."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from crawler.archives.host_lookup import is_unknown_host


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), True),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), False),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution"), False),
        (OSError("too many open files"), False),
        (None, False),
    ],
)
def test_is_unknown_host(answer: Exception | None, unknown: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    def getaddrinfo(*_: Any, **__: Any) -> list[object]:
        if answer:
            raise answer
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert asyncio.run(is_unknown_host("archive.example")) is unknown


@pytest.mark.parametrize(("host", "unknown"), [("127.0.0.1", False), ("::1", False), ("x" * 64 + ".example", True)])
def test_is_unknown_host_needs_no_network_for_these(host: str, *, unknown: bool) -> None:
    assert asyncio.run(is_unknown_host(host)) is unknown
