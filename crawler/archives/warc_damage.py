"""Damage: an unreadable part of a WARC file, with its offset, its cause and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FETCH_AGAIN: Final = "get a whole copy of the file"
NAME_ANOTHER: Final = "name another file if this is no WARC, ARC or WACZ file, else get a whole copy of it"

_FOREIGN: Final = {
    b"BZh": ("compressed with bzip2, which is not read", "unpack it with `bzip2 -d`"),
    b"\xfd7zXZ\x00": ("compressed with xz, which is not read", "unpack it with `xz -d`"),
}
"""Cause and remedy for files of other formats, by their first bytes."""
_ONE_EACH: Final = {
    "gzip member": "`warcio recompress OLD NEW` gives each its own",
    "Zstandard frame": "unpack it with `zstd -d`",
}
"""Remedy for records that don't have a compressed unit each, by unit."""
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a file, from `offset` on, that can't be read.

    `resumed` is the offset of the record at which reading went on. `cut_at` is the size of a file that ends within a
    record. `is_last` tells that no record was found after it. `is_several` tells that several records share a
    gzip member or a Zstandard frame, `is_gap` that no record is there, `is_foreign` that the file is empty or has another
    format.
    """

    offset: int
    cause: str
    remedy: str = FETCH_AGAIN
    resumed: int | None = None
    cut_at: int | None = None
    is_last: bool = False
    is_several: bool = False
    is_gap: bool = False
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
    """Return the damage of a file of 0 bytes."""
    return Damage(0, "empty: cut at byte 0", is_gap=True, is_foreign=True)


def foreign(at: int, begins: bytes, *, is_first: bool) -> Damage:
    """Return the damage of bytes at an offset that are no record; `is_first` tells whether they are the file's first."""
    if is_first:
        for start, (cause, remedy) in _FOREIGN.items():
            if begins.startswith(start):
                return Damage(at, cause, remedy, is_foreign=True)
    remedy = NAME_ANOTHER if is_first else FETCH_AGAIN
    return Damage(at, f"no WARC record at byte {at}, but {begins[:_SHOWN]!r}", remedy, is_gap=True)


def hole(at: int, end: int) -> Damage:
    """Return the damage of zeros in place of records."""
    return Damage(at, f"{end - at} zeros at byte {at}")


def torn(at: int, why: str, cut_at: int | None = None) -> Damage:
    """Return the damage of a record with missing or changed bytes."""
    return Damage(at, f"damaged in the record at byte {at} ({why})", cut_at=cut_at)


def several(at: int, unit: str) -> Damage:
    """Return the damage of a gzip member or Zstandard frame with several records: only the first has an offset."""
    return Damage(at, f"several records in the {unit} at byte {at}", _ONE_EACH[unit], is_several=True)


def spread(at: int, unit: str) -> Damage:
    """Return the damage of a record in several gzip members or Zstandard frames: a record can't be read by its offset."""
    return Damage(at, f"the record in the {unit} at byte {at} goes on in the next one", _ONE_EACH[unit])
