"""Links of a page: their targets, and every text that names them. Pure: bytes in, dataclasses out; no Scrapy.

Links are anchors, areas of image maps, `<link>` elements, options of menus, and scripts' calls such as
`onclick="window.open('/legal.html')"`; those within `<noscript>`, `<template>` and `<noframes>` too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urldefrag, urljoin

import turbohtml

from pipelines.convert.decode import decode, inflate
from pipelines.convert.parse import refuse_explosion
from pipelines.errors import ConversionError
from pipelines.untrusted import MAX_URL, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINKS: Final = 20_000
MAX_TEXT: Final = 200
MAX_TEXTS: Final = 1 << 24
"""Bounds of a page: links that are read, characters of one link's text, and of all of them.

The last bound is met where links stand within links, hundreds deep: each has the text of all below it.
"""
MAX_FRAMES: Final = 50
_MAX_IMAGES: Final = 5
_MAX_BASES: Final = 10
_MAX_SCRIPT_TARGETS: Final = 2_000
_MAX_CALL: Final = 2_000

_SPACES: Final = re.compile(r"\s+")
_DROPPED: Final = dict.fromkeys(map(ord, "\t\n\r"))
"""What browsers drop from an address (URL Standard, basic URL parser)."""
_TAGS: Final[list[Any]] = ["a", "area", "link", "option", "button", "input"]
_MAIL: Final = re.compile(r"[^/?#:@]+@[^/?#:@]+")
"""A mail address whose scheme was forgotten."""
_QUOTED: Final = re.compile(r"""['"]((?:https?:/)?/?[\w./?=&%+~-]{2,300})['"]""")
"""An address in quotes, as a script's call has it."""
_IN_SCRIPT: Final = re.compile(
    r"""["']((?:https?:\\?/\\?/[\w.:-]{1,100})?(?:\\?/[\w.~%?=&-]{1,100}){1,8}+(?:\\?/)?)["']""",
)
"""An address in a script's data, its slashes escaped or not."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link. `texts` are what names it: visible text, its images' `alt`, `title`, `aria-label`; none is empty."""

    target: str
    texts: tuple[str, ...] = ()
    rels: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """All texts in one."""
        return " ".join(self.texts)


@dataclass(frozen=True, slots=True)
class PageAnchors:
    """The links and frames of a page, each in document order."""

    anchors: tuple[Anchor, ...] = ()
    frames: tuple[str, ...] = ()
    is_frameset: bool = False
    in_scripts: tuple[str, ...] = ()
    """Addresses in scripts' data: the links of pages that scripts make."""


def read_anchors(html: bytes, content_type: str, url: str) -> PageAnchors:
    """Return the links and frames of a page at `url`; none of a page that can't be read."""
    try:
        page = decode(inflate(html), content_type)
        refuse_explosion(page)
    except ConversionError:
        return PageAnchors()
    root = turbohtml.parse(page, positions=False, scripting=False).root
    if root is None:
        return PageAnchors()
    base = _base(root, url)
    scripts = _script_targets(root, base, url)
    for name in ("script", "style"):
        for element in list(root.find_all(name)):
            element.decompose()
    anchors = [*_anchors(root, base, url), *_noframes_anchors(root, base, url)]
    frameset = root.find("frameset") is not None
    return PageAnchors(tuple(anchors), _frames(root, base, url, "frame" if frameset else "iframe"), frameset, scripts)


def _base(root: turbohtml.Element, url: str) -> str:
    href = next(
        filter(None, (_attribute(element, "href") for element in islice(root.find_all("base"), _MAX_BASES))), ""
    )
    try:
        base = urljoin(url, href.strip())
    except ValueError:
        return url
    return base if href and not url_problem(base) else url


