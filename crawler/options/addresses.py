"""What users write as domains and as addresses of pages: checked, and in the form that archives and folders have. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

import idna
from pydantic import AfterValidator, ValidatorFunctionWrapHandler, WrapValidator

from crawler.options.spelling import nearest
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.untrusted import TOO_LONG, url_problem

_MAX_DOMAIN: Final = 253  # characters of a host name, RFC 1035 section 2.3.4 without the root's two octets
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


def _check_page(value: str) -> str:
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


def _check_kind(value: str) -> str:
    name = value.lower()
    if name not in KINDS:
        near = nearest(name, KINDS)
        hint = f"did you mean `{near}`?" if near else f"known: {', '.join(KINDS)}"
        raise ValueError(f"kind {value!r:.80} is none; {hint}")
    return name


class GivenPage(str):  # noqa: SLOT000 - it has an attribute
    """The address of a page that is known to have a document of a kind: in the file, a mapping with `url:` and `kind:`.

    An address alone is that of a document of the first kind.
    """

    kind: str = PRIVACY.name


def _read_page(value: object, check: ValidatorFunctionWrapHandler) -> GivenPage:
    if not isinstance(value, dict):
        return GivenPage(check(value))
    if not {"url"} <= set(value) <= {"url", "kind"}:
        raise ValueError("a page must be an address, or a mapping with `url:` and `kind:`")
    page = GivenPage(check(value["url"]))
    page.kind = _check_kind(str(value.get("kind", PRIVACY.name)))
    return page


Domain = Annotated[str, AfterValidator(normalise_domain)]
Page = Annotated[str, AfterValidator(_check_page), WrapValidator(_read_page)]
