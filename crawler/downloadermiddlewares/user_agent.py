"""Who asks: without a User-Agent the CDX server answers 400, and a contact is what archives ask for first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler import __version__

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


def user_agent(settings: BaseSettings) -> str:
    """Return the User-Agent: program, version and CONTACT (archive.org/developers/bots.html asks for all three)."""
    contact = " ".join(str(settings["CONTACT"] or "no contact given").split())
    return f"{settings['BOT_NAME']}/{__version__} (+{contact})"


class UserAgentMiddleware:
    """Sets the User-Agent of every request."""

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(user_agent(crawler.settings))

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("User-Agent", self._value)
