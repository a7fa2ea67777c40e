"""The rows of a JSON listing, read one after the other: what a page of it can cost is bounded, whatever it holds.

`json` would make the whole page into objects first: 64 MB of `[]` are 1.5 GB of lists, and one row that is no JSON takes
all the others with it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ROW: Final = 1 << 18
"""Bytes of a row. A longer one has a field that is too long, and is not even parsed."""
MAX_SCAN: Final = 4 << 20
"""Bytes within which a row must end for the ones after it to be found: a twentieth of a second's work."""
MAX_BRACKETS: Final = 100_000
"""Brackets and strings of a row that is not flat; what has more is taken for no listing at all."""
MAX_SHOWN: Final = 1_000
"""Bytes of a line that an error shows."""

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+")
_FLAT: Final = re.compile(rb"\[(?:[^\"\[\]{}]++|%b)*+\]" % _STRING, re.DOTALL)
_SCALAR: Final = re.compile(rb"%b|[^\s,\[\]{}\"]++" % _STRING, re.DOTALL)
_BRACKET: Final = re.compile(rb"%b|[\[\]{}]" % _STRING, re.DOTALL)
_AFTER: Final = re.compile(rb"\s*+([,\]])\s*+")
_LINE: Final = re.compile(rb"[^\r\n]+")

_decode = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str).decode
"""Numbers stay as they are written: a row has no use for them, and those of many digits raise."""


class Unreadable(str):
    """A row that can't be read: the cause, in a few words that are the same for all of a kind."""

    __slots__ = ()


def json_rows(body: bytes) -> Iterator[list[Any] | Unreadable]:
    """Yield the elements of a JSON array of flat arrays. Raises ValueError that says what `body` is if it is none."""
    start = _START.match(body)
    if start is None:
        raise ValueError("not a list of rows" if body.lstrip()[:1] == b"{" else "not JSON")
    at, more = start.end(), body[start.end() : start.end() + 1] != b"]"
    if not more:
        at += 1
    while more:
        flat = _FLAT.match(body, at, at + MAX_SCAN)
        end = flat.end() if flat else _end_of_other(body, at)
        yield _row(body, at, end) if flat else Unreadable("not a flat row")
        after = _AFTER.match(body, end)
        if after is None:
            raise ValueError(f"not JSON after byte {end}")
        at, more = after.end(), after[1] == b","
    if body[at : at + MAX_ROW].strip():
        raise ValueError(f"not JSON after byte {at}")


def json_lines(body: bytes) -> Iterator[dict[str, Any] | Unreadable]:
    """Yield the objects of a body that has one on each line. Raises ValueError with the beginning of a line that is none."""
    for line in _LINE.finditer(body):
        if line.end() - line.start() > MAX_ROW:
            yield Unreadable("row too long")
        elif line[0].strip():
            yield _object(line[0])


def _object(line: bytes) -> dict[str, Any] | Unreadable:
    with suppress(ValueError):
        found = _parsed(line)
        if isinstance(found, dict | Unreadable):
            return found
    raise ValueError(line[:MAX_SHOWN].decode("utf-8", "replace"))


def _row(body: bytes, start: int, end: int) -> list[Any] | Unreadable:
    if end - start > MAX_ROW:
        return Unreadable("row too long")
    try:
        found: list[Any] | Unreadable = _parsed(body[start:end])
    except ValueError:
        return Unreadable("row that is not JSON")
    return found


def _parsed(data: bytes) -> Any:
    try:
        return _decode(data.decode())
    except UnicodeDecodeError:
        return Unreadable("row that is not UTF-8")
    except RecursionError:
        return Unreadable("not a flat row")


def _end_of_other(body: bytes, start: int) -> int:
    """Return where an element that is no flat array ends."""
    if body[start : start + 1] not in {b"[", b"{"}:
        scalar = _SCALAR.match(body, start, start + MAX_SCAN)
        if scalar is None:
            raise ValueError(f"not JSON after byte {start}")
        return scalar.end()
    depth = 0
    for number, found in enumerate(_BRACKET.finditer(body, start, start + MAX_SCAN)):
        if number > MAX_BRACKETS:
            break
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    raise ValueError(f"cut, or not a list of rows, after byte {start}")
