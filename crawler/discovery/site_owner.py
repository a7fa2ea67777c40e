"""Whose page an address is: the company's own, a platform's, or another's. Pure."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import tldextract

from crawler.discovery.platforms import FIRM_WORDS, PLAIN_WORDS, PLATFORMS, SITE_HOSTS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from pipelines.kinds.base import LinkTexts

_MIN_BRAND: Final = 3
"""Letters of a name that can be part of another name of the same firm (`ovh` in `ovhcloud`)."""
_DISTINCT: Final = 8
"""Letters of a name that no other firm's name begins with by chance."""
_MIN_LABEL: Final = 4
"""Letters of a name that tells a firm's host on a platform."""

_registered = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the package's own list: no request
_with_private_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class Owner(Enum):
    """Whose an address is."""

    COMPANY = "company"
    PLATFORM = "platform"
    OTHER = "other"


def registered_domain(url: str) -> str:
    """Return the registered domain of a URL or host: `example.co.uk` of `www.example.co.uk`; else the host itself."""
    try:
        return _registered_domain(urlsplit(url).hostname or url if "//" in url else url)
    except ValueError:  # an invalid URL is on no domain
        return url


@lru_cache(maxsize=4096)
def _registered_domain(host: str) -> str:
    return _registered(host).top_domain_under_public_suffix or host


def own_words(domain: str) -> frozenset[str]:
    """Return the words by which a domain's pages may call its company: the labels of its name."""
    name = _name_of(domain)
    return frozenset({name, *name.split("-"), *domain.split(".")[:-1]})


def owner_of(url: str, domain: str, links: LinkTexts) -> Owner:
    """Return whose an address is, for the company with the listed domain.

    The company's are its registered domain, domains with its name under other suffixes or with a word more, hosts with
    its name on a platform, and documents on services that host them for many firms. A name that is a plain word tells
    nothing of other domains; and of a site on a platform, only its own host is the company's.
    """
    registered, own = registered_domain(url), registered_domain(domain)
    if registered == own:
        return Owner.COMPANY if _is_same_site(url, domain) else Owner.PLATFORM
    if links.hosts.match(url.partition("//")[2]):
        return Owner.COMPANY
    name, other = _name_of(domain), _brand(registered)
    is_distinct = name not in PLAIN_WORDS and len(name) >= _MIN_BRAND
    if is_distinct and name == other:
        return Owner.COMPANY
    if _is_platform(registered) or registered in links.authorities:
        is_theirs = is_distinct and len(name) >= _MIN_LABEL and name in _names_on_platform(url, registered)
        return Owner.COMPANY if is_theirs else Owner.PLATFORM
    return Owner.COMPANY if _is_same_brand(name, other) else Owner.OTHER


def _names_on_platform(url: str, registered: str) -> list[str]:
    """Return where a platform names its customer: `acme` of `acme.zendesk.com` and of `intercom.help/acme/en/`."""
    parts = urlsplit(url)
    labels = (parts.hostname or "").removesuffix(registered).replace(".", "-").split("-")
    return [*labels, *parts.path.lower().split("/", 3)[1:3]]


def _is_platform(registered: str) -> bool:
    """Whether a registered domain is a platform's: one of the list, or with a name of it under another suffix."""
    return registered in PLATFORMS or _brand(registered) in _PLATFORM_NAMES


def _is_same_site(url: str, domain: str) -> bool:
    """Whether an address is on a listed domain's site, where both have one registered domain.

    Below a suffix under which anybody may have a site, each host is a site of its own.
    """
    site = _site(domain)
    return site == registered_domain(domain) or f".{urlsplit(url).hostname or ''}".endswith(f".{site}")


@lru_cache(maxsize=4096)
def _site(domain: str) -> str:
    """Return the site that a listed domain is, or belongs to: its registered domain, or a customer's host on a platform."""
    registered = registered_domain(domain)
    private = _with_private_suffixes(domain).top_domain_under_public_suffix
    if private and private != registered:
        return private
    return domain.removeprefix("www.") if registered in SITE_HOSTS else registered


def _name_of(domain: str) -> str:
    """Return the name of a listed domain's company: the one that was registered, or that of the host on a platform."""
    site = _site(domain)
    return _brand(domain) if site == registered_domain(domain) else site.partition(".")[0]


@lru_cache(maxsize=4096)
def _brand(host: str) -> str:
    """Return the name that was registered, without its public suffix; empty of a host that has none."""
    parts = _registered(host)
    return parts.domain if parts.suffix else ""


def _is_same_brand(name: str, other: str) -> bool:
    """Whether one name is the other with a word more: any word behind a long name, else one that firms use."""
    short, long = sorted((name, other), key=len)
    if len(short) < _MIN_BRAND or short in PLAIN_WORDS or short == long:
        return short == long and short not in PLAIN_WORDS and len(short) >= _MIN_BRAND
    if long.startswith(short):
        return len(short) >= _DISTINCT or _is_firm_word(long.removeprefix(short))
    return long.endswith(short) and _is_firm_word(long.removesuffix(short))


def _is_firm_word(rest: str) -> bool:
    return all(word in FIRM_WORDS for word in rest.split("-") if word)


_PLATFORM_NAMES: Final = frozenset(
    name for name in map(_brand, PLATFORMS) if len(name) > _MIN_LABEL and name not in PLAIN_WORDS
)
"""Names of platforms that have them under many suffixes (`amazon.de`)."""


def is_their_own(url: str, domain: str) -> bool:
    """Whether a URL can be the company's policy: it is the company's own, or at least no platform's."""
    return owner_of(url, domain, PRIVACY.links) is not Owner.PLATFORM
