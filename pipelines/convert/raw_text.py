"""Markdown of articles with raw text: `<noframes>`, `<noembed>`, `<iframe>`, `<xmp>`, `<plaintext>`.

Serialised, the content of these elements is markup again, and need not be balanced. The corpus' converter writes each tag
as it comes, without a tree: a mark that is never closed stays open. Character references, which such content alone has,
become ASCII where that has a look-alike (observed of html2text 2020.1.16 for all named references and the first 8,959 code
points).
"""

from __future__ import annotations

from html.entities import html5
from html.parser import HTMLParser
from typing import Final

from pipelines.convert.markdown_elements import ElementWriter

RAW_ELEMENTS: Final = ("<iframe", "<noembed", "<noframes", "<plaintext", "<xmp")
MAX_RAW: Final = 400_000
"""Characters of an article that is read tag by tag. Markup which is not balanced takes the parser quadratic time."""

_SKIPPED: Final = frozenset(["head", "style", "script"])
_LATIN: Final = {
    **dict.fromkeys(range(0xE0, 0xE6), "a"),
    **dict.fromkeys(range(0xE8, 0xEC), "e"),
    **dict.fromkeys(range(0xEC, 0xF0), "i"),
    **dict.fromkeys(range(0xF2, 0xF7), "o"),
    **dict.fromkeys(range(0xF9, 0xFD), "u"),
}
_ASCII: Final = {
    **_LATIN, 0xA0: "\xa0", 0xA9: "(C)", 0xB7: "*", 0xE6: "ae", 0x153: "oe", 0x200E: "", 0x200F: "", 0x2013: "-",
    0x2014: "--", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2190: "<-", 0x2192: "->",
}  # fmt: skip
_MAX_DIGITS: Final = 8
_LAST_CODE_POINT: Final = 0x10FFFF


class _EventTag:
    """A start or end tag as `ElementWriter` reads it."""

    __slots__ = ("attrs", "name")

    def __init__(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name = name
        self.attrs = {key: value or "" for key, value in reversed(attrs)}

    def get(self, key: str) -> str | None:
        """Return an attribute's value."""
        return self.attrs.get(key)


class _TagByTag(HTMLParser):
    """Hands tags and runs of text to an `ElementWriter` as they come."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.writer = ElementWriter()
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped += 1
        elif not self._skipped:
            self.writer.start(_EventTag(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif not self._skipped:
            self.writer.end(_EventTag(tag, []))

    def handle_data(self, data: str) -> None:
        self._put(data.replace("\xa0", " "))

    def handle_charref(self, name: str) -> None:
        digits = name[1:] if name[0] in "xX" else name
        number = int(digits[:_MAX_DIGITS], 16 if name[0] in "xX" else 10)
        self._put(_ASCII.get(number, chr(number) if number <= _LAST_CODE_POINT else f"&#{name};"), literal=True)

    def handle_entityref(self, name: str) -> None:
        character = html5.get(f"{name};")
        if character is None:
            self._put(f"&{name};", literal=True)
        else:
            self._put(_ASCII.get(ord(character), character) if len(character) == 1 else character, literal=True)

    def _put(self, run: str, *, literal: bool = False) -> None:
        if run and not self._skipped:
            self.writer.put_run(run, literal=literal)


def has_raw_text(html: str) -> bool:
    """Whether an article holds an element of raw text that can be read tag by tag."""
    return any(name in html for name in RAW_ELEMENTS) and len(html) <= MAX_RAW


def raw_to_markdown(html: str) -> str:
    """Return the markdown of an article's HTML, tag by tag."""
    parser = _TagByTag()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # html.parser rejects a marked section that it does not know, such as <![CD
        parser = _TagByTag()
        parser.feed(html.replace("<![", "&lt;!["))
        parser.close()
    return parser.writer.text()
