"""Spool: the local folder of an object store's files while they are appended to, each held by one process.

The operating system lets go of a file when its process is killed; the next run takes it then.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import quote

from filelock import FileLock, Timeout

from pipelines.output.storage import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

logger = logging.getLogger(__name__)


class Spool:
    """The folder `root`. `files` has the files by their names in the object store.

    What killed runs have left in `former` folders, of other names, is moved here.
    """

    def __init__(self, root: Path, former: Iterable[Path] = ()) -> None:
        self.files = LocalStorage(root / "open")
        self._root = root
        self._held: dict[str, FileLock] = {}
        for folder in former:
            if (folder / "open").is_dir():
                with suppress(OSError):  # of another user, perhaps, who runs the program
                    self._take_over(Spool(folder))

    def has(self, name: str) -> bool:
        return self.files.size(name) is not None

    def is_held(self, name: str) -> bool:
        """Whether this process has taken a file."""
        return name in self._held

    def hold(self, name: str) -> bool:
        """Take a file for this process; return whether no other one has it."""
        if name in self._held:
            return True
        folder = self._root / "held"
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{quote(name, safe='')}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._held[name] = lock
        return True

    def held(self, prefix: str) -> Iterator[str]:
        """Take the files under a folder; yield the names of those that no other process has."""
        yield from (name for name in list(self.files.list(prefix)) if self.hold(name))

    def set_aside(self, name: str) -> str:
        """Move a file that this process has taken to where nothing reads it; return its path there."""
        aside, count = LocalStorage(self._root / "aside"), 1
        while aside.size(f"{count}/{name}") is not None:
            count += 1
        path = aside.path(f"{count}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files.path(name).replace(path)
        self.drop(name)
        return str(path)

    def drop(self, name: str) -> None:
        """Delete a file that this process has taken."""
        self.files.delete(name)
        lock = self._held.pop(name)
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()

    def _take_over(self, former: Spool) -> None:
        """Move files here that no process has. One whose name is taken here is set aside there."""
        for name in former.held(""):
            if not self.hold(name):
                continue
            if self.has(name):
                logger.warning(
                    "%s stands in two folders of SPOOL_DIR; one was moved to %s", name, former.set_aside(name)
                )
            else:
                path = self.files.path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                former.files.path(name).replace(path)
                former.drop(name)
            self._held.pop(name).release()
        former.files.root.rmdir()

    def scratch(self, most: int) -> SpooledTemporaryFile[bytes]:
        """Return a temporary file, in memory up to `most` bytes."""
        folder = self._root.parent
        folder.mkdir(parents=True, exist_ok=True)
        return SpooledTemporaryFile(most, dir=str(folder))
