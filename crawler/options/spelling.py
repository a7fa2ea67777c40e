"""Suggestions for misspelt names."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_NAME: Final = 200
"""Characters of a name that are compared: difflib takes quadratic time."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the known name that is most like `name` (difflib's ratio, 0 to 1); empty if none reaches `cutoff`."""
    names = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name[:_MAX_NAME].lower(), names, 1, cutoff)
    return names[near[0]] if near else ""
