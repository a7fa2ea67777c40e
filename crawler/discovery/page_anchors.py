"""Links of a page: their targets, and every text that names them. Pure: bytes in, dataclasses out; no Scrapy.

Links are anchors, areas of image maps, `<link>` elements, options of menus, forms that are nothing but a button, and
elements that lead somewhere by a script's call (`onclick="window.open('/legal.html')"`) or by an attribute that a script
reads (`data-href`); those within `<noscript>`, `<template>`, `<noframes>` and `srcdoc` too.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

import turbohtml

from crawler.discovery.anchor import Anchor, PageAnchors, cleaned
from crawler.discovery.button_forms import button_forms
from crawler.discovery.elements import attribute, called, first_attribute, resolved
from crawler.discovery.page_frames import frames
from crawler.discovery.script_links import linked_in_scripts
from pipelines.convert.decode import decode, inflate
from pipelines.convert.parse import refuse_explosion
from pipelines.errors import ConversionError
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINKS: Final = 20_000
MAX_TEXTS: Final = 1 << 24
"""Bounds of a page: links that are read, and characters of all their texts.

The last bound is met where links stand within links, hundreds deep: each has the text of all below it.
"""
_MAX_DATA: Final = 50
_MAX_IMAGES: Final = 5
_MAX_BASES: Final = 10
_MAX_IDS: Final = 20_000
_MAX_LABELS: Final = 5
_MAX_INSIDE: Final = 1 << 18
"""Characters of a page within a page (`<noframes>`, `srcdoc`)."""

_TAGS: Final[list[Any]] = ["a", "area", "link", "option", "button", "input"]
_PAGES: Final = (".html", ".htm", ".shtml", ".php", ".asp", ".aspx", ".jsp", ".cfm", ".cgi", ".pdf")
_ADDRESSES: Final = ("data-href", "data-url", "data-link", "ng-href", "routerlink", "xlink:href")
"""Attributes of elements that scripts make links of, and of SVG's links."""
_BY_SCRIPT: Final = ",".join(f"[{name}]" for name in ("onclick", *_ADDRESSES[:-1]))
_DATA: Final = ("data-page", "data-props", "data-react-props", "data-state")
_WITH_DATA: Final = ",".join(f"[{name}]" for name in _DATA)
"""Attributes with the data of a page that scripts make."""


def read_anchors(html: bytes, content_type: str, url: str) -> PageAnchors:
    """Return the links and frames of a page at `url`; none of a page that can't be read."""
    try:
        page = decode(inflate(html), content_type)
        refuse_explosion(page)
    except ConversionError:
        return PageAnchors()
    if "javascript" in content_type.lower():  # a frame: what it writes stands in a page
        return PageAnchors(in_scripts=linked_in_scripts([page], urljoin(url, "/"), url))
    root = _parsed(page)
    if root is None:
        return PageAnchors()
    links = _Links(root, _base(root, url), url)
    in_scripts = linked_in_scripts(_scripts(root), links.base, url)
    found_frames = frames(root, links.base, url)
    for name in ("script", "style"):
        for element in list(root.find_all(name)):
            element.decompose()
    anchors = (*links.anchors(), *links.inside())
    return PageAnchors(anchors, found_frames, root.find("frameset") is not None, in_scripts)


def _parsed(page: str) -> turbohtml.Element | None:
    """Return a page's root. What stands in a shadow root of the page's own text stays in its `<template>`."""
    return turbohtml.parse(page, positions=False, scripting=False, allow_declarative_shadow_roots=False).root


def _scripts(root: turbohtml.Element) -> Iterator[str]:
    left = MAX_TEXTS
    for element in root.find_all("script"):
        text = element.text
        left -= len(text)
        if left < 0:
            return
        yield text
    for element in islice(root.select(_WITH_DATA), _MAX_DATA):
        yield " ".join(attribute(element, name) for name in _DATA)


def _base(root: turbohtml.Element, url: str) -> str:
    href = next(filter(None, (attribute(element, "href") for element in islice(root.find_all("base"), _MAX_BASES))), "")
    base = resolved(url, href, "") if href else None
    return base if base and not url_problem(base) else url


