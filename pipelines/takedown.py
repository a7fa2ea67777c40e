"""The takedown list: whose texts are shown nowhere. What is known of them (dates, hashes, counts) stays.

A line of the file is a domain (with its subdomains), a page's address, a snapshot's address at a web archive, or the SHA-256
of a text (`text_sha256`) or of a text file; `#` begins a comment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import idna

from pipelines import located_yaml
from pipelines.catalog.page_address import address_of
from pipelines.errors import TakedownError
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_FORM: Final = located_yaml.Form(setting="TAKEDOWN_FILE", fault=TakedownError, empty="", deep="")
_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{2,63}(?<!-)", re.ASCII)
_SNAPSHOT: Final = re.compile(
    r"(?:https?://)?(?:web\.archive\.org/web/(?=\d)|[^\s/]+/(?:\S{1,80}?/)?(?=\d+(?:[a-z]{2}_)?/https?(?::|%3a)//))"
    r"(?P<moment>\d{14})(?:[a-z]{2}_)?/(?P<url>\S+)",
    re.IGNORECASE,
)
"""A snapshot's address at the Wayback Machine, or at another archive that has addresses of this form."""
_NO_PAGE: Final = re.compile(r"web\.archive\.org/|[^?]*/https?(?::|%3a)/", re.IGNORECASE)
"""How an address begins that names no page: of a snapshot without 14 digits, say."""
_WWW: Final = re.compile(r"www\d*\.(?=[^.]+\.)")
_REMEDY: Final = "write a domain, an address (https://example.com/privacy), or the SHA-256 of a text"


@dataclass(frozen=True, slots=True)
class Takedown:
    """What is withheld. Addresses are in one form for all spellings of them (`_plain`)."""

    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    snapshots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The moments (14 digits) by address."""
    hashes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.domains or self.addresses or self.snapshots or self.hashes)

    def withholds(
        self,
        *,
        domain: str,
        page: str,
        url: str,
        timestamp: str,
        first_seen: str,
        last_seen: str,
        hashes: Iterable[str],
    ) -> bool:
        """Whether a version's text is withheld.

        `page` is a SURT, `hashes` are those of the text and of its file. `first_seen` and `last_seen` are ISO 8601: each
        snapshot between them shows the text.
        """
        if not self:
            return False
        addresses = {_plain(url), _of_surt(page)}
        return (
            not self.hashes.isdisjoint(hashes)
            or any(map(self._has_host, {domain, _host_of(url), *map(_host_of, addresses)}))
            or not self.addresses.isdisjoint(addresses)
            or any(
                moment == timestamp or _digits(first_seen) <= moment <= _digits(last_seen)
                for address in addresses
                for moment in self.snapshots.get(address, ())
            )
        )

    def told(self, count: int) -> str:
        """Return what to say when `count` texts were withheld; empty without a list. A list that names none may be wrong."""
        if count:
            return f"{quantity(count, 'text')} withheld (TAKEDOWN_FILE)"
        return "no text withheld: TAKEDOWN_FILE names none that is here" if self else ""

    def _has_host(self, host: str) -> bool:
        labels = host.split(".")
        return bool(self.domains) and any(".".join(labels[at:]) in self.domains for at in range(len(labels)))


NOTHING: Final = Takedown()
"""Withholds no text."""


def load_takedown(path: str | Path = "") -> Takedown:
    """Return the list in a file; without one, nothing is withheld. Raises TakedownError for the first fault in it."""
    if not path:
        return NOTHING
    return parse_takedown(located_yaml.text_of_file(str(path), _FORM), str(path))


def parse_takedown(text: str, where: str) -> Takedown:
    """Return the list in a text, which stands in the file `where`. Raises TakedownError."""
    found: dict[str, set[str]] = {"domains": set(), "addresses": set(), "hashes": set()}
    snapshots: defaultdict[str, set[str]] = defaultdict(set)
    for number, line in enumerate(_NEWLINE.split(text), 1):
        entry = _COMMENT.sub("", line).strip()
        try:
            if snapshot := _SNAPSHOT.fullmatch(entry):
                urls = snapshot["url"], unquote(snapshot["url"])  # `snapshot_url` has `https%3A//`
                for url in urls:
                    snapshots[_plain(url)].add(snapshot["moment"])
            elif entry:
                kind, value = _read(entry)
                found[kind].add(value)
        except ValueError:
            raise TakedownError(where, number, f"{entry!r:.120} names no text; {_REMEDY}") from None
    moments = {address: frozenset(each) for address, each in snapshots.items()}
    return Takedown(**{kind: frozenset(values) for kind, values in found.items()}, snapshots=moments)


def _read(entry: str) -> tuple[str, str]:
    """Return the kind of an entry, as the field of `Takedown` is named, and its value. Raises ValueError."""
    if any(map(str.isspace, entry)) or not entry.isprintable():
        raise ValueError(entry)
    if _SHA256.fullmatch(entry.lower()):
        return "hashes", entry.lower()
    if "/" not in entry:
        return "domains", re.sub(r"\Awww\.(?=[^.]+\.)", "", _host(entry))
    parts = urlsplit(entry if "://" in entry else f"//{entry}")
    if parts.scheme not in {"", "http", "https"} or "@" in parts.netloc:
        raise ValueError(entry)
    if _NO_PAGE.match(_without_scheme(entry)):
        raise ValueError(entry)
    _host(parts.hostname or "")
    return "addresses", _plain(entry)


def _host(name: str) -> str:
    """Return a host in lower case and ASCII. Raises ValueError (idna.IDNAError is one)."""
    host = name.lower().removesuffix(".")
    if not host.isascii():
        host = idna.encode(host[:253], uts46=True).decode("ascii")
    if not _DOMAIN.fullmatch(host):
        raise ValueError(name)
    return host


def _plain(url: str) -> str:
    """Return an address without what does not tell pages apart: scheme, `www`, its case, fragment and last slash."""
    rest = _without_scheme(url).partition("#")[0]
    path = rest[len(rest.partition("/")[0]) :]
    port = re.search(r":(?!80\Z|443\Z)\d+\Z", rest.partition("/")[0])
    host = _WWW.sub("", _host_of(url), count=1)
    return f"{host}{port[0] if port else ''}{unquote(path)}".rstrip("/").lower()


def _host_of(url: str) -> str:
    """Return an address' host in lower case and ASCII, without port and last dot."""
    host = re.sub(r":\d*\Z", "", _without_scheme(url).partition("/")[0]).lower().removesuffix(".")
    with suppress(idna.IDNAError):
        host = host if host.isascii() else idna.encode(host[:253], uts46=True).decode("ascii")
    return host


def _without_scheme(url: str) -> str:
    return re.sub(r"\A[a-z]+://", "", url, count=1, flags=re.IGNORECASE)


def _digits(moment: str) -> str:
    """Return the 14 digits of a moment (ISO 8601, UTC)."""
    return re.sub(r"\D", "", moment)[:14]


def _of_surt(page: str) -> str:
    """Return the address of a urlkey as `_plain` does that of a URL."""
    return unquote(address_of(page)).rstrip("/").lower()
