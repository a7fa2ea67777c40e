"""The order of a query's arguments in urlkeys: by name, then by value. Pure.

A URL of megabytes can have hundreds of thousands of arguments. They are sorted in the way that takes least for them.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_REPEATED_EQUALS_SIGN: Final = re.compile("=[^&=]*=")
_BEFORE_ALL: Final = "\1"
"""Sorts before all characters of an argument: it stands for the equals sign behind the name."""
_AS_RECORDS: Final = bytes.maketrans(b" ", b"\0")
_NO_RECORDS: Final = b"\0"
_RECORD: Final = 8
"""Octets of a number of double precision."""
_SAMPLE: Final = 1 << 14
_MOSTLY: Final = 0.875
"""Share of different arguments in a sample from which counting equal ones takes longer than it saves."""


def sorted_arguments(query: str) -> str:
    """Return the arguments of a query in lower case, in visible ASCII, sorted by name and value; empty ones come first."""
    if "&" not in query:
        return query
    arguments = _without_empty(query)
    number = arguments.count("&") + 1 if arguments else 0
    empty = "&" * (query.count("&") + bool(arguments) - number)
    if "=" not in arguments or not _REPEATED_EQUALS_SIGN.search(arguments):
        return empty + _sorted(arguments.replace("=", _BEFORE_ALL), number).replace(_BEFORE_ALL, "=")
    return empty + _sorted(arguments, number, _marked)


def _without_empty(query: str) -> str:
    while "&&" in query:
        query = query.replace("&&", "&")
    return query.strip("&")


def _marked(argument: str) -> str:
    return argument.replace("=", _BEFORE_ALL, 1)


def _sorted(arguments: str, number: int, key: Callable[[str], str] | None = None) -> str:
    """Return `number` arguments sorted as strings; equal ones, if there are many, are compared once."""
    middle = arguments[len(arguments) // 2 :][:_SAMPLE].split("&")
    if len(set(middle)) < len(middle) * _MOSTLY:
        counts = Counter(arguments.split("&"))
        return "&".join(chain.from_iterable(repeat(each, counts[each]) for each in sorted(counts, key=key)))
    records = (arguments.replace("&", "\t") + "\t").expandtabs(_RECORD).encode() if key is None else b""
    if len(records) == _RECORD * number:
        return _sorted_records(records.translate(_AS_RECORDS), number)
    return "&".join(sorted(arguments.split("&"), key=key))


def _sorted_records(records: bytes, number: int) -> str:
    """Return arguments of fewer than eight octets sorted. Each is a record that ends in zeros.

    As numbers of double precision, records of ASCII are in the order that they have as strings (IEEE 754: the sign is
    positive, and no exponent is that of infinity), and numbers are sorted in half the time.
    """
    form = f">{number}d"
    numbers = bytearray(struct.pack(form, *sorted(struct.unpack(form, records))))
    numbers[_RECORD - 1 :: _RECORD] = b"&" * number
    return numbers.translate(None, _NO_RECORDS).decode()[:-1]
