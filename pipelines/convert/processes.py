"""Processes that start clean, keep to a memory limit and end with their parent."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from multiprocessing import connection
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_starting = threading.Lock()


class CleanProcess(SpawnProcess):
    """A spawned process that does not import its parent's main module.

    The `scrapy` console script is such a main module: importing it again would load Scrapy into every worker. The
    functions of a clean process must be importable, and not defined in `__main__`.
    """

    def start(self) -> None:
        with _starting, _no_main_module(), _sigint_blocked(), _children_allowed():
            super().start()


class CleanContext(SpawnContext):
    """The multiprocessing context of clean processes."""

    Process = CleanProcess


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Make multiprocessing.spawn believe that the main module is a package's `__main__`, which it leaves alone."""
    main = sys.modules["__main__"]
    spec = main.__spec__
    main.__spec__ = ModuleSpec("__main__", None)
    try:
        yield
    finally:
        main.__spec__ = spec


@contextmanager
def _children_allowed() -> Iterator[None]:
    """Let a daemonic process start another one, as a worker of Dask must that has a nanny.

    multiprocessing forbids it, since it would leave such children behind; a clean process ends with its parent.
    """
    facts = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001 - no public setter
    before = facts.get("daemon", False)
    facts["daemon"] = False
    try:
        yield
    finally:
        facts["daemon"] = before


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Start a process that never sees Ctrl-C, not even before it can ignore it: a mask is inherited."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def settle_in(memory_limit: int) -> None:
    """Prepare the process that calls this for hostile input: end with the parent, die at once, limit memory (bytes)."""
    end_with_parent()
    # Without Python's handler, which would wait for a hanging C function to return.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # NumPy's linear algebra would start a thread per core, each with buffers that count against the limit.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    limit_memory(memory_limit)


def end_with_parent() -> None:
    """End this process when its parent ends, however that ends.

    On Linux the kernel sees to it, even when this process hangs in C; it also ends it when the parent's thread that
    started it ends. Elsewhere a thread waits for the parent, which needs the GIL to act.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), name="parent watch", daemon=True).start()


def _exit_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextmanager
def processor_time_limited(seconds: float) -> Iterator[None]:
    """End this process with SIGPROF once what is done here has used `seconds` of processor time.

    The kernel counts the time of all threads and delivers the signal, even to code in C that never returns to Python.
    What waits uses no processor time. Windows has no such limit.
    """
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def limit_memory(limit: int) -> None:
    """Limit this process's memory to `limit` bytes; more ends in MemoryError, or in a crash of careless C code.

    Linux counts the memory a process can write to (RLIMIT_DATA), not the address space that libraries only reserve.
    macOS accepts limits and ignores them; Windows has none.
    """
    if sys.platform == "win32":
        return
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
