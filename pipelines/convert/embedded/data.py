"""Decoding of scripts that hold data: JSON, JSON-LD, and states assigned to a variable."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

MAX_JSON: Final = 8 * 1024 * 1024
"""Limit of the characters of one script that are decoded."""

_JSON_TYPES: Final = frozenset(["application/json", "application/ld+json", "text/json"])
_STATE: Final = re.compile(
    r"""\s*+(?:(?:window|self|globalThis)(?:\.|\[["'])|(?:var|let|const)\s++)[\w$.]++(?:["']\])?\s*+=\s*+(?=[{\[])"""
)
"""The start of `window.__INITIAL_STATE__ = {`."""
_WRAPPED: Final = re.compile(r"\s*+(?://\s*+)?(?:<!\[CDATA\[|<!--)?\s*+")
_STATE_START: Final = 500


def is_data(script: Element) -> bool:
    """Whether a script holds data rather than code."""
    kind = script.attrs.get("type", "").partition(";")[0].strip().lower()
    return kind in _JSON_TYPES or bool(_STATE.match(script.text[:_STATE_START]))


def decoded(script: Element) -> Any:
    """Return the value of a script's JSON; None if it has none, is too long or too deep. What follows it is ignored."""
    text = script.text
    start = _STATE.match(text[:_STATE_START]) or _WRAPPED.match(text)
    return _value(text, start.end() if start else 0)


def decoded_string(text: str) -> Any:
    """Return the value of a string that is JSON itself, as SvelteKit stores responses; None if it is not."""
    return _value(text, 0)


def _value(text: str, start: int) -> Any:
    if len(text) > MAX_JSON:
        return None
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value