def _anchors(root: turbohtml.Element, base: str, url: str) -> Iterator[Anchor]:
    """Yield the links of a page in document order, within the bounds."""
    left = MAX_TEXTS
    for element in islice(root.find_all(_TAGS), MAX_LINKS):
        target = _target_of(element, base, url)
        if not target:
            continue
        text = "" if element.tag == "link" else element.text
        left -= len(text)
        if left < 0:
            return
        rels = _attribute(element, "rel").lower().split()[:20]
        yield Anchor(target, _texts(element, text), frozenset(rels))


def _noframes_anchors(root: turbohtml.Element, base: str, url: str) -> Iterator[Anchor]:
    """Yield the links that a page shows to browsers without frames. A parser keeps them as text."""
    for element in islice(root.find_all("noframes"), 3):
        inside = turbohtml.parse(element.text[: 1 << 18], positions=False, scripting=False).root
        if inside is not None:
            yield from islice(_anchors(inside, base, url), MAX_LINKS)


def _target_of(element: turbohtml.Element, base: str, url: str) -> str | None:
    """Return where an element leads; None if nowhere, or to what can't be requested."""
    if element.tag in {"a", "area", "link"}:
        href = _attribute(element, "href").strip()
        if href and not href.startswith("#") and not href.lower().startswith("javascript:"):
            return resolved(base, href, url)
        return _called(f"{href} {_attribute(element, 'onclick')}", base, url)
    if element.tag == "option":
        value = _attribute(element, "value").strip()
        return (
            resolved(base, value, url) if value.startswith(("/", "http")) or value.endswith(("html", "htm")) else None
        )
    return _called(_attribute(element, "onclick"), base, url)


def _called(script: str, base: str, url: str) -> str | None:
    """Return the address in a script's call, such as `window.open('/legal.html')`."""
    for match in _QUOTED.finditer(script[:_MAX_CALL]):
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
    except ValueError:
        return None
    if url_problem(target) or len(quote(target, safe="")) > MAX_URL or target == urldefrag(url).url:
        return None
    return target


def _texts(element: turbohtml.Element, text: str) -> tuple[str, ...]:
    """Return what names a link, each once."""
    named = [text, *(_attribute(element, name) for name in ("title", "aria-label", "alt", "value", "label"))]
    if element.tag == "a" and element.find("img") is not None:
        images = [*islice(element.find_all("img"), _MAX_IMAGES)]
        named += [_attribute(image, name) for image in images for name in ("alt", "title")]
        if not any(each.strip() for each in named):
            named += [_file_name(image) for image in images]
    if element.tag == "a" and (icon := element.find("svg")) is not None:
        named += [_attribute(icon, "aria-label")]
    if element.tag == "option":
        named.remove(_attribute(element, "value"))
    shown = (_SPACES.sub(" ", each[: MAX_TEXT * 5]).strip().lower()[:MAX_TEXT] for each in named)
    return tuple(dict.fromkeys(filter(None, shown)))


def _file_name(image: turbohtml.Element) -> str:
    """Return the name of an image's file without its extension: menus of pictures often have no other text."""
    return _attribute(image, "src").partition("?")[0].rpartition("/")[2].partition(".")[0].replace("_", " ")


def _frames(root: turbohtml.Element, base: str, url: str, name: str) -> tuple[str, ...]:
    sources = (_attribute(element, "src") for element in islice(root.find_all(name), MAX_FRAMES))
    targets = (resolved(base, source, url) for source in sources if source.strip())
    return tuple(dict.fromkeys(filter(None, targets)))


def _script_targets(root: turbohtml.Element, base: str, url: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    left = MAX_TEXTS
    for element in root.find_all("script"):
        text = element.text
        left -= len(text)
        if left < 0 or len(found) >= _MAX_SCRIPT_TARGETS:
            break
        for match in islice(_IN_SCRIPT.finditer(text), _MAX_SCRIPT_TARGETS):
            if target := resolved(base, match[1].replace("\\", ""), url):
                found[target] = None
    return tuple(islice(found, _MAX_SCRIPT_TARGETS))


def _attribute(element: turbohtml.Element, name: str) -> str:
    value = element.attrs.get(name)
    return value if isinstance(value, str) else " ".join(value or ())
