"""Checks of what `archive=` names: addresses and paths that no archive can have."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.archives.playback_urls import read_base
from crawler.archives.warc_check import all_unusable
from crawler.archives.warc_files import ENDINGS, KINDS, warc_files
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from pathlib import Path

FORMS: Final = (
    "use wayback, arquivo, commoncrawl, sample, http://host:port, pywb+http://host:port/collection, "
    "timemap+http://host/timemap/link, or a path to WARC, ARC or WACZ files"
)
SCHEMES: Final = (
    "http",
    "https",
    *(f"{kind}+{scheme}" for kind in ("pywb", "arquivo", "timemap") for scheme in ("http", "https")),
)

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_MAX_HOST: Final = 253  # characters of a host name, RFC 1035 section 2.3.4
_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_LOGIN: Final = "in a user name or password write / as %2F, ? as %3F, # as %23, @ as %40, a comma as %2C"
_CUT_LOGIN: Final = re.compile(r"://[^@,/]*,(?:(?!://).)*@", re.DOTALL)
"""The part of an address up to its login's end, if a comma is in it: what follows the comma has an `@` and is no address."""
_SERVER: Final = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:/[^@]*)?", re.ASCII)
"""A server's address without its scheme: `localhost:8080`, `archive.example/path`."""


def split_specs(spec: str) -> list[str]:
    """Return the archives that a value of `archive=` names, with commas between. Raises ValueError for an empty one.

    A path that exists is one archive, whatever its name. An error tells no part of a login that a comma cuts in two.
    """
    if _exists(spec):
        return [spec]
    if _CUT_LOGIN.search(spec) and not any("@" in each and _exists(each.strip()) for each in spec.split(",")):
        raise ValueError(_LOGIN)
    if "," not in spec:
        return [spec.strip()]
    specs = [each.strip() for each in spec.split(",")]
    if not all(specs):
        raise ValueError(
            "a comma without an archive after it; write archives with one comma between, as wayback,arquivo"
        )
    return specs


def _exists(spec: str) -> bool:
    try:
        return os.path.lexists(spec)
    except ValueError:
        return False


def scheme_of(spec: str) -> str:
    """Return the scheme of an address, in lower case; empty for a word or a path. Raises ValueError for an unknown one."""
    match = _SCHEME.match(spec)
    if match and match[1].lower() not in SCHEMES:
        raise ValueError(f"an archive can't be asked by {match[1]:.20}://; {FORMS}")
    return match[1].lower() if match else ""


def check_address(address: str) -> None:
    """Raise ValueError for an http or https address that no server can have. Its message tells no part of a login."""
    if any(character.isspace() or not character.isprintable() for character in address):
        raise ValueError("a space or control character in the address; write it as %20, or leave it out")
    try:
        read_base(address)
        host = urlsplit(address).hostname or ""
    except ValueError as error:
        reason = _LOGIN if "@" in address else error
        raise ValueError(f"not http://host:port with an optional path; {reason}") from None
    if not _is_host(host):
        raise ValueError(f"{host!r:.80} is no host name; write http://host:port")


def _is_host(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    try:
        if ":" in host:
            IPv6Address(host)
        elif labels[-1].isdigit():  # no top-level domain consists of digits (WHATWG URL, "ends in a number")
            IPv4Address(host)
    except ValueError:
        return False
    return ":" in host or (len(host) <= _MAX_HOST and all(map(_LABEL.fullmatch, labels)))


def check_path(path: Path) -> None:
    """Raise ValueError for a path that is no WARC file, nor a folder with one that has a readable record."""
    try:
        path.stat()
    except FileNotFoundError:
        raise ValueError(f"no such file or folder; {_remedy(str(path))}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"can't be read ({_reason(error)}); {FORMS}") from None
    if not path.is_file() and not path.is_dir():
        raise ValueError("neither a file nor a folder; name a WARC file or a folder of them")
    if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
        raise ValueError("this folder can't be read; see its permissions")
    _check_files(path)


def _check_files(path: Path) -> None:
    """Read until the first record; the other files, and damaged parts, are the index' work."""
    files = warc_files(path)
    if not files:
        raise ValueError(f"no {KINDS} file in this folder, nor below it (file names end in {ENDINGS})")
    if problem := all_unusable(files):
        raise ValueError(f"nothing that can be read: {printable(problem)}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _remedy(spec: str) -> str:
    if spec.startswith("~"):
        return "the shell leaves ~ as it is here: write the whole path"
    if _SERVER.fullmatch(spec):
        return f"for a server write http://{spec:.80}"
    return FORMS
