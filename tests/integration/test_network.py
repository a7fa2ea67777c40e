"""The way to an archive: IPv6 addresses, and proxies that are down, refuse, or can't be used."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.ports import free_port
from tests.support.service import WARC, crawl, sample_double, told_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.service import Clean

PEPPERRACK = "companies=pepperrack.example"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="needs IPv6 on this machine")
def test_an_archive_at_an_ipv6_address(clean: Clean, tmp_path: Path) -> None:
    with ArchiveDouble(WarcHoldings(WARC), host="[::1]") as double:
        run = crawl(double.url, tmp_path / "output", PEPPERRACK)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("pepperrack.example")
    assert run.report()["archive"] == double.url


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """A server that reads each connection's request and sends the next answer, the last one for ever."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                connection.sendall(answers[min(number, len(answers) - 1)])
            number += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


DENIED = b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n"
UNKNOWN = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "archive", "cause"),
    [(DENIED, "http://archive.example", "HTTP 403"), (UNKNOWN, "https://archive.example", "HTTP 407")],
    ids=["forwarding", "tunnel"],
)
def test_a_proxy_that_refuses_ends_the_run_and_is_named(
    answer: bytes, archive: str, cause: str, tmp_path: Path
) -> None:
    with answering(answer) as proxy:
        run = crawl(archive, tmp_path / "output", PEPPERRACK, PROXY=f"http://user:s3cret@{proxy}")
    assert told_once(run, f"proxy {proxy}: {cause}; see PROXY in docs/settings.md"), run.stderr
    assert "s3cret" not in run.stderr + run.stdout


def test_a_proxy_that_is_down_is_not_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("https_proxy", f"http://{proxy}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    run = crawl("https://archive.example", tmp_path / "output", PEPPERRACK)
    assert told_once(run, f"proxy {proxy}: connection refused"), run.stderr
    assert "everything pauses" not in run.stderr


def test_a_proxy_that_cannot_be_used_is_bad_usage(tmp_path: Path) -> None:
    run = crawl("https://archive.example", tmp_path / "output", PEPPERRACK, PROXY="socks5://user:s3cret@127.0.0.1:1080")
    assert run.status == 2
    assert "PROXY: a proxy at socks5:// can't be used" in run.stderr
    assert "s3cret" not in run.stderr
    assert not (tmp_path / "output").exists()


def test_a_proxy_that_fails_for_a_while_costs_nothing(clean: Clean, tmp_path: Path) -> None:
    """The double speaks as a forward proxy does; the first answer for each page is the proxy's own."""
    with sample_double(Behaviour(playback_first=("proxy",))) as double:
        run = crawl(double.url, tmp_path / "output", PEPPERRACK, PROXY=double.url)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("pepperrack.example")
