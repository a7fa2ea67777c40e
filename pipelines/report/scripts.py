"""Data as script files, as a page opened from disk may load nothing else; escaped so that no text in them is ever more."""

from __future__ import annotations

import json
from typing import Any

# Inside a script, JSON's only dangers are what ends the element or a line: "</script", "<!--", U+2028 and U+2029.
_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})
_CALL = "PolicyReport.put("


def script(name: str, data: Any) -> bytes:
    """Make the file that hands `data` to the page under `name`. Lone surrogates become question marks."""
    return f"{_CALL}{as_json(name)},{as_json(data)});\n".encode(errors="replace")


def read_script(file: bytes) -> Any:
    """Return the data of a file that `script` made. Raises ValueError if it is none."""
    text = file.decode()
    if not (text.startswith(_CALL) and text.endswith(");\n")):
        raise ValueError("not a data file of the report")
    return json.loads(f"[{text[len(_CALL) : -3]}]")[1]


def as_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
