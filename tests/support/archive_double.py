"""An archive double: the Wayback Machine's listings, playback and faults over HTTP on 127.0.0.1.

In a test:      with ArchiveDouble(WarcHoldings(path), Behaviour(latency=0.2)) as double: crawl(double.url)
As a process:   python -m tests.support.archive_double --warc sample.warc.gz --switch latency=0.2

Its behaviour follows recorded exchanges with the real archive and reports about it. The switches are in
tests/support/double/behaviour.py.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import dataclasses
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support.double.behaviour import Behaviour
from tests.support.double.holdings import Generated, Held, Holdings, Payload, WarcHoldings, generated, memento
from tests.support.double.hosting import HostingCompanies
from tests.support.double.server import Connections, Logged, Server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = [
    "ArchiveDouble",
    "Behaviour",
    "Generated",
    "Held",
    "Holdings",
    "Logged",
    "Payload",
    "WarcHoldings",
    "generated",
    "memento",
]


class ArchiveDouble:
    """A double that runs in its own thread from the start to the end of a `with` block.

    `behaviour` and `holdings` can be replaced while it runs, for a temporary fault or for captures indexed late.
    """

    def __init__(
        self, holdings: Holdings, behaviour: Behaviour | None = None, *, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self._server = Server(holdings, behaviour or Behaviour(), host)
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="archive-double", daemon=True)
        self._ready = threading.Event()
        self._done: asyncio.Event | None = None
        self._failure: OSError | None = None

    @property
    def url(self) -> str:
        """The address, as `archive=` takes it."""
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def log(self) -> list[Logged]:
        """All requests so far, in the order of their answers."""
        return list(self._server.log)

    @property
    def connections(self) -> Connections:
        return self._server.connections

    @property
    def behaviour(self) -> Behaviour:
        return self._server.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._server.behaviour = behaviour

    @property
    def holdings(self) -> Holdings:
        return self._server.holdings

    @holdings.setter
    def holdings(self, holdings: Holdings) -> None:
        self._server.holdings = holdings

    def requests(self, kind: str) -> list[Logged]:
        """Return the requests of one kind: `cdx`, `playback` or `other`."""
        return [entry for entry in self.log if entry.kind == kind]

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop and self._done:
            self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()
        if self._server.errors and error is None:
            raise ExceptionGroup("the double failed", self._server.errors)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._server.listen(self._port)
        except OSError as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._done.wait()
        await self._server.close()


def switches(settings: Sequence[str]) -> Behaviour:
    """Return the behaviour of `name=value` settings, whose values are Python literals. Raises ValueError."""
    known = {field.name for field in dataclasses.fields(Behaviour)}
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in known:
            raise ValueError(f"no switch {name!r}; there are {', '.join(sorted(known))}")
        try:
            values[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            values[name] = text
    return Behaviour(**values)


def _holdings(options: argparse.Namespace) -> Holdings:
    if options.warc:
        return WarcHoldings(*options.warc)
    if options.companies:
        return HostingCompanies(options.companies, options.generate, options.histories)
    return generated(options.generate, name=options.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the address of a double on one line and run it until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.archive_double", description=__doc__)
    contents = parser.add_mutually_exclusive_group(required=True)
    contents.add_argument("--warc", type=Path, nargs="+", help="WARC files to play back")
    contents.add_argument("--generate", type=int, metavar="N", help="make up N captures of bench.example")
    parser.add_argument("--companies", type=int, metavar="N", help="--generate: of N hosting companies instead")
    parser.add_argument("--name", default="privacy", help="--generate: the last part of each page's address")
    parser.add_argument(
        "--histories", type=int, default=0, metavar="N", help="--companies: those of the first N, repeated"
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help="see tests/support/double/behaviour.py"
    )
    options = parser.parse_args(arguments)
    try:
        behaviour, holdings = switches(options.switch), _holdings(options)
    except ValueError as error:
        parser.error(str(error))
    with ArchiveDouble(holdings, behaviour, port=options.port) as double, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{double.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
