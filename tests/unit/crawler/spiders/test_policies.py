"""The User-Agent: program, version and contact, or the user's own."""

from __future__ import annotations

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler.spiders.policies import PoliciesSpider


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, "wayback-policies/0.1.0 (+no contact given)"),
        ({"CONTACT": "me@example.org\n or \tyou"}, "wayback-policies/0.1.0 (+me@example.org or you)"),
        ({"CONTACT": "me@example.org", "USER_AGENT": "own/1"}, "own/1"),
    ],
)
@pytest.mark.parametrize("priority", ["project", "cmdline"])
def test_user_agent(given: dict[str, str], sent: str, priority: str) -> None:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.setdict(given, priority=priority)
    assert Crawler(PoliciesSpider, settings).settings["USER_AGENT"] == sent
