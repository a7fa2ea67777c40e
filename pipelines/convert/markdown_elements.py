"""The markdown of each HTML element, byte for byte as html2text 2020.1.16 writes it. The tables stand at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.convert.markdown_writer import Writer, escape_link, escape_run, is_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.convert.markdown_writer import Tag


_ABSOLUTE: Final = re.compile(r"[a-zA-Z+]+://")
_KEEPS_CLOSE: Final = re.compile(r"[^\S\xa0]|[.!?]")


@dataclass
class _Link:
    """An open `<a href>`: `pending` until its bracket is written, `empty` until it contains text."""

    href: str
    title: str
    pending: bool = True
    empty: bool = True


@dataclass
class _Table:
    """The position in the innermost row. Nested tables share it, as in the corpus."""

    head_is_due: bool = False
    cells: int = 0
    inside_row: bool = False


class ElementWriter:
    """Writes elements and text in document order. Open lists, links and emphasis are its state."""

    def __init__(self) -> None:
        self.out = Writer()
        self._lists: list[int | None] = []
        self._links: list[_Link | None] = []
        self._table = _Table()
        self._in_code = False
        self._last_run = self._last_tag = ""
        self._mark_opened = False
        self._space_due = False
        self._after_list = False
        self._abbreviations: dict[str, str] = {}
        self._abbreviation: str | None = None

    def text(self) -> str:
        """Return the markdown, with the abbreviations as footnotes."""
        footnotes = (f"\n  *[{short}]: {long}" for short, long in self._abbreviations.items())
        return f"{self.out.text()}{''.join(footnotes)}\n"

    def start(self, tag: Tag) -> None:
        """Write the start of an element."""
        if tag.name not in _WAITING:
            self._open_link()
        self._last_tag = tag.name
        after_list, self._after_list = self._after_list, False
        if tag.name in _LISTS:
            self._start_list(tag, after_list=after_list)
        elif (start := _STARTS.get(tag.name)) is not None:
            start(self, tag)

    def end(self, tag: Tag) -> None:
        """Write the end of an element."""
        self._last_tag = tag.name
        self._after_list = tag.name in _LISTS
        if (end := _ENDS.get(tag.name)) is not None:
            end(self, tag)

    def put_run(self, run: str, *, literal: bool = False) -> None:
        """Write a run of text. A run right after an opening mark is stripped; the run after that gets a space before it.

        A `literal` run has no escapes.
        """
        if self._mark_opened:
            run = run if run == "\xa0" else run.strip()
            self._mark_opened, self._space_due = False, True
        elif self._space_due:
            close = self._last_tag in _CLOSE or _KEEPS_CLOSE.match(run)
            run = run if close else " " + run
            self._space_due = False
        link = self._links[-1] if self._links else None
        if link is not None:
            link.empty = False
            if link.pending and run == link.href and _ABSOLUTE.match(run):
                self.out.put(f"<{run}>")
                return
            self._open_link()
        self._last_run = run
        self.out.put_text(run if literal or self._in_code or self.out.pre else escape_run(run))

    def _open_link(self) -> None:
        if self._links and (link := self._links[-1]) is not None and link.pending:
            link.pending = False
            self.out.put("[")

    def open_mark(self, mark: str) -> None:
        """Write an opening mark of emphasis, after a space if the text before does not end in white space."""
        self.out.put(f" {mark}" if self._last_run and not is_space(self._last_run[-1]) else mark)
        self._mark_opened = True

    def start_link(self, tag: Tag) -> None:
        """Open a link. Anchors and links within the page keep their text only."""
        href = _attribute(tag, "href")
        if href is None or href.startswith("#"):
            self._links.append(None)
        else:
            self._links.append(_Link(href, _attribute(tag, "title") or ""))

    def end_link(self, _tag: Tag) -> None:
        """Close a link. One whose text is its address has been written in angle brackets already."""
        link = self._links.pop() if self._links else None
        if link is None or (link.pending and not link.empty):
            return
        title = f' "{escape_link(link.title)}"' if link.title.strip() else ""
        self.out.put(f"{'[' if link.pending else ''}]({escape_link(link.href)}{title})")

    def _start_list(self, tag: Tag, *, after_list: bool) -> None:
        if not self._lists and not after_list:
            self.out.new_paragraph()
        self._lists.append(_first_number(tag) if tag.name == "ol" else None)
        self.out.depth = len(self._lists)

    def end_list(self, _tag: Tag) -> None:
        """Close a list. The outermost one adds an empty line."""
        if not self._lists:
            self.out.new_paragraph()
            return
        self._lists.pop()
        self.out.depth = len(self._lists)
        if not self._lists:
            self.out.put("\n")

    def start_item(self, _tag: Tag) -> None:
        """Write two spaces per level, then the bullet or the number."""
        self.out.new_line()
        number = self._lists[-1] if self._lists else None
        bullet = "* " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
        self.out.put("  " * len(self._lists) + bullet)
        self.out.start_afresh()

    def start_cell(self, _tag: Tag) -> None:
        """Write a bar between cells. The row's edges have none."""
        if self._table.inside_row:
            self.out.put("| ")
        self._table.inside_row = True
        self._table.cells += 1

    def end_row(self, _tag: Tag) -> None:
        """Write a hard line end, and a line of dashes below the first row of a table, header or not."""
        self._table.inside_row = False
        self.out.end_row()
        if self._table.head_is_due:
            self._table.head_is_due = False
            self.out.put("|".join(["---"] * self._table.cells))
            self.out.end_row()

    def start_quotation(self, _tag: Tag) -> None:
        """Open a quotation, whose lines start with a mark."""
        self.out.new_paragraph()
        self.out.put("> ")
        self.out.start_afresh()
        self.out.quotes += 1

    def end_quotation(self, _tag: Tag) -> None:
        """Close a quotation."""
        self.out.quotes -= 1
        self.out.new_paragraph()

    def toggle_code(self, _tag: Tag) -> None:
        """Open or close code. Nested code closes it; preformatted text has no marks."""
        if not self.out.pre:
            self.out.put("`")
            self._in_code = not self._in_code

    def start_abbreviation(self, tag: Tag) -> None:
        """Open an abbreviation, whose title becomes a footnote."""
        self._abbreviation = _attribute(tag, "title")
        self.out.watch = None if self._abbreviation is None else []

    def end_abbreviation(self, _tag: Tag) -> None:
        """Close an abbreviation. The last title of the same letters counts."""
        if self._abbreviation is not None and self.out.watch is not None:
            self._abbreviations["".join(self.out.watch)] = self._abbreviation
        self._abbreviation = self.out.watch = None

    def start_table(self, _tag: Tag) -> None:
        """Open a table, without a line end."""
        self._table.head_is_due = True

    def start_row(self, _tag: Tag) -> None:
        """Open a row and count its cells."""
        self._table.cells = 0

    def divide(self, tag: Tag) -> None:
        """Start or end a paragraph. A div inside a link is none."""
        if not (tag.name == "div" and self._links):
            self.out.new_paragraph()

    def start_heading(self, tag: Tag) -> None:
        """Write as many marks as the heading's level."""
        self.out.new_paragraph()
        self.out.put("#" * int(tag.name[1]) + " ")

    def put_rule(self, _tag: Tag) -> None:
        """Write a rule of three asterisks."""
        self.out.new_paragraph()
        self.out.put("* * *")
        self.out.new_paragraph()

    def put_break(self, _tag: Tag) -> None:
        """Write a hard line end, with the mark of a quotation if one is open."""
        self.out.put("  \n> " if self.out.quotes > 0 else "  \n")

    def end_preformatted(self, _tag: Tag) -> None:
        """Close preformatted text, even if another `pre` is open."""
        self.out.pre = False
        self.out.new_paragraph()


