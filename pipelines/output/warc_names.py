"""Which WARC file a process appends to: with several writers, one of its own.

A name is taken by the folder's locks, so that no two processes have the same one at a time, on any machine. Only then is it
looked at: what was there before is that of a process that has ended.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NAME: Final = re.compile(r"policies-(\d{5,9})\.warc\.gz", re.ASCII)


class WarcFileLocks(Protocol):
    """The part of a `FolderLocks` that is about WARC files."""

    def claim_file(self, file: str) -> bool: ...

    def release_file(self, file: str) -> None: ...


def name_of(number: int) -> str:
    """Return the name of a WARC file."""
    return f"policies-{number:05}.warc.gz"


def numbers_of(names: Iterable[str]) -> dict[int, str]:
    """Return the names that are ours, by number."""
    return {int(match[1]): name for name in names if (match := NAME.fullmatch(name))}


def claimed_number(locks: WarcFileLocks, known: Mapping[int, str], has_room: Callable[[str], bool]) -> int:
    """Return the number of a file that this process has taken and that has room, the newest first; 0 for none.

    `has_room` says of a file that is taken whether records can be appended to it.
    """
    for number in sorted(known, reverse=True):
        if locks.claim_file(known[number]):
            if has_room(known[number]):
                return number
            locks.release_file(known[number])
    return 0


def new_number(locks: WarcFileLocks, after: int, is_free: Callable[[str], bool]) -> int:
    """Return the first number after another one of a new file that this process has taken.

    `is_free` says of a name that is taken whether there is nothing of it yet.
    """
    number = after + 1
    while not _is_taken(locks, name_of(number), is_free):
        number += 1
    return number


def _is_taken(locks: WarcFileLocks, file: str, is_free: Callable[[str], bool]) -> bool:
    if not locks.claim_file(file):
        return False
    if is_free(file):
        return True
    locks.release_file(file)
    return False
