"""RATE_LIMIT_URL: its form, and whether the Redis server that it names can be used. Each check raises ValueError."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.catalog.connection_remedy import with_remedy
from pipelines.installation import install_command
from pipelines.redaction import redacted

_FORM: Final = "write redis://user:password@host:port/0, rediss:// for TLS, or unix:///path/of/the.sock"
_ENCODED: Final = "percent-encode what is special in a password (@ as %40, / as %2F, # as %23)"
_CONNECT_SECONDS: Final = 5
_PACKAGES: Final = ("redis", "pyrate_limiter")


def check_rate_limit_url(value: Any) -> None:
    """Check the form of the address; empty for none. The package is not imported for it."""
    if not isinstance(value, str):
        raise ValueError(_FORM)  # noqa: TRY004 - a wrong value, not a wrong call
    if not value:
        return
    if not value.isprintable() or " " in value:
        raise ValueError(f"{_FORM}, without spaces")
    try:
        url = urlsplit(value)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError(f"no host and port can be read in it; {_ENCODED}") from None
    if url.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(_FORM)
    names_socket = url.scheme == "unix" and len(url.path) > 1
    names_host = url.scheme != "unix" and bool(host) and port != 0
    if not (names_socket or names_host) or url.fragment or "#" in value:
        raise ValueError(f"{_FORM}; {_ENCODED}")
    database = url.path.removeprefix("/") if url.scheme != "unix" else parse_qs(url.query).get("db", [""])[-1]
    if not re.fullmatch(r"[0-9]*", unquote(database)):
        raise ValueError(f"the database is a number, as in redis://host:6379/0; {_ENCODED}")
    if any(find_spec(name) is None for name in _PACKAGES):
        raise ValueError(f"needs redis and pyrate-limiter: {install_command('redis')}")


def connect_rate_limit(url: str) -> None:
    """Run the script of shared budgets on the server. Raises ValueError with the server's reason, without passwords."""
    from redis import Redis  # noqa: PLC0415 - of the extra redis
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import AuthenticationError, RedisError  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    from crawler.pacing.pacing_script import try_script  # noqa: PLC0415

    try:
        with Redis.from_url(
            url,
            socket_timeout=_CONNECT_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as server:
            try_script(server)
    except AuthenticationError:
        raise ValueError(
            "can't share rate limits here: the server wants a user name or a password, or others"
        ) from None
    except (RedisError, OSError, TypeError, ValueError) as error:  # TypeError: an unknown option after `?`
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(redacted(f"can't share rate limits here: {with_remedy(reason.rstrip('.'))}", url)) from None
