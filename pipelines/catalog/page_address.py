"""The address of a page for people, from its urlkey."""

from __future__ import annotations

import re
from typing import Final

_SURT: Final = re.compile(r"([^/?#:)]+)((?::\d+)?)\)(.*)", re.DOTALL)
"""Host with its labels in reverse, port, and what follows."""


def address_of(urlkey: str) -> str:
    """Return the address of a urlkey, without scheme: `com,example)/privacy` is `example.com/privacy`.

    A key that has no host, or is a URL, is returned as it is.
    """
    found = _SURT.fullmatch(urlkey)
    return f"{'.'.join(reversed(found[1].split(',')))}{found[2]}{found[3]}" if found else urlkey
