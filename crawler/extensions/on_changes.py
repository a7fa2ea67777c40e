"""The setting ON_CHANGES: a command line of the user's own, which gets the digest on standard input."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MAX_OUTPUT: Final = 65_536
"""Bytes of a command's output that are logged, the last ones."""
_GRACE_SECONDS: Final = 5
"""Between SIGTERM and SIGKILL."""


def run_command(command: str, digest: str, environment: Mapping[str, str], seconds: float) -> str:
    """Run a command line in a shell, and log what it prints; return why it failed, or an empty string.

    Nothing of an archive's stands in the command line: the digest comes on standard input, paths in the environment. A
    command that takes longer is ended, with all processes of its own that it has started.
    """
    with TemporaryFile() as given, TemporaryFile() as printed:  # pipes would block a command that reads nothing
        given.write(digest.encode(errors="replace"))
        given.seek(0)
        status = _status(command, {**os.environ, **environment}, seconds, given, printed)
        _log(printed)
    if status is None:
        return f"took longer than {seconds:g} seconds (ON_CHANGES_SECONDS)"
    if status < 0:
        return f"ended by signal {-status} ({signal.strsignal(-status)})"
    return f"exit status {status}" if status else ""


def _status(
    command: str, environment: Mapping[str, str], seconds: float, given: IO[bytes], printed: IO[bytes]
) -> int | None:
    """Return the exit status of a command; None if it took too long."""
    process = subprocess.Popen(  # noqa: S602 - the user's own command line, as cron has it
        command,
        shell=True,
        stdin=given,
        stdout=printed,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and the processes in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)


def _log(printed: IO[bytes]) -> None:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - MAX_OUTPUT))
    if size > MAX_OUTPUT:
        logger.info("ON_CHANGES: … %d bytes before", size - MAX_OUTPUT)
    for line in printed.read().decode(errors="replace").splitlines():
        logger.info("ON_CHANGES: %s", printable(line))