class _Links:
    """The links of one page, or of a page within it."""

    def __init__(self, root: turbohtml.Element, base: str, url: str) -> None:
        self._root = root
        self.base = base
        self._url = url

    def anchors(self) -> Iterator[Anchor]:
        """Yield the links in document order, those of forms and of scripts' making last, within the bounds."""
        left = MAX_TEXTS
        elements = [*islice(self._root.find_all(_TAGS), MAX_LINKS)]
        others = (each for each in self._root.select(_BY_SCRIPT) if each.tag not in _TAGS)
        for element in (*elements, *islice(others, MAX_LINKS)):
            target = self._target_of(element)
            if not target:
                continue
            text = "" if element.tag == "link" else element.text
            left -= len(text)
            if left < 0:
                return
            rels = attribute(element, "rel").lower().split()[:20]
            yield Anchor(target, self._texts(element, text), frozenset(rels))
        yield from button_forms(self._root, self.base, self._url)

    def inside(self) -> Iterator[Anchor]:
        """Yield the links that a page shows to browsers without frames, or in frames that stand in it as text."""
        texts = [element.text for element in islice(self._root.find_all("noframes"), 3)]
        texts += [attribute(element, "srcdoc") for element in islice(self._root.select("iframe[srcdoc]"), 3)]
        for text in texts:
            inside = _parsed(text[:_MAX_INSIDE])
            if inside is not None:
                yield from islice(_Links(inside, self.base, self._url).anchors(), MAX_LINKS)

    def _resolved(self, reference: str) -> str | None:
        return resolved(self.base, reference, self._url) if reference else None

    def _target_of(self, element: turbohtml.Element) -> str | None:
        """Return where an element leads; None if nowhere, or to what can't be requested."""
        if element.tag in {"a", "area", "link"}:
            href = (attribute(element, "href") or attribute(element, "xlink:href")).strip()
            if href and not href.startswith("#") and not href.lower().startswith("javascript:"):
                return self._resolved(href)
            script = f"{href} {attribute(element, 'onclick')}"
            return called(script, self.base, self._url) or self._resolved(first_attribute(element, _ADDRESSES))
        if element.tag == "option":
            value = attribute(element, "value").strip()
            is_address = value.startswith(("/", "http")) or value.partition("?")[0].endswith(_PAGES)
            return self._resolved(value) if is_address else None
        script = attribute(element, "onclick")
        return called(script, self.base, self._url) or self._resolved(first_attribute(element, _ADDRESSES))

    def _texts(self, element: turbohtml.Element, text: str) -> tuple[str, ...]:
        """Return what names a link, each once."""
        named = [text, *(attribute(element, name) for name in ("title", "aria-label", "alt", "value", "label"))]
        named += self._labels(element)
        if element.tag != "link" and element.find("img") is not None:
            images = [*islice(element.find_all("img"), _MAX_IMAGES)]
            named += [attribute(image, name) for image in images for name in ("alt", "title")]
            if not any(each.strip() for each in named):
                named += [_file_name(image) for image in images]
        if element.tag == "a" and (icon := element.find("svg")) is not None:
            named += [attribute(icon, "aria-label")]
        if element.tag == "option":
            named.remove(attribute(element, "value"))
        return cleaned(named)

    def _labels(self, element: turbohtml.Element) -> list[str]:
        """Return the texts of the elements that a link names as its labels."""
        names = attribute(element, "aria-labelledby").split()[:_MAX_LABELS]
        return [" ".join(self._by_id[name].text[:1_000] for name in names if name in self._by_id)] if names else []

    @cached_property
    def _by_id(self) -> dict[str, turbohtml.Element]:
        found: dict[str, turbohtml.Element] = {}
        for element in islice(self._root.select("[id]"), _MAX_IDS):
            found.setdefault(attribute(element, "id"), element)
        return found


def _file_name(image: turbohtml.Element) -> str:
    """Return the name of an image's file without its extension: menus of pictures often have no other text."""
    return attribute(image, "src").partition("?")[0].rpartition("/")[2].partition(".")[0].replace("_", " ")
