"""The connection to a bucket, one for each environment that leads to it. Imported only when OUTPUT_DIR names one."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_RETRY: Final[RetryConfig] = {
    "max_retries": 4,
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
    "retry_timeout": timedelta(seconds=120),
}
_CLIENT: Final[ClientConfig] = {"timeout": "60s", "connect_timeout": "5s"}
"""A part of 8 MiB in a minute is 1.1 Mbit/s."""


def connected(bucket: str, endpoint: str) -> S3Store:
    """Return the store, with its connections. It has its address and key from the environment."""
    return _connected(bucket, endpoint, _environment())


def _environment() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))


@cache
def _connected(bucket: str, endpoint: str, _environment: tuple[tuple[str, str], ...]) -> S3Store:
    client: ClientConfig = {**_CLIENT, "allow_http": endpoint.startswith("http://")}
    return S3Store(bucket, client_options=client, retry_config=_RETRY)
