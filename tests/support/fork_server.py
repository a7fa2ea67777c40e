"""Fork server: `scrapy` commands in forks of a process that has Scrapy and the project imported already.

A command costs a fork instead of a second of imports, and a conversion worker is forked from a process that has the
language model loaded. A fork is a process of its own all the same: it has its own reactor, exit status, working folder,
environment, standard output and standard error. Commands that must start from nothing are started with
`scrapy(..., fresh=True)`.
"""

from __future__ import annotations

import gc
import importlib
import json
import multiprocessing.forkserver as mp_forkserver
import os
import pkgutil
import select
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import scrapy.commands
import scrapy.downloadermiddlewares
import scrapy.extensions
import scrapy.spidermiddlewares

import crawler
import pipelines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
REACTOR = "twisted.internet.reactor"
"""The module whose import installs a reactor. A fork needs one of its own."""
MODULES = (
    "scrapy.cmdline scrapy.core.downloader.handlers.http11 scrapy.core.scheduler scrapy.dupefilters scrapy.logformatter "
    "scrapy.pqueues scrapy.squeues scrapy.statscollectors twisted.internet.asyncioreactor twisted.web.client itemadapter "
    "sqlalchemy.dialects.sqlite rapidfuzz.process"
).split()
PACKAGES = {
    "crawler": crawler,
    "pipelines": pipelines,
    "scrapy.commands": scrapy.commands,
    "scrapy.downloadermiddlewares": scrapy.downloadermiddlewares,
    "scrapy.extensions": scrapy.extensions,
    "scrapy.spidermiddlewares": scrapy.spidermiddlewares,
}
"""Packages of which the server imports every module."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str


class ForkServer:
    """The process whose forks run commands, one at a time. It ends with its parent."""

    def __init__(self) -> None:
        self._replies, theirs = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", str(theirs)],
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            stdin=subprocess.PIPE,
            pass_fds=[theirs],
            text=True,
        )
        os.close(theirs)
        self._buffer = b""

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float, file_size: int = 0
    ) -> Ended:
        """Run `scrapy ARGUMENTS` in a fork. Raises TimeoutExpired after `timeout` seconds, and kills the fork.

        `file_size`: bytes that the fork can't write more of to a file, or 0.
        """
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            request = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "file_size": file_size}
            request |= {
                "out": f"/proc/{os.getpid()}/fd/{out.fileno()}",
                "err": f"/proc/{os.getpid()}/fd/{err.fileno()}",
            }
            self._send(request)
            pid = self._reply(timeout)
            if pid is None:
                raise subprocess.TimeoutExpired(["scrapy", *arguments], timeout)
            status = self._reply(timeout)
            if status is None:
                os.kill(pid, 9)
                self._reply(timeout)
                raise subprocess.TimeoutExpired(["scrapy", *arguments], timeout, _text(out), _text(err))
            return Ended(status, _text(out), _text(err))

    def close(self) -> None:
        """End the server, and wait for it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        os.close(self._replies)

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _reply(self, timeout: float) -> int | None:
        while b"\n" not in self._buffer:
            if not select.select([self._replies], [], [], timeout)[0]:
                return None
            data = os.read(self._replies, 4096)
            if not data:
                raise RuntimeError("the fork server has died; its standard error says why")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return int(line)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@cache
def fork_server() -> ForkServer | None:
    """Return this process's fork server, started on first use. None on systems without fork or /proc."""
    return ForkServer() if sys.platform == "linux" else None


def limit_file_size(most: int) -> None:
    """Let this process and its children write no more than `most` bytes to a file; 0 is no limit."""
    if most:
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def close_fork_server() -> None:
    """End this process's fork server, if one was started."""
    if fork_server.cache_info().currsize and (server := fork_server()):
        server.close()
        fork_server.cache_clear()


# What follows runs in the server's process.


def _preload() -> None:
    for name in MODULES:
        importlib.import_module(name)
    with warnings.catch_warnings(action="ignore", category=Warning):  # of modules that no command imports
        for name, package in PACKAGES.items():
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                importlib.import_module(module.name)
    assert REACTOR not in sys.modules
    _read_data()


def _read_data() -> None:
    """Read what every crawl reads: public suffixes, topics, syllables, and the patterns of pages that are no documents."""
    from crawler.discovery.site_owner import registered_domain  # noqa: PLC0415 - after the preload
    from pipelines.gate.no_document import no_document  # noqa: PLC0415
    from pipelines.similarity.readability import readability  # noqa: PLC0415
    from pipelines.topics.topics_file import default_topics  # noqa: PLC0415

    registered_domain("example.com")
    no_document("Title", "Text")
    default_topics()
    readability(["A sentence with words of several syllables"])


def _start_worker_server() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    mp_forkserver.set_forkserver_preload(["tests.support.warm_worker"])
    mp_forkserver.ensure_running()
    # Forks inherit the address of the running server, which is not their child: they can neither wait for nor restart it.
    mp_forkserver._forkserver.ensure_running = resource_tracker.ensure_running  # type: ignore[method-assign]


def _become(request: dict[str, Any]) -> None:
    """Give this fork the arguments, folder and environment of `python -m scrapy ARGUMENTS`."""
    from pipelines.convert import pool  # noqa: PLC0415 - after the preload
    from tests.support.worker_processes import WorkerContext  # noqa: PLC0415

    pool.CleanContext = WorkerContext  # type: ignore[attr-defined,assignment]
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    for number, path in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        file = os.open(path, os.O_RDWR | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    limit_file_size(request["file_size"])
    sys.path[0] = request["cwd"]
    sys.argv = ["scrapy", *request["arguments"]]


def _serve(replies: int) -> None:
    """Fork for each request, and reply with the fork's id and its exit status. Returns in forks, and at the end."""
    for line in iter(sys.stdin.readline, ""):
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(replies)
            _become(json.loads(line))
            return
        os.write(replies, b"%d\n" % pid)
        os.write(replies, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    sys.argv = []


def main() -> None:
    """Serve until standard input ends."""
    _preload()
    _start_worker_server()
    gc.collect()
    gc.freeze()  # the garbage collector would copy memory in each fork
    _serve(int(sys.argv[1]))
    if sys.argv:
        from scrapy.cmdline import execute  # noqa: PLC0415 - for forks

        execute()
    else:
        mp_forkserver._forkserver._stop()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