def _opener(mark: str) -> Callable[[ElementWriter, Tag], None]:
    return lambda converter, _tag: converter.open_mark(mark)


def _closer(mark: str) -> Callable[[ElementWriter, Tag], None]:
    return lambda converter, _tag: converter.out.put(mark)


def _attribute(tag: Tag, name: str) -> str | None:
    value = tag.get(name)
    return value if isinstance(value, str) else None


def _first_number(tag: Tag) -> int:
    try:
        return int((_attribute(tag, "start") or "1")[:20])
    except ValueError:
        return 1


_HEADINGS: Final = tuple(f"h{level}" for level in range(1, 10))
_LISTS: Final = frozenset(["ul", "ol"])
_WAITING: Final = frozenset(["p", "div", "dl", "dt"])
"""Elements that leave the bracket of a link around them pending."""
_CLOSE: Final = frozenset(["a", "code", "pre", *_HEADINGS])
"""Elements whose tag right before a run of text saves the space after emphasis."""
_MARKS: Final = {
    **dict.fromkeys(["em", "i", "u"], "_"),
    **dict.fromkeys(["strong", "b"], "**"),
    **dict.fromkeys(["del", "strike", "s"], "~~"),
}
_CODE: Final = dict.fromkeys(["code", "tt", "kbd"], ElementWriter.toggle_code)
_STARTS: Final[dict[str, Callable[[ElementWriter, Tag], None]]] = {
    **dict.fromkeys(["p", "div"], ElementWriter.divide),
    **dict.fromkeys(_HEADINGS, ElementWriter.start_heading),
    **{name: _opener(mark) for name, mark in _MARKS.items()},
    **_CODE,
    "a": ElementWriter.start_link,
    "abbr": ElementWriter.start_abbreviation,
    "blockquote": ElementWriter.start_quotation,
    "br": ElementWriter.put_break,
    "dd": lambda self, _tag: self.out.put("    "),
    "dl": lambda self, _tag: self.out.new_paragraph(),
    "hr": ElementWriter.put_rule,
    "li": ElementWriter.start_item,
    "pre": lambda self, _tag: self.out.start_preformatted(),
    "q": lambda self, _tag: self.out.put('"'),
    "table": ElementWriter.start_table,
    "td": ElementWriter.start_cell,
    "th": ElementWriter.start_cell,
    "tr": ElementWriter.start_row,
}
_ENDS: Final[dict[str, Callable[[ElementWriter, Tag], None]]] = {
    **dict.fromkeys(["p", "div"], ElementWriter.divide),
    **dict.fromkeys(_HEADINGS, lambda self, _tag: self.out.new_paragraph()),
    **{name: _closer(mark) for name, mark in _MARKS.items()},
    **_CODE,
    **dict.fromkeys(_LISTS, ElementWriter.end_list),
    "a": ElementWriter.end_link,
    "abbr": ElementWriter.end_abbreviation,
    "blockquote": ElementWriter.end_quotation,
    "dd": lambda self, _tag: self.out.new_line(),
    "dt": lambda self, _tag: self.out.new_line(),
    "li": lambda self, _tag: self.out.new_line(),
    "pre": ElementWriter.end_preformatted,
    "q": lambda self, _tag: self.out.put('"'),
    "tr": ElementWriter.end_row,
}
