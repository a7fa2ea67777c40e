"""How this program was installed, and the command that adds an extra to it: it need not be on any index."""

from __future__ import annotations

import json
import sys
from importlib.metadata import distributions
from pathlib import Path
from shlex import quote
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

PACKAGE: Final = "wayback-policies"
_DIRECT_URL: Final = "direct_url.json"
"""Where pip writes what it installed from (packaging.python.org/en/latest/specifications/direct-url/)."""


def in_a_clone(extra: str) -> str:
    """Return the command that installs the program with an extra anywhere."""
    return f"pip install -c constraints.txt '.[{extra}]' in a clone of the program"


def install_command(extra: str) -> str:
    """Return the command that adds an extra to this installation, in the way in which it was made."""
    found = [each for each in distributions(name=PACKAGE) if each.read_text("INSTALLER")]
    texts = (text for each in found if (text := each.read_text(_DIRECT_URL)))
    source = (
        _source_of(next(texts, ""), extra) if found else _folder(Path(__file__).parents[1], extra, is_editable=True)
    )
    if not source:
        return in_a_clone(extra)
    return f"{quote(sys.executable or 'python')} -m pip install {source}"


def _source_of(direct_url: str, extra: str) -> str:
    """Return pip's arguments for what a distribution was installed from; empty if it is gone. Without a URL: an index.

    An address with a password is not shown.
    """
    if not direct_url:
        return quote(f"{PACKAGE}[{extra}]")
    about: dict[str, Any] = json.loads(direct_url)
    url = str(about["url"])
    path = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
    if "dir_info" in about and path:
        return _folder(path, extra, is_editable=bool(about["dir_info"].get("editable")))
    if (path and not path.exists()) or urlsplit(url).password:
        return ""
    vcs = about.get("vcs_info") or {}
    whole = f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
    return quote(f"{PACKAGE}[{extra}] @ {whole}")


def _folder(path: Path, extra: str, *, is_editable: bool) -> str:
    """Return pip's arguments for a clone; empty if there is none."""
    if not (path / "pyproject.toml").is_file():
        return ""
    pins = path / "constraints.txt"
    constrained = ["-c", quote(str(pins))] if pins.is_file() else []
    return " ".join([*constrained, *(["-e"] if is_editable else []), quote(f"{path}[{extra}]")])
