"""Percent-escapes of URLs as canonicalisers read and write them. Pure.

URLs of megabytes take some ten milliseconds: work on each character is done by functions that are written in C and by
NumPy, which py3langid brings. What they can't do, the loop in `_unescaped_from_the_end` does, in linear time.
"""

from __future__ import annotations

import re
from typing import Final

_HEX: Final = b"0123456789abcdefABCDEF"
_PERCENT: Final = ord("%")
_KINDS: Final = bytes(each if each == _PERCENT else ord("h" if each in _HEX else ".") for each in range(256))
"""What each octet can be in an escape: the percent sign, `h` for a hexadecimal digit, and `.`."""
_ESCAPE: Final = b"%hh"
_REVERSED: Final = _ESCAPE[::-1]
_MAY_GO_ON: Final = (b"%", b"h%")
"""How, behind a digit, a reversed text goes on that may have an escape there."""

_CHAIN: Final = b"25" * 32
_IDLE: Final = re.compile(rb"%3(?:%3)*(?=[0-9])")
"""Escapes of digits lack only the digit: `%3` before one can be left out, however many stand in a row."""
_IDLE_NESTED: Final = re.compile(rb"(?<!%)(%{2,}+)(3{2,}+)")
"""The same within each other: `%%%3331` is `%%331` is `%31` is `1`."""
_MANY_IDLE: Final = (b"%3" * 32, b"%" * 32 + b"3" * 32)
"""What a text has that would be read octet by octet."""

_MANY: Final = 1000
"""Percent signs, or escapes, from which passes over the whole text pay, as arrays of octets."""
_PASSES: Final = 8
"""Most such passes: what is nested deeper is read from the end."""
_NO_DIGIT: Final = 16
_FEW: Final = 20
"""With fewer than one escape in so many octets, only what is near them is read octet by octet."""
_BLOCK: Final = 4
"""Octets read after such an escape, and twice as many each time that they may be part of another one."""
_VISIBLE: Final = bytes(range(0x21, 0x7F))
_BACKSLASH: Final = "\u0100"
"""Stands for a backslash, which Python's own escapes double."""
_OF_PYTHON: Final = (
    (b"\t", b"\\t", b"%09"),
    (b"\n", b"\\n", b"%0a"),
    (b"\r", b"\\r", b"%0d"),
    (b"\\", b"\\u0100", b"\\"),
)
"""Octets for which Python has other escapes, these, and what stands for them here."""


def unescaped(data: bytes) -> bytes:
    """Return `data` with escapes undone until none is left: `%2541` is `A`. The order makes no difference."""
    data = _without_chains(data)
    if data.count(_PERCENT) > _MANY:
        data = _unescaped_at_once(data)
    escapes = data.translate(_KINDS).count(_ESCAPE)
    if not escapes:
        return data
    return _unescaped_from_the_end(data, _BLOCK if escapes * _FEW < len(data) else len(data))


def _without_chains(data: bytes) -> bytes:
    """Return `data` without long chains of escapes, each of which is part of the next one."""
    if any(many in data for many in _MANY_IDLE):
        data = _IDLE_NESTED.sub(_without_idle, _IDLE.sub(b"", data))
    return _unescaped_percent(data) if b"%" + _CHAIN in data else data


def _without_idle(found: re.Match[bytes]) -> bytes:
    idle = min(len(found[1]), len(found[2]) - 1)
    return found[0][idle:-idle]


def _unescaped_percent(data: bytes) -> bytes:
    """Return `data` with a percent sign for long `%252525`: the longest first, each half as long as the last."""
    longest = _CHAIN
    while b"%" + longest in data:
        longest *= 2
    while len(longest) >= len(_CHAIN):
        data = data.replace(b"%" + longest, b"%")
        longest = longest[: len(longest) // 4 * 2]
    return data


def _unescaped_at_once(data: bytes) -> bytes:
    """Return `data` after passes that each undo all escapes it has then."""
    import numpy as np  # noqa: PLC0415 - takes 0.1 s, and few runs meet such a URL

    digits = np.array([int(bytes((each,)), 16) if each in _HEX else _NO_DIGIT for each in range(256)], np.uint8)
    octets = np.frombuffer(data, np.uint8)
    for _ in range(_PASSES):
        read = digits[octets]
        at = np.flatnonzero((octets[:-2] == _PERCENT) & (read[1:-1] < _NO_DIGIT) & (read[2:] < _NO_DIGIT))
        if at.size <= _MANY:
            break
        octets = octets.copy()
        octets[at] = read[at + 1] * 16 + read[at + 2]
        kept = np.ones(octets.size, bool)
        kept[at + 1] = kept[at + 2] = False
        octets = octets[kept]
    return octets.tobytes()


def _rows() -> list[list[int]]:
    """Return the value of each two octets that are hexadecimal digits, or -1, by the first and the second."""
    none = [-1] * 256
    rows = [none] * 256
    for high in _HEX:
        rows[high] = none.copy()
        for low in _HEX:
            rows[high][low] = int(bytes((high, low)), 16)
    return rows


_ROWS: Final = _rows()


def _unescaped_from_the_end(data: bytes, block: int) -> bytes:
    """Return `data` with escapes undone until none is left.

    It is read from its end, so that what an escape stands for can be part of the one before it: `text` is `data`
    reversed, `at` how far it is read, and `first`, `second` and `read` (the last one first) what came of it. Two octets
    behind the end are no part of it. After an escape at least `block` octets are read one by one.
    """
    rows, percent = _ROWS, _PERCENT  # locals are faster
    text, kinds, at = data[::-1], data.translate(_KINDS)[::-1], 0
    read = bytearray()
    append, pop = read.append, read.pop
    first = second = 0
    while (found := kinds.find(_REVERSED, at)) >= 0:
        read += bytes((second, first))
        read += text[at:found]
        first, second = text[found + 1], text[found]
        at, size = found + 2, block
        while True:
            for octet in text[at : at + size]:
                if octet != percent or (value := rows[first][second]) < 0:
                    append(second)
                    first, second = octet, first
                    continue
                first, second = value, pop()
                while first == percent and (value := rows[second][read[-1]]) >= 0:
                    pop()
                    first, second = value, pop()
            at += size
            if first not in _HEX or not kinds.startswith(_MAY_GO_ON, at):
                break
            size *= 2
    return data[: max(0, len(data) - at)] + (read + bytes((second, first)))[:1:-1]


def escaped(data: bytes) -> str:
    """Return `data` in lower case, with escapes for what is no visible ASCII character, `#` and `%`."""
    text = data.lower().replace(b"%", b"%25").replace(b"#", b"%23").replace(b" ", b"%20")
    if not text.translate(None, _VISIBLE):
        return text.decode()
    escapes = text.decode("latin-1").replace("\\", _BACKSLASH).encode("unicode_escape")
    for octet, python, percent in _OF_PYTHON[:-1]:
        escapes = escapes.replace(python, percent) if octet in text else escapes
    escapes = escapes.replace(b"\\x", b"%")
    octet, python, percent = _OF_PYTHON[-1]
    return (escapes.replace(python, percent) if octet in text else escapes).decode()
