"""Payload digests of WARC records as a CDX index writes them, and whether two of them contradict each other."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

from pipelines.untrusted import text_problem

if TYPE_CHECKING:
    from crawler.archives.warc_headers import Block

UNKNOWN: Final = "-"
"""The digest of a revisit that names none, as of a CDX row without one."""

_MAX_DIGEST: Final = 128
_HEX_SHA1: Final = re.compile(r"[0-9a-fA-F]{40}")
_BASE32_SHA1: Final = re.compile(r"[A-Za-z2-7]{32}")
_READ: Final = 65_536
_NOTHING: Final = [hashlib.new(name, b"", usedforsecurity=False) for name in ("md5", "sha1", "sha256", "sha512")]
_OF_NOTHING: Final = {
    text
    for each in _NOTHING
    for text in (each.hexdigest(), base64.b32encode(each.digest()).decode().lower().rstrip("="))
}


def declared_digest(header: str) -> str:
    """Return a WARC-Payload-Digest without its algorithm's name; empty if it can't be used. SHA-1 is base32.

    >>> declared_digest("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")
    '3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    digest = header.rpartition(":")[2].strip()
    if not digest or len(digest) > _MAX_DIGEST or text_problem(digest):
        return ""
    if _HEX_SHA1.fullmatch(digest):
        return base64.b32encode(bytes.fromhex(digest)).decode("ascii")
    return digest.upper() if _BASE32_SHA1.fullmatch(digest) else digest


def is_of_nothing(digest: str) -> bool:
    """Whether a digest is that of no bytes, in any algorithm and notation that WARC files have."""
    return digest.lower().rstrip("=") in _OF_NOTHING


def stored_digest(block: Block) -> str:
    """Return the CDX digest of a payload as stored: its SHA-1 in base32 (edgi PR#189)."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    while chunk := block.read(_READ):
        sha1.update(chunk)
    return base64.b32encode(sha1.digest()).decode("ascii")


def contradict(one: str, other: str, *, is_computed: bool) -> bool:
    """Whether two digests are of one algorithm and differ.

    One that was computed contradicts none: tools differ in what they take for the payload (its chunks or not).
    """
    return not is_computed and one != other and UNKNOWN not in (one, other) and _algorithm(one) == _algorithm(other)


def _algorithm(digest: str) -> tuple[int, bool]:
    """Return what tells the algorithms apart: length, and whether it is SHA-1, as MD5 has 32 digits too."""
    return len(digest), bool(_BASE32_SHA1.fullmatch(digest))
