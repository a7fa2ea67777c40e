"""The one connection of a process that writes to a PostgreSQL catalog: its limits and its name."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from pipelines.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOST: Final = "the connection to the catalog's database was lost, and with it the locks; run this again"
_NAME_BYTES: Final = 63
"""Of an application_name, which PostgreSQL cuts off there (NAMEDATALEN)."""
_CONNECTION: Final = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Parameters of libpq: seconds, and milliseconds. A server that is gone is noticed in a minute."""
_SESSION: Final = {
    "tcp_keepalives_idle": "30s",
    "tcp_keepalives_interval": "10s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
    "lock_timeout": "60s",
    "statement_timeout": "1h",
    "TimeZone": "UTC",
}
"""Settings of the server for this connection. The locks of a machine that lost its power are free after a minute."""


def writer_name() -> str:
    """Return what this process is called, for messages of others: `process 123 on host`."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def server_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for one connection. Raises OutputError instead of making a second one after that is lost.

    The connection holds the process's advisory locks. With another one it would write without them.
    """
    given = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    engine = sa.create_engine(url, connect_args=given, pool_size=1, max_overflow=0, pool_reset_on_return=None)
    made: list[bool] = []

    @sa.event.listens_for(engine, "do_connect")
    def connect_once(_dialect: Any, _record: Any, _arguments: Any, _keywords: Any) -> None:
        if made:
            raise OutputError(LOST)

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        made.append(True)
        _settle(connection, {**_SESSION, "application_name": _ascii(writer_name())[:_NAME_BYTES]})

    return engine


def _settle(connection: Any, settings: Mapping[str, str]) -> None:
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode()


def is_lost(error: BaseException) -> bool:
    """Whether an error says that the connection is gone: the server was restarted or ended it, or the network is down."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_passing(error: BaseException) -> bool:
    """Whether the server ended a transaction in favour of another process's, so that it can be done again."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _PASSING


_PASSING: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock."""
