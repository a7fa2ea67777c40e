"""Damage of WARC files in words: where it begins, what it is, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FETCH_AGAIN: Final = "get a whole copy of the file"

_FOREIGN: Final = {
    b"filedesc:": ("an ARC file, which is not read", "`warcio recompress` makes a WARC file of it"),
    b"PK\x03\x04": ("a ZIP or WACZ file, which is not read", "unpack the WARC files in it"),
    b"\x28\xb5\x2f\xfd": ("compressed with Zstandard, which is not read", "unpack it with `zstd -d`"),
    b"BZh": ("compressed with bzip2, which is not read", "unpack it with `bzip2 -d`"),
    b"\xfd7zXZ\x00": ("compressed with xz, which is not read", "unpack it with `xz -d`"),
}
"""What a file is that is no WARC file, and what to do about it, by its first bytes."""
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a file that can't be read, from `offset` on.

    `resumed` is the record at which reading went on, `cut_at` the end of a file that ends within a record; `is_last` says
    that no record was found behind it, `is_foreign` that the whole file is of a kind that is not read.
    """

    offset: int
    cause: str
    remedy: str = _FETCH_AGAIN
    resumed: int | None = None
    cut_at: int | None = None
    is_last: bool = False
    is_foreign: bool = False

    def __str__(self) -> str:
        if self.resumed is not None:
            return f"{self.cause}; read on at byte {self.resumed}; {self.remedy}"
        if self.cut_at is not None:
            return f"cut at byte {self.cut_at}, in the record at byte {self.offset}; {self.remedy}"
        if self.is_last:
            return f"{self.cause}; nothing from there on could be read; {self.remedy}"
        return f"{self.cause}; {self.remedy}"


def empty() -> Damage:
    """Return what to say of a file of no bytes."""
    return Damage(0, "empty: cut at byte 0", is_foreign=True)


def foreign(at: int, begins: bytes) -> Damage:
    """Return what to say of bytes at an offset that are no WARC record."""
    if at == 0:
        for start, (cause, remedy) in _FOREIGN.items():
            if begins.startswith(start):
                return Damage(at, cause, remedy, is_foreign=True)
    return Damage(at, f"no WARC record at byte {at}, but {begins[:_SHOWN]!r}")


def hole(at: int, end: int) -> Damage:
    """Return what to say of zeros where records should be."""
    return Damage(at, f"{end - at} zeros at byte {at}")


def torn(at: int, why: str, cut_at: int | None = None) -> Damage:
    """Return what to say of a record whose bytes are missing or changed."""
    return Damage(at, f"damaged in the record at byte {at} ({why})", cut_at=cut_at)


def unparsed(at: int, error: Exception) -> Damage:
    """Return what to say of a record that warcio does not understand."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return Damage(at, f"damaged in the record at byte {at} ({reason[:100]})")


def several(at: int) -> Damage:
    """Return what to say of a gzip member with more than one record: those after the first have no offset."""
    return Damage(
        at, f"several records in the gzip member at byte {at}", "`warcio recompress OLD NEW` gives each its own"
    )
