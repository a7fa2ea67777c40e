"""The HTTP/1.1 server of the double: asyncio streams, so that connections can be reset, cut, stalled and refused."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import struct
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.support.double import cdx, playback
from tests.support.double.answers import TEXT, Answer, Ending, Request
from tests.support.double.faults import FAULTS, fault_for, too_many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.double.behaviour import Behaviour
    from tests.support.double.holdings import Holdings

_CDX_PATHS = {"/cdx/search/cdx", "/web/timemap/cdx"}  # one and the same server since 2026
COUNTS_PATH = "/double/requests"
"""The path that returns the number of requests by kind, for tests that run the double in another process."""
_MOST_HEAD = 64 * 1024
_LAST_DATA_RECV = struct.Struct("@52xI")
"""tcpi_last_data_recv of Linux' struct tcp_info, in milliseconds, after eight bytes and eleven numbers of four bytes."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An answered request. `at` is its arrival in monotonic seconds; `status` is 0 if nothing was sent.

    `fault` is the name of the response's fault, `limit` for the 429 of a budget. Refused connections are not logged.
    """

    at: float
    kind: str
    path: str
    status: int
    fault: str = ""
    user_agent: str = ""


@dataclass
class Connections:
    """Counts of connections, and of requests being answered at once."""

    total: int = 0
    open: int = 0
    peak: int = 0
    busy: int = 0
    busiest: int = 0

    def opened(self) -> None:
        self.total += 1
        self.open += 1
        self.peak = max(self.peak, self.open)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            yield
        finally:
            self.busy -= 1


class Budget:
    """A sliding window of requests. Rejected requests do not count in it; they count towards the block."""

    def __init__(self) -> None:
        self._allowed: deque[float] = deque()
        self._refused: deque[float] = deque()

    def allows(self, limit: int, window: float) -> bool:
        now = time.monotonic()
        for times in (self._allowed, self._refused):
            while times and times[0] <= now - window:
                times.popleft()
        allowed = not limit or len(self._allowed) < limit
        (self._allowed if allowed else self._refused).append(now)
        return allowed

    @property
    def refused(self) -> int:
        return len(self._refused)


class Server:
    """Serves holdings with a behaviour. Both can be replaced while it runs."""

    def __init__(self, holdings: Holdings, behaviour: Behaviour, host: str = "127.0.0.1") -> None:
        """Take the address to listen at; one of IPv6 stands in brackets."""
        self.host = host
        self.holdings, self.behaviour = holdings, behaviour
        self.log: list[Logged] = []
        self.connections = Connections()
        self.errors: list[Exception] = []
        self.port = 0
        self._cdx = cdx.CdxServer()
        self._attempts: Counter[str] = Counter()
        self._budgets = {"cdx": Budget(), "playback": Budget()}
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._blocks = 0

    async def listen(self, port: int = 0) -> None:
        """Accept connections. Port 0 is any free port, which stays the same after a block."""
        family = socket.AF_INET6 if self.host.startswith("[") else socket.AF_INET
        self._listener = socket.create_server((self.host.strip("[]"), port), family=family)
        self._listener.setblocking(False)  # noqa: FBT003 - socket's own signature
        await asyncio.start_server(self._serve, sock=self._listener, limit=_MOST_HEAD)
        self.port = self._listener.getsockname()[1]

    def _shut(self) -> None:
        """Refuse connections. asyncio's Server.close is not used: it loses connections accepted just before (Python 3.11)."""
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener.fileno())
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        self._shut()
        await asyncio.sleep(0.01)  # a connection accepted just now must reach its task, which closes it
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections.opened()
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._exchange(reader, writer):
                    pass
        except asyncio.CancelledError:
            writer.transport.abort()
        except Exception as error:  # noqa: BLE001 - a fault of the double itself must fail the test, not look like the archive's
            self.errors.append(error)
            writer.transport.abort()
        finally:
            self.connections.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; return False if the connection has ended."""
        head = await reader.readuntil(b"\r\n\r\n")
        arrived = _arrival(writer)
        request = _parse(head)
        if request is None:
            await _send(writer, Answer(400, TEXT, b"Bad Request\n"), with_body=True)
            return False
        with self.connections.answering():
            if self.behaviour.latency:
                await asyncio.sleep(self.behaviour.latency)
            kind = _kind(request)
            answer, fault = self._answer(kind, request)
            status = 0 if answer.ending is Ending.RESET else answer.status
            agent = request.headers.get("user-agent", "")
            self.log.append(Logged(arrived, kind, request.target, status, fault, agent))
            await _send(writer, answer, with_body=request.method != "HEAD")
            return await self._end(answer, request, reader, writer)

    async def _end(
        self, answer: Answer, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """End a response in its `ending`; return False if that ends the connection."""
        if answer.ending is Ending.STALL:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), self.behaviour.stall_seconds)  # or until the client hangs up
        if answer.ending is Ending.RESET:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return answer.ending is Ending.WHOLE and request.headers.get("connection", "").lower() != "close"

    def _answer(self, kind: str, request: Request) -> tuple[Answer, str]:
        behaviour = self.behaviour
        if request.method not in {"GET", "HEAD"}:
            return Answer(405, TEXT, b"Method Not Allowed\n"), ""
        if behaviour.needs_user_agent and not request.headers.get("user-agent"):
            return Answer(400, TEXT, b"Bad Request\n"), ""
        if request.path == COUNTS_PATH:
            return Answer(200, TEXT, json.dumps(Counter(entry.kind for entry in self.log)).encode()), ""
        if kind == "other":
            return Answer(404, TEXT, b"Not Found\n"), ""
        if not self._within_budget(kind):
            return too_many(behaviour.retry_after), "limit"
        answer = self._honest(kind, request)
        fault = fault_for(behaviour, kind, request.target, self._attempts[request.target])
        self._attempts[request.target] += 1
        return (FAULTS[fault](answer, behaviour), fault) if fault else (answer, "")

    def _honest(self, kind: str, request: Request) -> Answer:
        if kind == "playback":
            base = f"http://{request.headers.get('host', f'{self.host}:{self.port}')}"
            return playback.answer(request.target, base, self.holdings, self.behaviour)
        query = request.target.partition("?")[2]
        answer = self._cdx.answer(query, self.holdings, self.behaviour)
        wanted = "gzip" in request.headers.get("accept-encoding", "") and "gzip=false" not in query
        if not wanted or not answer.body:
            return answer
        return replace(answer, body=gzip.compress(answer.body, 1, mtime=0)).with_headers(("Content-Encoding", "gzip"))

    def _within_budget(self, kind: str) -> bool:
        behaviour = self.behaviour
        limit = behaviour.cdx_limit if kind == "cdx" else behaviour.playback_limit
        if self._budgets[kind].allows(limit, behaviour.limit_window):
            return True
        if behaviour.block_after and sum(budget.refused for budget in self._budgets.values()) >= behaviour.block_after:
            self._block()
        return False

    def _block(self) -> None:
        """Refuse new connections, drop idle ones, and listen again on the same port after a while."""
        if not self._listener:
            return
        self._shut()
        seconds = self.behaviour.block_seconds * 2**self._blocks
        self._blocks += 1
        self._budgets = {"cdx": Budget(), "playback": Budget()}
        current = asyncio.current_task()
        for task in self._tasks - {current}:
            task.cancel()
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: self._tasks.add(loop.create_task(self._reopen())))

    async def _reopen(self) -> None:
        await self.listen(self.port)


def _arrival(writer: asyncio.StreamWriter) -> float:
    """Return the arrival of the last bytes in monotonic seconds, measured by the kernel because this loop may be late.

    Evenly sent requests must not look like a burst on a busy machine. Precise to the kernel's tick (1 to 10 ms).
    """
    now = time.monotonic()
    if not hasattr(socket, "TCP_INFO"):
        return now
    info = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECV.size)
    milliseconds: int = _LAST_DATA_RECV.unpack(info)[0]
    return now - milliseconds / 1000


def _kind(request: Request) -> str:
    if request.path in _CDX_PATHS:
        return "cdx"
    return "playback" if request.path.startswith("/web/") else "other"


def _parse(head: bytes) -> Request | None:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    target = words[1].removeprefix(f"http://{headers.get('host', '')}")
    return Request(words[0], target, headers)


async def _send(writer: asyncio.StreamWriter, answer: Answer, *, with_body: bool) -> None:
    if answer.ending is Ending.RESET:
        return
    framing = ("Transfer-Encoding", "chunked") if answer.chunked else ("Content-Length", str(len(answer.body)))
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", "Server: nginx"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, framing)]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8"))
    if with_body:
        whole = answer.ending is Ending.WHOLE
        body = answer.body if whole else answer.body[: len(answer.body) // 2]
        writer.write(_chunks(body, ended=whole) if answer.chunked else body)
    await writer.drain()


def _chunks(body: bytes, *, ended: bool) -> bytes:
    data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return data + b"0\r\n\r\n" if ended else data
