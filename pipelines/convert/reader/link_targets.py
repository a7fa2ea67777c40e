"""Absolute targets of an article's links, as in a browser's `href` property (WHATWG URL)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import ada_url

from pipelines.convert.reader.subtree_counts import SPACE
from pipelines.convert.tree import Text
from pipelines.errors import ConversionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.convert.tree import Element

_MAX_BASE: Final = 2_048
"""Limit of a base URL's characters. Every relative link repeats it."""


@dataclass(frozen=True, slots=True)
class Playback:
    """Playback URLs of a snapshot: of the page and of its site's root."""

    page: str
    root: str

    @classmethod
    def of(cls, url: str, timestamp: str) -> Playback:
        """Return the playback URLs of a page's URL and a 14-digit timestamp. Raises ConversionError for an invalid URL."""
        prefix = f"https://web.archive.org/web/{timestamp}id_/"
        try:
            origin = ada_url.URL(url).origin
            if origin == "null":
                raise ValueError(url)  # noqa: TRY301 - one message for both
            page = ada_url.URL(prefix + quote(url)).href
        except (ValueError, UnicodeError) as error:
            raise ConversionError(f"{url[:200]!r} is not an absolute URL: give the one that was archived") from error
        return cls(page, prefix + quote(origin))


def keep_in_snapshot(links: Iterable[Element], playback: Playback) -> None:
    """Resolve links relative to the site's root within the snapshot. The corpus lost them."""
    for link in links:
        target = link.attrs.get("href", "").strip(SPACE)
        if target.startswith("/") and not target.startswith("//"):
            link.attrs["href"] = playback.root + target


def base_of(html: Element, playback: Playback) -> str:
    """Return the document's base URL: the first `<base href>` in the tree, else the page's.

    An extraction that removes the element thus puts links back on the page's URL, as in the corpus. An address that is no
    URL or too long does not count. Relative links stay as they are with one that has no folders (`data:`, `javascript:`).
    """
    base = next((element for element in html.find_all("base") if element.tag and "href" in element.attrs), None)
    if base is None:
        return playback.page
    try:
        target = ada_url.URL(base.attrs["href"], playback.page).href
    except (ValueError, UnicodeError):
        return playback.page
    return target if len(target) <= _MAX_BASE else playback.page


def make_absolute(article: Element, base: str, playback: Playback) -> None:
    """Resolve every link of the article. A `javascript:` link is replaced by its content."""
    for link in article.find_all("a"):
        target = link.attrs.get("href", "")
        if target.startswith("javascript:"):
            _unlink(link)
        elif target and not (target.startswith("#") and base == playback.page):
            link.attrs["href"] = _join(target, base)


def _join(target: str, base: str) -> str:
    """Return `target` resolved against `base`; unchanged if it is no valid URL."""
    try:
        return ada_url.URL(target, base).href
    except (ValueError, UnicodeError):
        return target


def _unlink(link: Element) -> None:
    only = link.first
    if isinstance(only, Text) and only.next is None:
        link.replace_with(only)
    else:
        link.rename("span").attrs.clear()
