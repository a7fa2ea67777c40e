"""Whether an object has the same content as a file, by the ETag that S3 gives it."""

from __future__ import annotations

import hashlib
import re
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import BufferedIOBase

PART: Final = 8 << 20
"""Bytes of a part of an upload, and of what is uploaded at once. S3 allows 10,000 parts of 5 MiB or more."""
_E_TAG: Final = re.compile(r'"?([0-9a-f]{32})(?:-(\d{1,5}))?"?', re.ASCII)
"""The MD5 of the content; of an upload in parts that of the parts' MD5s, with their number. Some stores have others."""
_BLOCK: Final = 1 << 20


def equals(e_tag: str | None, data: IO[bytes]) -> bool | None:
    """Return whether an object of the same size has the content of `data`; None if its ETag does not tell.

    An ETag that is not the one expected proves nothing: encryption with a key of one's own gives others.
    """
    known = _E_TAG.fullmatch(e_tag or "")
    if known is None:
        return None
    found = _of_parts(data) if known[2] else _md5(data)
    return True if found == known[1] else None


def same_content(one: BufferedIOBase, other: IO[bytes]) -> bool:
    """Compare two streams of the same size, the second from its beginning."""
    other.seek(0)
    while block := one.read(_BLOCK):
        if block != other.read(len(block)):
            return False
    return True


def _md5(data: IO[bytes]) -> str:
    data.seek(0)
    digest = hashlib.md5(usedforsecurity=False)
    while block := data.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _of_parts(data: IO[bytes]) -> str:
    data.seek(0)
    digests = hashlib.md5(usedforsecurity=False)
    while part := data.read(PART):
        digests.update(hashlib.md5(part, usedforsecurity=False).digest())
    return digests.hexdigest()
