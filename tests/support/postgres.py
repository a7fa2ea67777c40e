"""A real PostgreSQL server for the tests of a session, from Debian's package or from the PATH, and databases on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from filelock import FileLock

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD: Final = "h4lf@s3cret/word"  # noqa: S105 - of a server that ends with its tests
_DEBIANS: Final = "/usr/lib/postgresql/*/bin"
_FOLDER: Final = "POLICIES_TEST_POSTGRES"
"""Environment variable that names the folder of the session's server, for pytest's processes."""
_READY: Final = "ready"
"""Name of the database that has an empty catalog, the template of others."""
_numbers = count(1)


def server_bin() -> Path | None:
    """Return the folder with initdb and pg_ctl (Debian keeps them off the path), or None if there is no server."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/").glob(f"{_DEBIANS[1:]}"))
    return folders[-1] if folders else None


NO_SERVER: Final = pytest.mark.skipif(
    server_bin() is None and "CI" not in os.environ, reason="no PostgreSQL server is installed"
)


@contextmanager
def postgres(*, is_ready: bool = False) -> Iterator[str]:
    """Make a database; yield its CATALOG_URL, with PASSWORD encoded. `is_ready`: it has an empty catalog, else nothing."""
    pytest.importorskip("psycopg")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _execute(f"CREATE DATABASE {name}{f' TEMPLATE {_ready()}' if is_ready else ''}{_strategy()}")
    try:
        yield _url(name)
    finally:
        _execute(f"DROP DATABASE {name} WITH (FORCE)")


def open_session() -> None:
    """Name the folder of the session's server, which the first test that needs it starts. For pytest's first process."""
    os.environ[_FOLDER] = mkdtemp(prefix="policies-postgres-")  # not in pytest's folder, which only its owner can read


def close_session() -> None:
    """Stop the session's server, if a test has started it."""
    folder = Path(os.environ.pop(_FOLDER))
    if (folder / "port").exists():
        _run(_programs() / "pg_ctl", "-D", folder / "cluster", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@cache
def server_port() -> int:
    """Return the port of the session's server; start it if no process has."""
    folder = Path(os.environ[_FOLDER])
    with FileLock(folder / "lock"):
        if not (folder / "port").exists():
            port = _start(folder)
            (folder / "port").write_text(str(port))
    return int((folder / "port").read_text())


@cache
def _ready() -> str:
    """Return the name of the database that has an empty catalog; make it if no process has."""
    from pipelines.catalog.writer import Catalog  # noqa: PLC0415 - most processes need no server

    with FileLock(Path(os.environ[_FOLDER]) / "ready.lock"):
        if not _execute(f"SELECT 1 FROM pg_database WHERE datname = '{_READY}'"):  # noqa: S608 - our own name
            _execute(f"CREATE DATABASE {_READY}_made")
            Catalog(_url(f"{_READY}_made")).close()
            _execute(f"ALTER DATABASE {_READY}_made RENAME TO {_READY}")
    return _READY


@cache
def _strategy() -> str:
    """Return how a database is copied: by files takes half of the processor time of what is usual since release 15."""
    ((version,),) = _execute("SELECT current_setting('server_version_num')::int")
    return " STRATEGY FILE_COPY" if isinstance(version, int) and version >= 15_00_00 else ""


def _execute(statement: str) -> list[tuple[object, ...]]:
    result = _server().connect().exec_driver_sql(statement)
    return [tuple(row) for row in result] if result.returns_rows else []


@cache
def _server() -> sa.Engine:
    return sa.create_engine(_url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.StaticPool)


def _url(database: str) -> str:
    return f"postgresql+psycopg://policies:{quote(PASSWORD, safe='')}@127.0.0.1:{server_port()}/{database}"


def _start(folder: Path) -> int:
    """Start a server on a new cluster; return its port. PostgreSQL refuses to run as root, as CI does: see `_as_owner`."""
    programs, port, secret = _programs(), free_port(), folder / "secret"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, "postgres")
    _run(
        programs / "initdb",
        "-D",
        folder / "cluster",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-U",
        "policies",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "max_wal_senders": 0,
        "wal_level": "minimal",
        "shared_buffers": "32MB",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run(programs / "pg_ctl", "-D", folder / "cluster", "-w", "-l", folder / "log", "-o", options, "start")
    return port


def _programs() -> Path:
    programs = server_bin()
    assert programs
    return programs


def _run(*command: object) -> None:
    subprocess.run([*_as_owner(), *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _as_owner() -> list[str]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
