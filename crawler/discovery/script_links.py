"""Links in a page's scripts: in their data, and in what they write into the page. Pure.

Pages that scripts make have no link of their own. What their scripts say of links are addresses (`"/legal/privacy"`),
objects (`{"title": "Privacy", "url": "/x/9"}`), pairs (`["Privacy", "x9.html"]`) and HTML (`document.write("<a href=")`).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import turbohtml

from crawler.discovery.anchor import Anchor, cleaned
from crawler.discovery.elements import attribute, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_TARGETS: Final = 2_000
_MAX_WRITTEN: Final = 1 << 18
"""Characters of a script that are read as HTML."""

_ADDRESS: Final = re.compile(
    r"""["']((?:https?://[\w.:-]{1,100})?(?:/[\w.~%?=&-]{1,100}){1,8}+/?)["']""",
)
_OBJECT: Final = re.compile(r"\{([^{}]{1,1000})\}")
_MEMBER: Final = re.compile(r"""["']?\b(\w{2,20})["']?\s*:\s*(?:"([^"\n]{1,300})"|'([^'\n]{1,300})')""")
_TEXTS: Final = frozenset(
    "title label text name linktext caption children content anchor linktitle displayname".split()
)
_ADDRESSES: Final = frozenset("url href link path to uri slug target permalink linkurl".split())
"""Members of an object that describes a link: what names it, and where it leads."""
_PAIR: Final = re.compile(
    r"""["']([^"'<>\n]{3,80})["']\s*,\s*["']((?:https?://|/)[^"'\s<>]{1,300}|[^"'\s<>]{1,300}\.\w{3,5}(?:\?[^"'\s<>]{0,300})?)["']"""
)
_NAMED: Final = re.compile(
    r"""(?<![\w-])([a-z][\w-]{3,40}?)[_-]?(?:url|uri|link|href|page|path)["']?\s*[:=]\s*(["'])([^"'\s<>]{2,300})\2""",
    re.IGNORECASE,
)
"""A member whose name says where it leads: `privacyPolicyUrl: "/x/9"`, as consent managers are told."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WRITES: Final = re.compile(r"<a\s", re.IGNORECASE)
_JOINED: Final = re.compile(r"""["']\s*\+\s*["']""")
_ESCAPED: Final = (("\\u002f", "/"), ("\\u002F", "/"), ("\\u0026", "&"), ("\\/", "/"), ('\\"', '"'), ("\\'", "'"))


def linked_in_scripts(scripts: Iterable[str], base: str, url: str) -> tuple[Anchor, ...]:
    """Return the links that scripts tell of, each target once with all that names it, within the bounds."""
    found: dict[str, tuple[str, ...]] = {}
    for script in scripts:
        for reference, texts in islice(_told(script), MAX_TARGETS):
            if len(found) < MAX_TARGETS and (target := resolved(base, reference, url)):
                found[target] = tuple(dict.fromkeys((*found.get(target, ()), *texts)))[:5]
    return tuple(Anchor(target, texts) for target, texts in found.items())


def _told(script: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield addresses with the texts that name them, the surest first."""
    for escaped, plain in _ESCAPED:
        script = script.replace(escaped, plain)
    yield from _written(script)
    yield from _in_objects(script)
    for match in _NAMED.finditer(script):
        yield match[3], cleaned([_CAMEL.sub(" ", match[1]).replace("_", " ").replace("-", " ")])
    for match in _PAIR.finditer(script):
        yield match[2], cleaned([match[1]])
    for match in _ADDRESS.finditer(script):
        yield match[1], ()


def _written(script: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the links of the HTML in a script's strings."""
    start = _WRITES.search(script)
    if start is None:
        return
    html = _JOINED.sub("", script[start.start() : start.start() + _MAX_WRITTEN])
    root = turbohtml.parse(html, positions=False, scripting=False).root
    for element in islice(root.find_all("a"), MAX_TARGETS) if root is not None else ():
        if href := attribute(element, "href").strip().strip("\"'"):
            images = islice(element.find_all("img"), 3)
            named = [element.text[:1_000], attribute(element, "title"), *(attribute(each, "alt") for each in images)]
            yield href, cleaned(named)


def _in_objects(script: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for match in _OBJECT.finditer(script):
        texts, addresses = [], []
        for member in islice(_MEMBER.finditer(match[1]), 20):
            name, value = member[1].lower(), member[2] or member[3]
            if name in _TEXTS:
                texts.append(value)
            elif name in _ADDRESSES:
                addresses.append(value)
        if texts and addresses and not addresses[0].startswith(("#", "javascript:", "mailto:", "tel:")):
            yield addresses[0], cleaned(texts)
