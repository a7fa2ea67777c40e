"""The connection to a bucket, one for each environment that leads to it. Imported only when OUTPUT_DIR names one."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    GenericError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from pipelines.output.interruptible import is_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ClientConfig


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the store is waited for, in seconds.

    A request that fails by a 5xx, a lost connection or a time-out is sent again until `total` has passed. So an outage of
    up to `total` is ridden out, and a request fails after `total`, a pause and one more try at the latest. The pauses
    begin with `first` and grow at random, up to three times the one before, to `longest`.
    """

    total: float
    first: float = 0.2
    longest: float = 5
    answer: float = 60
    """Seconds of one try. A part of 8 MiB in a minute is 1.1 Mbit/s."""

    def store(self, bucket: str, *, is_http: bool) -> S3Store:
        """Return a client of the bucket. It has its address and key from the environment."""
        client: ClientConfig = {
            "timeout": timedelta(seconds=self.answer),
            "connect_timeout": timedelta(seconds=_CONNECT),
            "allow_http": is_http,
        }
        first, longest, total = (timedelta(seconds=each) for each in (self.first, self.longest, self.total))
        return S3Store(
            bucket,
            client_options=client,
            retry_config={
                "max_retries": _UNBOUNDED,
                "backoff": {"init_backoff": first, "max_backoff": longest, "base": 3},
                "retry_timeout": total,
            },
        )


_CONNECT: Final = 5
_UNBOUNDED: Final = 10_000
"""Tries: the time bounds them."""
PATIENT: Final = Patience(total=75)
"""For a store that has answered. A server that is restarted, or a proxy before it, is away for half a minute. 75 s is
twice that, and more than one try's `answer`, so that a request without an answer is sent once more."""
QUICK: Final = Patience(total=1.5, longest=1, answer=10)
"""For a store that has not answered yet: its address may be mistyped. A passing error does not matter. With a host that
does not answer at all, the connection takes `_CONNECT`."""
PROBE: Final = Patience(total=1, longest=0.5, answer=5)
"""For the question whether a store is still there, once the program is to end."""

_ANSWERS: Final = (
    FileNotFoundError,
    AlreadyExistsError,
    PreconditionError,
    PermissionDeniedError,
    UnauthenticatedError,
)
"""Errors that are a store's answer to a request."""


class Connection:
    """A bucket's clients. The patient one is for a store whose last request was answered, the quick one for others.

    So a mistyped address is told within seconds, an outage is waited for, and a store that stays away is waited for once,
    not with each of a run's last files.
    """

    def __init__(self, bucket: str, *, is_http: bool) -> None:
        self._patient, self._quick = (each.store(bucket, is_http=is_http) for each in (PATIENT, QUICK))
        self._answers = False
        self._probe = PROBE.store(bucket, is_http=is_http)
        self._gone = ""
        """Why the last `look` was in vain."""

    def look(self) -> None:
        """Ask for an object, whether there is one or not. Raises GenericError if the store does not answer."""
        try:
            with suppress(*_ANSWERS):
                obstore.head(self._probe, ".readable")
        except GenericError as error:
            self._gone = str(error)
            raise

    @contextmanager
    def store(self) -> Iterator[S3Store]:
        """Yield a client for one request, whose end says whether the store answers.

        A store that was found gone after the program was interrupted is asked no more.
        """
        if self._gone and is_interrupted():
            raise GenericError(self._gone)
        try:
            yield self._patient if self._answers else self._quick
        except _ANSWERS:
            self._answers = True
            raise
        except GenericError:
            self._answers = False
            raise
        self._answers = True


def connected(bucket: str, endpoint: str) -> Connection:
    """Return the connection to a bucket. Both have their address and key from the environment."""
    return _connected(bucket, endpoint, _environment())


def _environment() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))


@cache
def _connected(bucket: str, endpoint: str, _environment: tuple[tuple[str, str], ...]) -> Connection:
    return Connection(bucket, is_http=endpoint.lower().startswith("http://"))
