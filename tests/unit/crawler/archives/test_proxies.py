"""Proxies: read from setting and environment, refused where they can't be used, and named when they fail."""

from __future__ import annotations

import pytest
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError
from scrapy.http import Request, Response
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from crawler.archives.failures import TRANSIENT_ERRORS, fate_of
from crawler.archives.proxies import check_proxy, proxy_failure, proxy_name, read_proxies, refused_by_proxy
from crawler.downloadermiddlewares.proxy import ProxyMiddleware
from pipelines.errors import UsageError
from pipelines.items import Fate

ARCHIVE = "https://web.archive.org/web/"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("setting", "environment", "proxies"),
    [
        ("", {}, {}),
        ("http://a:1", {}, {"http": "http://a:1", "https": "http://a:1"}),
        ("a:1", {"https_proxy": "http://b:2"}, {"http": "http://a:1", "https": "http://a:1"}),
        ("", {"https_proxy": "http://b:2"}, {"https": "http://b:2"}),
        ("", {"HTTPS_PROXY": "b:2"}, {"https": "http://b:2"}),
        ("", {"all_proxy": "http://c:3", "http_proxy": "http://b:2"}, {"http": "http://b:2", "https": "http://c:3"}),
    ],
)
def test_read_proxies(
    setting: str, environment: dict[str, str], proxies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert read_proxies(Settings({"PROXY": setting})) == proxies


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("socks5://user:s3cret@host:1080", "a proxy at socks5:// can't be used"),
        ("https://host:443", "a proxy at https:// can't be used"),
        ("http://user:s3cret@", "no address of a proxy"),
        ("http://user:s3cret@host:99999", "no address of a proxy"),
        ("http://[::1", "no address of a proxy"),
        ("/var/run/docker.sock", "no address of a proxy"),
        ("http://host:0", "no address of a proxy"),
    ],
)
def test_check_proxy_of_one_that_cannot_be_used(address: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("PROXY", "https_proxy"):
        if where == "https_proxy":
            monkeypatch.setenv(where, address)
        with pytest.raises(UsageError, match=words) as caught:
            check_proxy(Settings({"PROXY": address if where == "PROXY" else ""}), ARCHIVE)
        assert str(caught.value).startswith(f"{where}: ")
        assert "s3cret" not in str(caught.value)


def test_check_proxy_of_one_that_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://host:1080")
    check_proxy(Settings({"PROXY": ""}), "http://archive.example/")
    check_proxy(Settings({"PROXY": ""}), "warc://archive/web/")
    monkeypatch.setenv("no_proxy", "archive.org")
    check_proxy(Settings({"PROXY": ""}), ARCHIVE)


def through(proxy: str = "http://proxy.example:3128") -> Request:
    return Request(ARCHIVE, meta={"proxy": proxy})


def test_proxy_middleware_names_the_proxy_without_its_password() -> None:
    crawler = get_crawler(settings_dict={"PROXY": "http://user:s3cret@proxy.example:3128"})
    request, local = Request(ARCHIVE), Request("warc://archive/web/")
    ProxyMiddleware.from_crawler(crawler).process_request(request)
    ProxyMiddleware.from_crawler(crawler).process_request(local)
    assert request.meta["proxy"] == "http://proxy.example:3128"
    assert proxy_name(request) == "proxy.example:3128"
    assert request.headers["Proxy-Authorization"].startswith(b"Basic ")
    assert proxy_name(local) == ""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DownloadConnectionRefusedError("Connection was refused"), "connection refused"),
        (CannotResolveHostError("DNS lookup failed"), "host not found"),
        (TunnelError("Could not open CONNECT tunnel with proxy a:1 [{'status': 407, 'reason': b'x'}]"), "HTTP 407"),
        (TunnelError("Could not open CONNECT tunnel with proxy a:1 [{'status': 429, 'reason': b''}]"), "HTTP 429"),
        (TunnelError("Could not open CONNECT tunnel with proxy a:1 [b'garbage']"), "no tunnel to the archive"),
    ],
)
def test_proxy_failure_is_named_open_and_no_refusal_of_the_archive(error: Exception, cause: str) -> None:
    failure = proxy_failure(through("http://user:s3cret@proxy.example:3128"), error)
    assert fate_of(failure) == (Fate.FAILED, f"proxy proxy.example:3128: {cause}")
    assert isinstance(failure, TRANSIENT_ERRORS)


@pytest.mark.parametrize(
    ("status", "headers", "is_own"),
    [
        (407, {}, True),
        (403, {"X-Squid-Error": "ERR_ACCESS_DENIED 0"}, True),
        (429, {"Proxy-Status": "proxy; error=connection_limit_reached"}, True),
        (502, {"Proxy-Status": "proxy; error=destination_unavailable"}, True),
        (403, {"Proxy-Authenticate": "Basic"}, True),
        (403, {}, False),
        (200, {"Proxy-Status": "proxy; received-status=200"}, False),
        (407, {"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"}, False),
    ],
)
def test_refused_by_proxy(status: int, headers: dict[str, str], is_own: bool) -> None:  # noqa: FBT001 - a column
    response = Response(ARCHIVE, status=status, headers=headers)
    failure = refused_by_proxy(through(), response)
    assert (str(failure) if failure else None) == (f"proxy proxy.example:3128: HTTP {status}" if is_own else None)
    assert refused_by_proxy(Request(ARCHIVE), response) is None
