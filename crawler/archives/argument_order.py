"""The order of a query's arguments in urlkeys: by name, then by value. Pure.

A URL of megabytes can have hundreds of thousands of arguments. They are sorted in the way that takes least for them.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, repeat
from typing import Final

_REPEATED_EQUALS_SIGN: Final = re.compile("=[^&=]*=")
_BEFORE_ALL: Final = "\1"
"""Sorts before all characters of an argument: it stands for the equals sign behind the name."""
_AMPERSAND: Final = ord("&")
_AS_RECORDS: Final = bytes.maketrans(b" ", b"\0")
_RECORDS: Final = (8, 16, 32)
"""Octets of a record that holds an argument: the shortest that holds all is taken."""
_MANY: Final = 10_000
"""Arguments from which they are sorted as records."""
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
    return empty + _sorted(arguments, number)


def _without_empty(query: str) -> str:
    while "&&" in query:
        query = query.replace("&&", "&")
    return query.strip("&")


def _sorted(arguments: str, number: int) -> str:
    """Return `number` arguments sorted; equal ones, if there are many, are compared once."""
    middle = arguments[len(arguments) // 2 :][:_SAMPLE].split("&")
    if len(set(middle)) < len(middle) * _MOSTLY:
        counts = Counter(arguments.split("&"))
        return "&".join(chain.from_iterable(repeat(each, counts[each]) for each in sorted(counts, key=_marked)))
    if _REPEATED_EQUALS_SIGN.search(arguments):
        marked = "&".join([each.replace("=", _BEFORE_ALL, 1) for each in arguments.split("&")])
    else:
        marked = arguments.replace("=", _BEFORE_ALL)
    return _sorted_as_strings(marked, number).replace(_BEFORE_ALL, "=")


def _marked(argument: str) -> str:
    return argument.replace("=", _BEFORE_ALL, 1)


def _sorted_as_strings(arguments: str, number: int) -> str:
    if number > _MANY:
        for size in _RECORDS:
            records = (arguments.replace("&", "\t") + "\t").expandtabs(size).encode()
            if len(records) == size * number:
                return _sorted_records(records.translate(_AS_RECORDS), size)
    return "&".join(sorted(arguments.split("&")))


def _sorted_records(records: bytes, size: int) -> str:
    """Return arguments of fewer than `size` octets sorted. Each is a record that ends in zeros."""
    import numpy as np  # noqa: PLC0415 - takes 0.1 s, and few runs meet such a URL

    in_order = np.sort(np.frombuffer(records, f"S{size}")).view(np.uint8)
    in_order[size - 1 :: size] = _AMPERSAND
    return bytes(in_order[in_order != 0]).decode()[:-1]
