"""Reader of the rows of a JSON listing, one after the other, with bounded memory and time.

`json` would parse the whole page first: 64 MB of `[]` become 1.5 GB of lists, and one row that is not JSON loses all
others.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ROW: Final = 1 << 18
"""Most bytes of a row. A longer one has a field that is too long, and is not parsed."""
MAX_SCAN: Final = 4 << 20
"""Most bytes searched for the end of a row; the rows after it are lost otherwise. Scanning them takes 1/20 second."""
MAX_BRACKETS: Final = 100_000
"""Most brackets and strings of a row that is not flat. A body with more is not a listing."""
MAX_SHOWN: Final = 1_000
"""Bytes of a line quoted in an error."""

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+")
_FLAT: Final = re.compile(rb"\[(?:[^\"\[\]{}]++|%b)*+\]" % _STRING, re.DOTALL)
_SCALAR: Final = re.compile(rb"%b|[^\s,\[\]{}\"]++" % _STRING, re.DOTALL)
_BRACKET: Final = re.compile(rb"%b|[\[\]{}]" % _STRING, re.DOTALL)
_AFTER: Final = re.compile(rb"\s*+([,\]])\s*+")
_LINE: Final = re.compile(rb"[^\r\n]+")

_decode = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str).decode
"""Numbers stay text: rows need no numbers, and converting one of many digits raises an error."""


class Unreadable(str):
    """The cause for which a row can't be read, in a few words that are equal for all rows of a kind."""

    __slots__ = ()


def json_rows(body: bytes) -> Iterator[list[Any] | Unreadable]:
    """Yield the elements of a JSON array of flat arrays. Raises ValueError, with the reason, for another body."""
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
    """Yield the objects of a body that has one on each line. Raises ValueError, with its beginning, for any other line."""
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
