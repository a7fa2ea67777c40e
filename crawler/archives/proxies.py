"""The proxy between this program and an archive: read from PROXY or the environment, and named when it fails.

What a proxy refuses, the archive has not been asked for: it is no refusal of the archive's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError

from pipelines.errors import UsageError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

PROXY_ERRORS: Final = (TunnelError, DownloadConnectionRefusedError, CannotResolveHostError)
"""Exceptions of a request through a proxy that the proxy, and not the archive, is the cause of."""

_SCHEMES: Final = ("http", "https")
_STATUS: Final = re.compile(r"'status': ([0-9]{3})")
_SIGNS: Final = ("X-Squid-Error", "Proxy-Authenticate")


class ProxyFailed(Exception):
    """A proxy is the reason why an archive could not be asked. The message names the proxy and the cause."""


def read_proxies(settings: BaseSettings) -> dict[str, str]:
    """Return the proxies by scheme of the addresses asked: PROXY for both, else those of the environment."""
    setting = str(settings["PROXY"] or "").strip()
    found = getproxies()
    named = {scheme: setting or found.get(scheme) or found.get("all") or "" for scheme in _SCHEMES}
    return {scheme: address if "//" in address else f"http://{address}" for scheme, address in named.items() if address}


def check_proxy(settings: BaseSettings, address: str) -> None:
    """Raise UsageError, which repeats no password, if the proxy through which an address is asked can't be used."""
    asked = urlsplit(address)
    proxy = read_proxies(settings).get(asked.scheme)
    if not proxy or not asked.hostname or proxy_bypass(asked.hostname):
        return
    where = "PROXY" if settings["PROXY"] else f"{asked.scheme}_proxy"
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0:
        raise UsageError(f"{where}: no address of a proxy; write http://host:port, or http://user:password@host:port")
    if parts.scheme != "http":
        raise UsageError(
            f"{where}: a proxy at {parts.scheme}:// can't be used; give the http:// address of one (HTTP CONNECT)"
        )


def proxy_name(request: Request) -> str:
    """Return the host and port of the proxy that a request goes through; empty without one."""
    address = request.meta.get("proxy") or ""
    return urlsplit(address if "//" in address else f"//{address}").netloc.rpartition("@")[2]


def proxy_failure(request: Request, error: Exception) -> ProxyFailed:
    """Return what an exception in PROXY_ERRORS says of the request's proxy."""
    status = _STATUS.search(str(error)) if isinstance(error, TunnelError) else None
    words = {DownloadConnectionRefusedError: "connection refused", CannotResolveHostError: "host not found"}
    cause = f"HTTP {status[1]}" if status else words.get(type(error), "no tunnel to the archive")
    return ProxyFailed(f"proxy {proxy_name(request)}: {cause}")


def refused_by_proxy(request: Request, response: Response) -> ProxyFailed | None:
    """Return the failure if a response is the proxy's own and not the archive's: 407, or an error page that says so."""
    if not proxy_name(request) or response.status < 400 or "Memento-Datetime" in response.headers:  # noqa: PLR2004
        return None
    told = (response.headers.get("Proxy-Status") or b"").decode("latin-1")
    is_own = response.status == 407 or "error=" in told or any(sign in response.headers for sign in _SIGNS)  # noqa: PLR2004
    return ProxyFailed(f"proxy {proxy_name(request)}: HTTP {response.status}") if is_own else None
