"""A real PostgreSQL server for one test, from Debian's package or from the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "h4lf@s3cret/word"  # noqa: S105 - of a server that ends with its test
_DEBIANS = "/usr/lib/postgresql/*/bin"


def server_bin() -> Path | None:
    """Return the folder with initdb and pg_ctl (Debian keeps them off the path), or None if there is no server."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/").glob(f"{_DEBIANS[1:]}"))
    return folders[-1] if folders else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server on a new cluster; yield its CATALOG_URL, with PASSWORD encoded.

    PostgreSQL refuses to run as root, as CI does: see `_as_owner`.
    """
    # Not in pytest's folder, which only its owner can read.
    with TemporaryDirectory(prefix="policies-postgres-") as folder:
        yield from _served(Path(folder))


def _served(data: Path) -> Iterator[str]:
    programs = server_bin()
    assert programs
    port = free_port()
    secret = data / "secret"
    secret.write_text(PASSWORD)
    cluster = data / "cluster"
    if os.geteuid() == 0:
        for path in (data, secret):
            shutil.chown(path, "postgres")
    _run(
        programs / "initdb",
        "-D",
        cluster,
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-U",
        "policies",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={data} -c fsync=off"
    _run(programs / "pg_ctl", "-D", cluster, "-w", "-l", data / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://policies:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    finally:
        _run(programs / "pg_ctl", "-D", cluster, "-w", "-m", "immediate", "stop")


def _run(*command: object) -> None:
    subprocess.run([*_as_owner(), *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _as_owner() -> list[str]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
