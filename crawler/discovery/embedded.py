"""Where a page sends its reader: by a refresh, by a script that does nothing else, or into frames. Pure; no Scrapy.

`look_inside` runs in the worker processes (pipelines.convert.pool), for pages that `may_send_on` does not rule out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import turbohtml
from ada_url import URL

from crawler.discovery.script_redirects import MAX_WORDS as MAX_WORDS_OF_SCRIPT
from crawler.discovery.script_redirects import may_go_on, script_target
from crawler.discovery.site_owner import is_their_own
from pipelines.convert.decode import decode, inflate
from pipelines.convert.parse import refuse_explosion
from pipelines.errors import ConversionError
from pipelines.similarity.words import words
from pipelines.untrusted import MAX_URL, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FRAMES: Final = 50
"""Frames of a page that are told of."""
AT_ONCE: Final = 1.0
"""Seconds within which a refresh leaves no time to read the page: it is a redirect, whatever the page says."""
MAX_DELAY: Final = 60.0
MAX_WORDS: Final = 150
"""Seconds of a refresh that is followed, and words of the page's own, where it says little but that it has moved.

Longer ones reload a page, or log its reader out.
"""

_REFRESH: Final = re.compile(r"\s*([0-9]*)([0-9.]*)(?:[\s;,]\s*[;,]?\s*|$)(.*)", re.DOTALL)
_URL: Final = re.compile(r"url\s*=\s*(.*)", re.DOTALL | re.IGNORECASE)
_LONGEST: Final = 4 * MAX_URL
_UNSEEN: Final = frozenset({"noscript", "template", "noframes"})
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HAS_TEXT: Final = re.compile(r"priv|datens|polic|legal|terms|agb|\b(?:content|main|text|body|inhalt|document|doc)\b")
_NO_SIZE: Final = re.compile(r"\s*[01](?:px)?\s*")


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a page leads: the target of its refresh or script (empty without one to follow), and the pages in its frames.

    `is_frameset`: whether the page is nothing but its frames.
    """

    refresh: str = ""
    frames: tuple[str, ...] = ()
    is_frameset: bool = False


def may_send_on(body: bytes) -> bool:
    """Whether a page may have a refresh or frames; a cheap look that rules most pages out."""
    page = (body.replace(b"\0", b"") if b"\0" in body[:64] else body).lower()  # UTF-16
    has_refresh = b"http-equiv" in page and b"refresh" in page
    return b"<iframe" in page or b"<frame" in page or has_refresh or may_go_on(page)


def look_inside(html: bytes, content_type: str, *, url: str, domain: str, header: str = "") -> Inside:
    """Return where a page leads. `url` is its own, `domain` its listed domain, `header` its Refresh header.

    A refresh of the page itself, or to what can't be asked for, is none. A frame counts if it can be seen and is
    no widget's.
    """
    try:
        page = decode(inflate(html), content_type)
        refuse_explosion(page)
    except ConversionError:
        return Inside(_target(*_delay_and_url(header), url, url, own_words=0))
    root = turbohtml.parse(page, positions=False, scripting=True).root
    if root is None:
        return Inside()
    base, frameset = _base(root, url), root.find("frameset")
    frames = dict.fromkeys(_frames(root, base, url, domain, name="iframe" if frameset is None else "frame"))
    found = [_delay_and_url(header), *(_delay_and_url(value) for value in _meta_refreshes(root))]
    scripted = "" if frames else script_target(root)
    own_words = _own_words(root)
    targets = [_target(delay, to, base, url, own_words=own_words) for delay, to in found]
    if scripted and own_words <= MAX_WORDS_OF_SCRIPT:
        targets.append(_target(0.0, scripted, base, url, own_words=own_words))
    return Inside(next(filter(None, targets), ""), tuple(islice(frames, MAX_FRAMES)), frameset is not None)


def _delay_and_url(value: str) -> tuple[float, str]:
    """Return the seconds and the URL of a refresh, as browsers read it (WHATWG HTML, shared declarative refresh steps)."""
    match = _REFRESH.match(value) if len(value) <= _LONGEST else None
    if match is None or not (match[1] or match[2]):
        return 0.0, ""
    rest = match[3]
    named = _URL.match(rest)
    target = (named[1] if named else rest).strip()
    if target[:1] in {"'", '"'}:
        target = target[1:].partition(target[0])[0]
    return float(match[1][:9] or 0), target.strip()


def _target(delay: float, reference: str, base: str, url: str, *, own_words: int) -> str:
    """Return where a refresh leads if it is followed, else an empty string."""
    if not reference or delay > MAX_DELAY or (delay > AT_ONCE and own_words > MAX_WORDS):
        return ""
    target = _joined(base, reference)
    return "" if target == _joined(url, "") or url_problem(target) else target


def _joined(base: str, reference: str) -> str:
    """Return where a reference leads as a browser resolves it, without its fragment; empty where it leads nowhere."""
    try:
        url = URL(reference[:_LONGEST], base)
        url.hash = ""
    except (ValueError, UnicodeError):
        return ""
    return str(url.href)


def _base(root: turbohtml.Element, url: str) -> str:
    element = root.find("base")
    return _joined(url, str(element.attrs.get("href") or "")) or url if element is not None else url


def _meta_refreshes(root: turbohtml.Element) -> Iterator[str]:
    """Yield the contents of the page's refreshes that a browser with scripts obeys."""
    for element in islice(root.find_all("meta"), 1000):
        if str(element.attrs.get("http-equiv") or "").strip().lower() == "refresh" and not _is_unseen(element):
            yield str(element.attrs.get("content") or "")


def _frames(root: turbohtml.Element, base: str, url: str, domain: str, *, name: str) -> Iterator[str]:
    own = _joined(url, "")
    elements = sorted(islice(root.find_all(name), 200), key=lambda element: not _says_text(element))
    for element in elements:
        source = str(element.attrs.get("src") or "").strip()
        target = _joined(base, source) if source else own
        if target == own or url_problem(target) or _is_unseen(element) or _is_hidden(element):
            continue
        if is_their_own(target, domain):
            yield target


def _says_text(element: turbohtml.Element) -> bool:
    """Whether a frame's name or title says that the page's text is in it."""
    return any(_HAS_TEXT.search(str(element.attrs.get(name) or "").lower()) for name in ("name", "title"))


def _is_unseen(element: turbohtml.Element) -> bool:
    return any(getattr(parent, "tag", "") in _UNSEEN for parent in element.ancestors)


def _is_hidden(element: turbohtml.Element) -> bool:
    sizes = (str(element.attrs.get(name) or "") for name in ("width", "height"))
    return bool(_HIDDEN.search(str(element.attrs.get("style") or ""))) or any(map(_NO_SIZE.fullmatch, sizes))


def _own_words(root: turbohtml.Element) -> int:
    """Return the number of words that the page itself shows; `root` loses what it does not show."""
    for name in ("script", "style", "head", *_UNSEEN):
        for element in list(root.find_all(name)):
            element.decompose()
    return len(words(root.text))
