"""An event loop whose time passes only while everyone sleeps, and then at once: minutes of waiting without a clock."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")

BEGIN = 1000.0
LONGEST = 86_400.0
"""Seconds that a test may pretend to last."""


class _Leap(selectors.DefaultSelector):
    """Waits for nothing but time, and not for that."""

    now = BEGIN

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everyone waits, and nobody will wake them"
        self.now += max(0.0, timeout)
        assert self.now < BEGIN + LONGEST, "this goes on for ever"
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop for what neither uses the network nor threads."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on a loop of its own; `asyncio.get_running_loop().time()` is the time there, in seconds."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
