"""Percent-escapes of URLs as canonicalisers read and write them. Pure.

URLs of megabytes take a few milliseconds: work on each character is done by functions that are written in C. What they
can't do, the loop in `_unescaped_in_one_pass` does, in linear time.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from itertools import islice
from typing import Final

_HEX: Final = b"0123456789abcdefABCDEF"
_PERCENT: Final = ord("%")
_ESCAPE: Final = re.compile(b"%[0-9A-Fa-f]{2}")
_BARE: Final = re.compile(b"%(?![0-9A-Fa-f]{2})")
_IDLE: Final = re.compile(rb"%3(?:%3)*(?=[0-9])")
"""Escapes of digits lack only the digit: `%3` before one can be left out, however many stand in a row."""
_IDLE_NESTED: Final = re.compile(rb"(?<!%)(%{2,}+)(3{2,}+)")
"""The same within each other: `%%%3331` is `%%331` is `%31` is `1`."""
_MANY_IDLE: Final = (b"%3" * 8, b"%" * 8 + b"3" * 8)
"""What a text has that would take many passes."""

_PASSES: Final = 2
"""Passes that are always made, each in the time in which a tenth of the text is read octet by octet."""
_WORTH_A_PASS: Final = 4
"""A further pass is made if the last one made the text shorter by one part in so many."""
_UNUSED: Final = range(0xF5, 0x100)
"""Octets that are in no UTF-8."""

_VISIBLE: Final = bytes(range(0x21, 0x7F))
_BACKSLASH: Final = "\u0100"
"""Stands for a backslash, which Python's own escapes double."""
_OF_PYTHON: Final = ((b"\\x", b"%"), (b"\\t", b"%09"), (b"\\n", b"%0a"), (b"\\r", b"%0d"), (b"\\u0100", b"\\"))


def unescaped(data: bytes) -> bytes:
    """Return `data` with escapes undone until none is left: `%2541` is `A`. The order makes no difference."""
    passes, few = 0, False
    while _ESCAPE.search(data):
        if few and passes >= _PASSES:
            return _unescaped_in_one_pass(data)
        before = len(data)
        data = _unescaped_percent(data)
        if any(many in data for many in _MANY_IDLE):
            data = _IDLE_NESTED.sub(_without_idle, _IDLE.sub(b"", data))
        data = _unescaped_once(data)
        passes += 1
        few = (before - len(data)) * _WORTH_A_PASS < before
    return data


def _without_idle(found: re.Match[bytes]) -> bytes:
    idle = min(len(found[1]), len(found[2]) - 1)
    return found[0][idle:-idle]


def _unescaped_percent(data: bytes) -> bytes:
    """Return `data` with a percent sign for `%25`, `%2525` and so on: the longest first, each half as long as the last."""
    if b"%25" not in data:
        return data
    longest = b"25"
    while b"%" + longest in data:
        longest *= 2
    while longest:
        data = data.replace(b"%" + longest, b"%")
        longest = longest[: len(longest) // 4 * 2]
    return data


def _unescaped_once(data: bytes) -> bytes:
    """Return `data` with the escapes that it has undone, those that arise from them not.

    It is read as quoted-printable, which has `=` for `%`. Two octets that the result has not stand for its equals signs,
    and for percent signs that quoted-printable would read otherwise.
    """
    text = data.replace(b"%3D", b"=").replace(b"%3d", b"=") if b"%3" in data else data
    lower = text.lower()
    unused = bytes(islice((each for each in _UNUSED if each not in text and b"%%%x" % each not in lower), 2))
    if len(unused) < 2:  # noqa: PLR2004 - the two
        return a2b_qp(_BARE.sub(b"%25", text).replace(b"=", b"%3D").replace(b"%", b"="))
    equals, percent = unused[:1], unused[1:]
    for behind in (b"%", b"%", b"\n", b"\r"):
        text = text.replace(b"%" + behind, percent + behind)
    text = text.removesuffix(b"%") + percent * text.endswith(b"%")
    quoted = text.translate(bytes.maketrans(b"=%", equals + b"="))
    return a2b_qp(quoted).translate(bytes.maketrans(b"=" + unused, b"%=%"))


def _values() -> list[int]:
    """Return the value of each two octets that are hexadecimal digits, or -1, by 256 times the first and the second."""
    values = [-1] * (1 << 16)
    for high in _HEX:
        for low in _HEX:
            values[high << 8 | low] = int(bytes((high, low)), 16)
    return values


_VALUES: Final = _values()


def _unescaped_in_one_pass(data: bytes) -> bytes:
    """Return `data` with escapes undone until none is left.

    It is read from its end, so that what an escape stands for can be part of the one before it. The two octets read last
    are `first` and `second`, the others are in `read`, the last one first.
    """
    values, percent = _VALUES, _PERCENT  # locals are faster
    read: list[int] = []
    first = second = 0  # two octets behind the end, so that there are always two
    for octet in reversed(data):
        if octet != percent:
            read.append(second)
            second, first = first, octet
            continue
        while (value := values[first << 8 | second]) == percent:
            first, second = read.pop(), read.pop()
        if value < 0:
            read.append(second)
            second, first = first, percent
        else:
            first, second = value, read.pop()
    return bytes([first, second, *reversed(read)][:-2])


def escaped(data: bytes) -> str:
    """Return `data` in lower case, with escapes for what is no visible ASCII character, `#` and `%`."""
    text = data.lower().replace(b"%", b"%25").replace(b"#", b"%23").replace(b" ", b"%20")
    if not text.translate(None, _VISIBLE):
        return text.decode()
    escapes = text.decode("latin-1").replace("\\", _BACKSLASH).encode("unicode_escape")
    for python, percent in _OF_PYTHON:
        escapes = escapes.replace(python, percent)
    return escapes.decode()
