"""Redaction: passwords masked in text.

Error messages, log lines and texts from folders of earlier releases pass through `redacted` before they are shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "***"

_USERINFO: Final = re.compile(r"(?:(?<=://)|(?<=(?<![:/\w])//)|(?<=:/)(?=[^\s/@:]*:))[^\s/]*@")
"""User name and password of an address. The user name is masked too: services accept a token in its place."""
_NAMES: Final = r"(?<!/)(?:password|passwd|passphrase|pwd|_pass)"
_PARAMETER: Final = re.compile(
    rf"""({_NAMES}['"]?\s{{0,3}}[=:]\s{{0,3}})(?:'(?:[^'\\]|\\.){{0,999}}'|"(?:[^"\\]|\\.){{0,999}}"|[^\s&]*[^\s&:;,])""",
    re.IGNORECASE,
)
"""A query parameter, a keyword of libpq's connection strings (with quotes), an entry of settings as Python shows them.

Not the last part of a path: `/etc/passwd: no such file`.
"""
_AUTHORIZATION: Final = re.compile(
    r"(authorization\W{0,4}b?\W{0,4}(?:basic|bearer|digest|negotiate)\s+)\S+", re.IGNORECASE
)

_ADDRESS_USERINFO: Final = re.compile(
    r"^([^/@]*:?//?(?=[^/@:]*:[^@]*@)|[^/@]*://(?!/)|(?=[^/@:]+:(?![/\\]))).*@", re.DOTALL
)
"""User name and password in a text that is one address: up to the last `@`, as a password can have unencoded ones.

File paths and SQLAlchemy's form of them (`sqlite:///`) do not match.
"""
_ADDRESS_PARAMETER: Final = re.compile(
    r"([?&][^=&]*(?:pass|pwd|token|key|secret|auth|sig)[^=&]*=)([^&]*)", re.IGNORECASE
)
_SHORT: Final = 4
"""Characters. A shorter password is masked only as a whole word: every message has an `a`."""


def redacted(text: str, *addresses: str) -> str:
    """Return text with `***` in place of every password, and of the user name before it in an address.

    `addresses` can have passwords (a CATALOG_URL, an `archive=`). Their passwords are masked as written, decoded, and in
    parts: a program that splits an address at an `@` within its password reports half of the password as the host.
    """
    for address in filter(None, addresses):
        text = text.replace(address, _shown(address))
    text = _USERINFO.sub(f"{MASK}@", text)
    text = _PARAMETER.sub(rf"\g<1>{MASK}", text)
    text = _AUTHORIZATION.sub(rf"\g<1>{MASK}", text)
    whole = {form for address in addresses for form in _spellings(address)}
    for form in sorted(whole, key=len, reverse=True):
        text = text.replace(form, MASK) if len(form) >= _SHORT else _without_word(text, form)
    for word in {word for form in whole for word in re.split(r"\W+", form)}:
        text = _without_word(text, word)
    return text


def _shown(address: str) -> str:
    """Return an address without its password. The address may be malformed."""
    return _ADDRESS_USERINFO.sub(rf"\g<1>{MASK}@", _ADDRESS_PARAMETER.sub(rf"\g<1>{MASK}", address))


def _spellings(address: str) -> set[str]:
    """Return the passwords of an address as written and decoded, and their parts between `@`."""
    whole = {form for password in _passwords(address) for form in (password, unquote_plus(password))}
    return whole.union(*(form.split("@") for form in whole)) - {"", MASK}


def _without_word(text: str, word: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK, text) if word else text


def _passwords(address: str) -> Iterable[str]:
    for parameter in _ADDRESS_PARAMETER.finditer(address):
        yield parameter[2]
    userinfo = _ADDRESS_USERINFO.match(_ADDRESS_PARAMETER.sub(r"\g<1>", address))
    if userinfo:
        yield userinfo[0][len(userinfo[1]) : -1].partition(":")[2]
