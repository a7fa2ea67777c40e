"""in_order: results in order, a bounded number at a time, nothing left behind."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from crawler.reconversion.in_order import in_order


def test_in_order_keeps_order_and_bound() -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10 - number):
            await asyncio.sleep(0)
        running -= 1
        return number

    async def main() -> list[int]:
        async with in_order([partial(work, number) for number in range(10)], lambda: 3) as results:
            return [each async for each in results]

    assert asyncio.run(main()) == [*range(10)]
    assert most == 3


def test_in_order_raises_in_turn_and_cancels_the_rest() -> None:
    ended = list[str]()

    async def work(number: int) -> int:
        if number == 1:
            raise ValueError("one")
        try:
            await asyncio.sleep(60 * (number > 1))
        except asyncio.CancelledError:
            ended.append(f"{number} cancelled")
            raise
        return number

    async def main() -> None:
        async with in_order([partial(work, number) for number in range(4)], lambda: 4) as results:
            async for each in results:
                found.append(each)

    found = list[int]()
    with pytest.raises(ValueError, match="one"):
        asyncio.run(main())
    assert found == [0]
    assert ended == ["2 cancelled", "3 cancelled"]
