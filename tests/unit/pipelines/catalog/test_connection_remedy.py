"""The remedies for servers that refuse a connection, by what libpq, redis-py and Dask say."""

from __future__ import annotations

import pytest

from pipelines.catalog.connection_remedy import with_remedy

PSYCOPG = 'connection failed: connection to server at "127.0.0.1", port 5999 failed: '


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        (f"{PSYCOPG}Connection refused", "start the server, or check host and port"),
        ("connection timeout expired", "start the server, or check host and port"),
        ("Error 111 connecting to localhost:5998. Connection refused", "start the server, or check host and port"),
        ("Timed out trying to connect to tcp://127.0.0.1:1 after 10 s", "start the server, or check host and port"),
        (
            'connection to server on socket "/tmp/.s.PGSQL.5432" failed: No such file or directory',
            "start the server, or check the path of its socket",
        ),
        (
            "Error 2 connecting to /tmp/redis.sock. No such file or directory",
            "start the server, or check the path of its socket",
        ),
        (
            "failed to resolve host 'nowhere.invalid': [Errno -2] Name or service not known",
            "check the host's name (an @ in a password is written %40)",
        ),
        (
            f'{PSYCOPG}FATAL:  password authentication failed for user "u"',
            "check user name and password; what is special in them is percent-encoded (@ as %40)",
        ),
        (f'{PSYCOPG}FATAL:  database "x" does not exist', "make the database, or check its name"),
        (f"{PSYCOPG}FATAL:  the database system is starting up", "try again in a moment"),
    ],
)
def test_with_remedy(reason: str, remedy: str) -> None:
    assert with_remedy(reason) == f"{reason}; {remedy}"


@pytest.mark.parametrize("reason", ["", "DB index is out of range", "ca.pem: No such file or directory"])
def test_no_remedy_for_another_reason(reason: str) -> None:
    assert with_remedy(reason) == reason
