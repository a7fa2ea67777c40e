"""A git repository written by `git fast-import`. Commit ids depend on the commits alone.

The repository is a local folder and no `Storage`: git works on nothing else.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from pipelines.errors import OutputError, UsageError
from pipelines.output.storage import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

_BRANCH: Final = "main"
_MARK: Final = "policies.export"
"""Configuration key that marks a repository of this program. Any other folder is never written to."""
_IDENTITY: Final = b"wayback-policies <wayback-policies@invalid>"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit on top of the previous one, with `files` by path. A path has no quotes, spaces or line breaks."""

    moment: datetime
    message: str
    files: Mapping[str, bytes]


def write_history(folder: Path, commits: Iterable[Commit]) -> int:
    """Make `commits` the history of branch main in `folder`, check its last state out, and return their number.

    Existing objects are not written again. Raises UsageError if git is missing, or the folder can't be written or holds
    anything else; OutputError if git fails.
    """
    _open(folder)
    with TemporaryFile() as errors:
        count = _import(folder, commits, errors)
    if count:
        _git(folder, "reset", "-q", "--hard", _BRANCH)
    return count


def _open(folder: Path) -> None:
    """Create a repository in an empty or new `folder`, or check that an existing one is of this program."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = not any(folder.iterdir())
        if not fresh and not _is_ours(folder):
            reason = "holds something else than a --corpus-layout export; name an empty or a new folder"
            raise UsageError(f"{folder}: {reason}")
        LocalStorage(folder).check_writable()
    except OSError as error:
        raise UsageError(f"{folder}: can't write here: {error.strerror}; name another folder") from error
    if fresh:
        _git(folder, "init", "-q", "-b", _BRANCH)
        _git(folder, "config", _MARK, "true")
        _git(folder, "config", "core.autocrlf", "false")


def _is_ours(folder: Path) -> bool:
    return (folder / ".git").is_dir() and _git(folder, "config", _MARK, check=False) == "true"


def _import(folder: Path, commits: Iterable[Commit], errors: IO[bytes]) -> int:
    command = ["git", "-C", str(folder), "fast-import", "--quiet", "--force", "--done", "--date-format=raw"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors, env=_environment())  # noqa: S603 - no shell
    assert process.stdin is not None  # noqa: S101 - stdin=PIPE
    count = 0
    try:
        for commit in commits:
            process.stdin.write(_stream(commit))
            count += 1
        process.stdin.write(b"done\n")
        process.stdin.close()
        failed = process.wait() != 0
    except BrokenPipeError:
        failed = True
    finally:
        process.kill()  # without `done` no branch has moved
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
    if failed:
        errors.seek(0)
        reason = errors.read(1000).decode(errors="replace").strip().partition("\n")[0]
        raise OutputError(f"{folder}: git fast-import: {reason or 'ended early'}")
    return count


def _stream(commit: Commit) -> bytes:
    """Return a commit in the format of git-fast-import(1)."""
    date = b"%s %d +0000" % (_IDENTITY, int(commit.moment.timestamp()))
    head = b"commit refs/heads/%s\nauthor %s\ncommitter %s\n" % (_BRANCH.encode(), date, date)
    files = (b"M 100644 inline %s\n%s" % (path.encode(), _data(data)) for path, data in commit.files.items())
    return head + _data(commit.message.encode()) + b"".join(files) + b"\n"


def _data(data: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(data), data)


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())  # noqa: S603
    except FileNotFoundError as error:
        raise UsageError("--corpus-layout needs git, which is not installed; install it (apt install git)") from error
    if check and done.returncode:
        raise OutputError(f"{folder}: git {arguments[0]}: {done.stderr.strip().partition(chr(10))[0]}")
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    """Return an environment in which git ignores the user's configuration and any enclosing repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
