"""Where a WARC file ends: what is lost of it, and whether records can be appended to it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import BufferedIOBase

    from pipelines.output.storage import Storage

_MAGIC: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 20


def problem_of(storage: Storage, name: str, end: int) -> tuple[int, str] | None:
    """Return how much is left of a WARC file whose last known record ended at byte `end`, and why; None if all is."""
    try:
        if (size := storage.size(name)) is None:
            return 0, "it is no file" if storage.kind(name) else "the file is gone"
        if size < end:
            return size, f"it ends at byte {size}, and had {end}"
        return None if _is_gzip(storage, name) else (0, "it is no gzip file")
    except OSError as error:
        return 0, error.strerror or str(error)


def _is_gzip(storage: Storage, name: str) -> bool:
    with storage.open(name) as stream:
        head = stream.read(len(_MAGIC))
    return head != b"" and _MAGIC.startswith(head)


def can_go_on(storage: Storage, name: str, end: int) -> bool:
    """Whether records can be appended to a file whose last known one ends at byte `end`; cuts off a torn one after it."""
    size = storage.size(name)
    if size is None or size < end or (size and not _is_gzip(storage, name)):
        return False
    with storage.open(name) as stream:
        whole = _end_of_whole_members(stream, end)
    if whole is None:
        return False
    if size > whole:
        storage.truncate(name, whole)
    return True


def _end_of_whole_members(stream: BufferedIOBase, start: int) -> int | None:
    """Return the offset after the last whole gzip member at or after `start`, which is a member's beginning.

    None if what follows is not the beginning of another one.
    """
    end = start
    stream.seek(start)
    buffer = b""
    inflate, read = zlib.decompressobj(wbits=31), 0
    while buffer or (buffer := stream.read(_BLOCK)):
        try:
            inflate.decompress(buffer, _BLOCK)
        except zlib.error:
            return None
        rest = inflate.unconsumed_tail or inflate.unused_data
        read += len(buffer) - len(rest)
        buffer = rest
        if inflate.eof:
            end, read, inflate = end + read, 0, zlib.decompressobj(wbits=31)
    return end
