"""Values of an entry of the companies file. Pure; each check raises ValueError with the remedy."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import idna

from crawler.options.argument_values import check_period, read_timestamp_prefix
from pipelines.gate.language import CODES
from pipelines.kinds import KINDS
from pipelines.untrusted import TOO_LONG, url_problem

_MAX_DOMAIN: Final = 253  # characters of a host name, RFC 1035 section 2.3.4 without the root's two octets
MAX_NAME: Final = 200
_MAX_URL: Final = 2000
# Letters, digits and hyphens (RFC 952, RFC 1123); two labels at least; no top-level domain starts with a digit, which
# keeps IP addresses out. A match is safe as a folder's name.
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normalise_domain(value: str) -> str:
    """Return a domain as it stands in URLs and folder names: lower case, punycode, without `www.`. Raises ValueError.

    Archives drop `www.` from their keys (SURT) too, so both forms have the same captures.
    """
    host = _ascii_host(value)
    bare = host.removeprefix("www.")
    return bare if "." in bare else host


def _ascii_host(value: str) -> str:
    host = value.lower().removesuffix(".")
    try:
        if not host.isascii() and len(host) <= _MAX_DOMAIN:
            host = idna.encode(value, uts46=True).decode("ascii").removesuffix(".")
    except idna.IDNAError as error:
        raise ValueError(f"{value!r:.80} is no domain: {error}; write it as it stands in the address bar") from error
    if len(host) > _MAX_DOMAIN or not _DOMAIN.fullmatch(host):
        raise ValueError(f"{value!r:.80} is no domain; {_domain_remedy(value)}")
    return host


def _domain_remedy(value: str) -> str:
    """Return the value to write instead of a URL, a path or the like."""
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        host = ""
    if host != value.lower() and len(host) <= _MAX_DOMAIN and _DOMAIN.fullmatch(host):
        return f"write {host!r}, without scheme, port or path (addresses go under `pages`)"
    return "write a host name such as example.com: letters, digits, hyphens and at least one dot"


def default_name(domain: str) -> str:
    """Return the name of a company of which only the domain is given, as it is written there: `bücher.example`."""
    name = domain.lower().removesuffix(".")
    bare = name.removeprefix("www.")
    return bare if "." in bare else name


def check_name(value: str) -> str:
    """Return a name with its white space collapsed."""
    name = " ".join(value.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValueError(f"{value!r:.80} is no name; write 1 to {MAX_NAME} printable characters")
    return name


def check_page(value: str) -> str:
    """Return a policy's address with its host in ASCII and without its fragment, which no archive sees."""
    remedy = "write a whole address such as https://example.com/privacy"
    too_long = len(value) > _MAX_URL or TOO_LONG in {url_problem(value), url_problem(value.replace("%", "%25"))}
    if too_long or not value.isprintable() or " " in value:
        raise ValueError(f"page {value!r:.80} is too long or has spaces; {remedy}")
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ValueError(f"page {value!r:.80} is no address ({error}); {remedy}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"page {value!r:.80} is no http or https address; {remedy}")
    return parts._replace(netloc=_ascii_host(parts.hostname) + port, fragment="").geturl()


def check_kind(value: str) -> str:
    """Return the name of a kind of document that pages are searched for."""
    if value not in KINDS:
        raise ValueError(f"kind {value!r:.80} is not known; use {' or '.join(KINDS)}")
    return value


def check_language(value: str) -> str:
    """Return a language's code in lower case. Raises ValueError if the gate does not know the language."""
    code = value.lower()
    if code not in CODES:
        raise ValueError(
            f"language {value!r:.80} is no code of ISO 639-1 that is told apart; write de, not de-AT or German"
        )
    return code


def check_since(value: str) -> str:
    """Return the date from which captures are the company's own, as CDX timestamp prefix."""
    since = _read_date("since", value)
    _check_period("since", value, since, "")
    return since


def check_until(value: str, since: str) -> str:
    """Return the date to which captures are the company's own, as CDX timestamp prefix; not before `since`."""
    until = _read_date("until", value)
    _check_period("until", value, since, until)
    return until


def _read_date(key: str, value: str) -> str:
    try:
        if date := read_timestamp_prefix(value):
            return date
    except ValueError as error:
        raise ValueError(f"`{key}: {value:.80}`: {error}") from None
    raise ValueError(f"`{key}` is empty; write a date as 2015 or 201506, or leave it out")


def _check_period(key: str, value: str, since: str, until: str) -> None:
    try:
        check_period(since, until)
    except ValueError as error:
        raise ValueError(f"`{key}: {value:.80}`: {error}") from None
