"""The questions of a self-test that were not sent: what is noted of them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import NoReturn

from scrapy import Request
from scrapy.utils.test import get_crawler

from crawler.pacing.archive_throttle import GaveUp
from crawler.selftest.spider import _RECORDERS, SelftestSpider

REFUSED = "the archive refused (HTTP 429), and the pause of all processes exceeds COOLDOWN_GIVE_UP_SECONDS"


def test_question_that_another_process_s_pause_keeps_back_says_so() -> None:
    async def download_async(_: Request) -> NoReturn:
        raise GaveUp("the run is ending")

    spider, noted = SelftestSpider(), []
    spider.crawler = get_crawler()
    spider.crawler.engine = SimpleNamespace(download_async=download_async)  # type: ignore[assignment]
    spider.run = SimpleNamespace(ending=REFUSED)  # type: ignore[assignment]
    spider.evidence = SimpleNamespace(add=noted.append)  # type: ignore[assignment]
    spider.file = SimpleNamespace(note=lambda *_: None)  # type: ignore[assignment]
    _RECORDERS[spider.crawler] = SimpleNamespace(received={})  # type: ignore[assignment]
    asyncio.run(spider._ask("listing", Request("http://archive.example/cdx")))
    assert [each.failure for each in noted] == [REFUSED]
