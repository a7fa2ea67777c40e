"""ProxyMiddleware: sends requests through the proxy that PROXY or the environment names."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware

from crawler.archives.proxies import read_proxies

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ProxyMiddleware(HttpProxyMiddleware):
    """Scrapy's own, with the addresses of `read_proxies`: passwords go into a header, and `no_proxy` holds."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        made = cls(crawler.settings.get("HTTPPROXY_AUTH_ENCODING"))
        made.proxies = {}
        for scheme, address in read_proxies(crawler.settings).items():
            with suppress(ValueError):  # the run has checked the one that it needs
                made.proxies[scheme] = made._get_proxy(address, scheme)
        return made
