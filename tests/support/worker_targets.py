"""Targets of the worker processes in test_conversion_pool.py. The page's bytes name the function to run.

Imported in the processes, so it must not import pytest or Scrapy.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path

from pipelines.errors import ConversionError


class NoArticle(ConversionError):
    """An error that the converter raises itself."""


class Awkward(ConversionError):
    """An exception that pickles and does not unpickle: its arguments are not those of its constructor."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def explode(_: str) -> object:
    raise ValueError("first line\nsecond line")


def leave(_: str) -> object:
    raise SystemExit(4)


def recurse(argument: str) -> object:
    return recurse(argument)


def refuse(argument: str) -> object:
    raise NoArticle(argument)


def refuse_awkwardly(argument: str) -> object:
    raise Awkward(argument, "x")


def unpicklable(_: str) -> object:
    return lambda: None


def eat(megabytes: str) -> object:
    return len(bytearray(int(megabytes) << 20))


def nibble(_: str) -> object:
    eaten: list[str] = []
    while True:
        eaten.append("x" * 10_000 + str(len(eaten)))


def hang(argument: str) -> object:
    if argument:
        Path(argument).write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


def hang_in_c(argument: str) -> object:
    """Hang without releasing the GIL, like a loop in a C extension."""
    Path(argument).write_text(str(os.getpid()))
    return deque(itertools.repeat(None), maxlen=0)


def hang_unknown_to_the_kernel(argument: str) -> object:
    """Hang, with the parent-death signal of this process removed."""
    ctypes.CDLL(None).prctl(1, 0)
    return hang(argument)


def kill(signal_name: str) -> object:
    os.kill(os.getpid(), getattr(signal, signal_name))
    time.sleep(0.2)
    return "survived"


def kill_parent(_: str) -> object:
    """Kill the process that has started this one, as the system may that is out of memory. This one ends with it."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(10)
    return "survived"


def end(status: str) -> object:
    os._exit(int(status))


def crash(_: str) -> object:
    return ctypes.string_at(0)


def slowly(seconds: str) -> object:
    time.sleep(float(seconds))
    return os.getpid()


def burn(seconds: str) -> object:
    """Use processor time."""
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass
    return os.getpid()


def pid(_: str) -> object:
    return os.getpid()


def loaded(name: str) -> object:
    return name in sys.modules


def size(argument: str) -> object:
    return len(argument)


def perform(html: bytes, **facts: str) -> object:
    """Call the function of the page, `<function> <argument>`; return the arguments if there is no such function."""
    name, _, argument = html.decode().partition(" ")
    action = globals().get(name)
    return action(argument) if callable(action) else (html, facts)
