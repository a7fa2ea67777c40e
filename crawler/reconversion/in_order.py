"""Several pieces of work at a time, with their results in order."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

_T = TypeVar("_T")


@asynccontextmanager
async def in_order(
    work: Iterable[Callable[[], Awaitable[_T]]], at_once: Callable[[], int]
) -> AsyncIterator[AsyncIterator[_T]]:
    """Give the results of calls in their order; up to `at_once()` calls are begun before their result is taken.

    An error is raised in its turn. What is not done at the end of the block is cancelled.
    """
    begun: deque[asyncio.Future[_T]] = deque()

    async def results() -> AsyncIterator[_T]:
        for call in work:
            while len(begun) >= at_once():
                yield await begun[0]
                begun.popleft()
            begun.append(asyncio.ensure_future(call()))
        while begun:
            yield await begun[0]
            begun.popleft()

    try:
        yield results()
    finally:
        for each in begun:
            each.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
