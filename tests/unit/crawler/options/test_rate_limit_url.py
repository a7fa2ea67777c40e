"""RATE_LIMIT_URL: its form, and servers that can't be used. No message shows a password."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from scrapy.settings import Settings

from crawler import settings as own
from crawler.options import rate_limit_url
from crawler.options.own_settings import check_rate_limit, check_settings
from pipelines.errors import UsageError
from pipelines.installation import install_command
from tests.support.ports import free_port
from tests.support.redis_server import PASSWORD, RedisServer, redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


def settings(url: object) -> Settings:
    made = Settings()
    made.setmodule(own, priority="project")
    made.set("RATE_LIMIT_URL", url, priority="cmdline")
    return made


def check(url: object) -> None:
    check_settings(settings(url))
    check_rate_limit(settings(url))


def refusal(url: object) -> str:
    """Return the one line for an address: of its form, or else of the server."""
    with pytest.raises(UsageError) as caught:
        check(url)
    said = str(caught.value)
    assert said.startswith("-s RATE_LIMIT_URL=")
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "write redis://"),
        ("http://localhost:6379/0", "write redis://"),
        ("redis://", "write redis://"),
        ("redis:///0", "write redis://"),
        ("redis:localhost", "write redis://"),
        ("redis://host:port/0", "no host and port"),
        ("redis://host:99999/0", "no host and port"),
        ("redis://host:0/0", "write redis://"),
        ("redis://[::1/0", "no host and port"),
        ("redis://host/first", "the database is a number"),
        ("redis://host/0/1", "the database is a number"),
        ("redis://host/-1", "the database is a number"),
        ("unix:///run/redis.sock?db=one", "the database is a number"),
        ("redis://host/0#1", "write redis://"),
        ("redis://ho st/0", "without spaces"),
        ("unix://", "write redis://"),
        ("unix:///", "write redis://"),
        (b"redis://host", "write redis://"),
        (6379, "write redis://"),
        ("redis://me:s3c/ret@host:6379/0", "%2F"),
        ("redis://me:s3c#ret@host:6379/0", "%23"),
    ],
)
def test_wrong_forms(url: object, says: str) -> None:
    said = refusal(url)
    assert says in said
    assert not any(part in said for part in ("s3c", "ret@"))


@pytest.mark.parametrize(
    "url",
    [
        "", "redis://host", "redis://host:6380", "redis://host/", "redis://host/3", "redis://[::1]:6379/0", "redis://:p@host",
        "rediss://me:p%40ss%2Fword@redis.example.org:6380/0?ssl_ca_certs=/etc/ca.pem", "unix:///run/redis/redis.sock?db=1",
        "redis://me:p@ss@host:6379/0",
    ],
)  # fmt: skip
def test_right_forms(url: str) -> None:
    check_settings(settings(url))


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit_url, "_PACKAGES", ("redis", "no_such_package"))
    assert f"needs redis and pyrate-limiter: {install_command('redis')}" in refusal("redis://me:s3cret@host")
    check_settings(settings(""))


def test_servers_that_can_be_used(server: RedisServer) -> None:
    encoded = quote(PASSWORD, safe="")
    for url in (
        server.url,
        server.url.replace("redis://:", "redis://default:"),
        f"redis://:{encoded}@[::1]:{server.port}",
        f"unix://:{encoded}@{server.socket}?db=2",
        f"unix://{server.socket}?password={encoded}",
    ):
        check(url)
    assert server.client().keys("*") == []


def test_servers_that_can_not_be_used(server: RedisServer) -> None:
    for url, says in (
        (server.url.replace("s3cret", "s3cre7"), "wants a user name or a password, or others"),
        (f"redis://127.0.0.1:{server.port}/0", "wants a user name or a password, or others"),
        (
            f"redis://me:s3cret@127.0.0.1:{free_port()}/0",
            "Connection refused; start the server, or check host and port",
        ),
        (f"redis://me:s3cret@nowhere.invalid:{free_port()}/0", "can't share rate limits here"),
        (server.url + "?no_such_option=1", "no_such_option"),
        (server.url.replace("/0", "/99"), "DB index is out of range"),
        (
            f"unix://me:s3cret@{server.socket}x",
            "No such file or directory; start the server, or check the path of its socket",
        ),
        (server.url.replace("redis://", "rediss://"), "can't share rate limits here"),
    ):
        said = refusal(url)
        assert says in said
        assert "can't share rate limits here" in said
        assert not any(secret in said for secret in ("s3cre", PASSWORD, quote(PASSWORD, safe=""), "w0rd"))


def test_server_without_room_or_rights_is_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("maxmemory", "1kb")
        said = refusal(server.url)
        client.config_set("maxmemory", "0")
        assert "command not allowed when used memory" in said
        client.acl_setuser("reader", enabled=True, passwords=["+s3cret"], keys=["*"], commands=["+@read"])
        assert "permission" in refusal(f"redis://reader:s3cret@127.0.0.1:{server.port}")
        rights = ["+evalsha", "+script|load", "+time", "+@hash", "+pexpire", "+del"]
        client.acl_setuser("crawler", enabled=True, passwords=["+s3cret"], keys=["wayback-policies:*"], commands=rights)
        check_rate_limit(settings(f"redis://crawler:s3cret@127.0.0.1:{server.port}/0"))
