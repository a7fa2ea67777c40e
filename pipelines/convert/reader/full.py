"""The fuller reading of a page, for where the corpus' reading does not give the policy.

It reads as a browser with scripting parses, opens what is collapsed, leaves out consent dialogs and boilerplate, and takes
the main element by landmarks and by where the text is. The page's data may hold the text instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.convert.embedded import embedded_texts
from pipelines.convert.parse import parse, parse_inside
from pipelines.convert.reader.article import Article
from pipelines.convert.reader.blocks import drop_title, mark_blocks, open_headings
from pipelines.convert.reader.boilerplate import strip, strip_links
from pipelines.convert.reader.link_targets import Playback, base_of, keep_in_snapshot, make_absolute
from pipelines.convert.reader.main_element import descend, main_element
from pipelines.convert.reader.prepare import body_of
from pipelines.convert.reader.reachable import UNREADABLE, Reach
from pipelines.convert.reader.script_shell import needs_script
from pipelines.convert.reader.styles import is_visible
from pipelines.convert.reader.subtree_counts import counts_of
from pipelines.convert.reader.titles import document_title
from pipelines.convert.reader.unfold import read_text_areas, unfold
from pipelines.convert.self_closing import closed
from pipelines.convert.tree import Element

if TYPE_CHECKING:
    from pipelines.convert.embedded import EmbeddedText


@dataclass(frozen=True, slots=True)
class FullReading:
    """The articles of a page: its main text, if it has any, and those in its data, the likeliest first."""

    main: Article | None
    embedded: list[Article] = field(default_factory=list)
    needs_script: bool = False
    """Whether the page is a shell that a script fills."""


def read_full(text: str, playback: Playback) -> FullReading:
    """Return a page's main text, shown or not, and texts in its data. Raises PageTooLarge above parse.MAX_NODES."""
    html = parse(closed(text), scripting=True)
    found = html.find_each("a", "script", "title")
    keep_in_snapshot(found["a"], playback)
    base, title = base_of(html, playback), document_title(found["title"])
    shell = needs_script(html)
    body = body_of(html)
    main, reachable = (None, 0) if body is None else _main_of(body, title)
    length = counts_of(main).solid if main is not None else 0
    embedded = embedded_texts(found["script"], longer_than=length)
    return FullReading(
        main=_article(main, title, base, playback, reachable) if main is not None and length else None,
        embedded=[_embedded_article(each, title, base, playback, reachable) for each in embedded],
        needs_script=shell,
    )


def _main_of(body: Element, title: str) -> tuple[Element, int]:
    """Return the element of the main text, without what is around it, and the length of the reachable text."""
    unfold(body)
    reach = Reach(body.find_all("button", "input", "a"))
    reachable, _ = reach.measure(body)
    read_text_areas(body, reachable)
    open_headings(body)
    strip(body, reach)
    main = main_element(body)
    strip_links(main)
    main = descend(main)
    drop_title(main, title)
    return main, reachable


def _embedded_article(text: EmbeddedText, title: str, base: str, playback: Playback, reachable: int) -> Article:
    root = Element("div")
    parse_inside(root, text.html)
    for element in root.find_all(*UNREADABLE):
        element.detach()
    keep_in_snapshot(root.find_all("a"), playback)
    drop_title(root, title)
    root.attrs["hidden"] = ""
    return _article(root, title, base, playback, reachable + counts_of(root).solid)


def _article(main: Element, title: str, base: str, playback: Playback, reachable: int) -> Article:
    length, unseen = counts_of(main).solid, _unseen_length(main)
    mark_blocks(main)
    make_absolute(main, base, playback)
    return Article(title, main.inner_html, min(1.0, length / max(1, reachable)), reachable, unseen / max(1, length))


def _unseen_length(main: Element) -> int:
    """Return the length of the text that is inside hidden elements, or all of it inside a hidden ancestor."""
    if not all(map(is_visible, (main, *main.ancestors))):
        return counts_of(main).solid
    return Reach(()).measure(main)[1]
