"""An event loop with virtual time: if all tasks sleep, its time advances at once to the next deadline."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")

BEGIN = 1000.0
LONGEST = 86_400.0
"""Most virtual seconds of a test."""


class _Leap(selectors.DefaultSelector):
    """A selector that returns at once and advances the time."""

    now = BEGIN

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "every task waits, and no timer is set"
        self.now += max(0.0, timeout)
        assert self.now < BEGIN + LONGEST, "more than LONGEST virtual seconds"
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop for coroutines that use neither network nor threads."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on a new loop. `asyncio.get_running_loop().time()` is the virtual time in seconds."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
