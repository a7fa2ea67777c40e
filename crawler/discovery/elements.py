"""Attributes of elements and the addresses in them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urldefrag, urljoin

from pipelines.untrusted import MAX_URL, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    import turbohtml

_MAX_CALL: Final = 2_000
_DROPPED: Final = dict.fromkeys(map(ord, "\t\n\r"))
"""What browsers drop from an address (URL Standard, basic URL parser)."""
_MAIL: Final = re.compile(r"[^/?#:@]+@[^/?#:@]+")
"""A mail address whose scheme was forgotten."""
_GOES_TO: Final = re.compile(
    r"\blocation(?:\.href)?\s*=\s*['\"]([^'\"\s<>]{1,300})['\"]"
    r"|\b(?:location\.(?:replace|assign)|window\.open|navigateTo)\(\s*(?:url\s*=\s*)?['\"]([^'\"\s<>]{1,300})['\"]"
)
"""Where a script's call leads, whatever the address looks like."""
_QUOTED: Final = re.compile(r"""['"]((?:https?:/)?/?[\w./?=&%+~-]{2,300})['"]""")
"""An address in quotes, as a call of a function of the page's own has it."""


def attribute(element: turbohtml.Element, name: str) -> str:
    """Return an attribute's value; empty without one."""
    value = element.attrs.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


def first_attribute(element: turbohtml.Element, names: Iterable[str]) -> str:
    """Return the value of the first of some attributes that an element has; empty without one."""
    return next(filter(None, (attribute(element, name).strip() for name in names)), "")


def called(script: str, base: str, url: str) -> str | None:
    """Return the address in a script's call, such as `window.open('/legal.html')`."""
    script = script[:_MAX_CALL]
    if goes_to := _GOES_TO.search(script):
        return resolved(base, goes_to[1] or goes_to[2], url)
    for match in _QUOTED.finditer(script):
        if "/" in match[1] or "." in match[1]:
            return resolved(base, match[1], url)
    return None


def resolved(base: str, reference: str, url: str) -> str | None:
    """Return where a reference leads, without fragment, if it can be requested and is not the page at `url` itself.

    Its form encoded for a query must not be longer than MAX_URL.
    """
    if len(reference) > MAX_URL or _MAIL.fullmatch(reference):
        return None
    path, mark, rest = reference.strip().translate(_DROPPED).partition("?")
    try:
        target = urldefrag(urljoin(base, path.replace("\\", "/") + mark + rest)).url
        own = urldefrag(url).url
    except ValueError:
        return None
    if url_problem(target) or len(quote(target, safe="")) > MAX_URL or target == own:
        return None
    return target
