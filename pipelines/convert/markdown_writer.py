"""Writer of markdown with pending line ends and spaces, and the escapes of text and links.

The end of a paragraph or list is written by the next `put`, since it depends on the text that follows. Spacing and escapes
are those of the corpus' converter, derived from its output for given pages.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

from pipelines.errors import PageTooLarge

MAX_MARKDOWN: Final = 16 * 1024 * 1024
"""Limit of a document's characters. Nested lists or quotations reach it with a page a tenth as large."""

_SPACES: Final = re.compile(r"[^\S\xa0]+")
_ESCAPED: Final = re.compile(r"\\|^\s*[\d+-]", re.MULTILINE)
"""A test for runs that can need one of the next four patterns. Few do."""
_NUMBER_MARK: Final = re.compile(r"^(\s*\d+)\.(?=\s)", re.MULTILINE)
_PLUS_MARK: Final = re.compile(r"^(\s*)\+(?=\s)", re.MULTILINE)
_DASH_MARK: Final = re.compile(r"^(\s*)-(?=\s|-)", re.MULTILINE)
_BACKSLASH: Final = re.compile(r"\\(?=[!#()*+\-.\[\\\]_`{}])")
_LINK_SPECIAL: Final = re.compile(r"([\\()\[\]])")


class Tag(Protocol):
    """What a writer reads of a tag: of BeautifulSoup's, and of those of `pipelines.convert.raw_text`."""

    name: str

    def get(self, key: str, /) -> Any:
        """Return an attribute's value."""


class Writer:
    """The output so far and the pending white space. Raises PageTooLarge above MAX_MARKDOWN characters.

    `quotes` and `depth` are the numbers of open quotations and lists. With `pre`, text keeps its white space.
    """

    def __init__(self) -> None:
        self.quotes = 0
        self.depth = 0
        self.pre = False
        self.watch: list[str] | None = None
        """Pieces written inside the open abbreviation."""
        self._pieces: list[str] = []
        self._size = 0
        self._line_ends = 0
        self._hard_line_ends = False
        self._space = False
        self._fresh = True
        self._line_ended = False
        self._pre_starts = False

    def new_line(self) -> None:
        """Start a line with the next piece."""
        self._line_ends = self._line_ends or 1

    def new_paragraph(self) -> None:
        """Start a paragraph with the next piece."""
        self._line_ends = 2

    def end_row(self) -> None:
        """Start a line with the next piece, and make the pending line ends hard ones."""
        self.new_line()
        self._hard_line_ends = True

    def start_afresh(self) -> None:
        """Drop pending line ends and spaces, at the start of an item or quotation."""
        self._fresh = True

    def start_preformatted(self) -> None:
        """Start indented text that keeps its white space."""
        self.pre = self._pre_starts = True
        self.new_paragraph()

    def put_text(self, text: str) -> None:
        """Write character data with white space collapsed. Leading space is pending, and dropped at a line's start."""
        if self.watch is not None:
            self.watch.append(text.replace("\xa0", " "))
        if not self.pre:
            if "  " in text or not text.isprintable():  # all white space but the space itself is unprintable
                text = _SPACES.sub(" ", text)
            self._space = self._space or text.startswith(" ")
            text = text.removeprefix(" ")
        self._write(text.replace("\xa0", " "))

    def put(self, mark: str) -> None:
        """Write markup unchanged."""
        if self.watch is not None:
            self.watch.append(mark)
        self._write(mark)

    def _write(self, data: str) -> None:
        if not data:
            return
        prefix = self._prefix(data)
        if self._pre_starts or self.pre:
            data = self._indented(data, prefix)
        if self._fresh:
            self._space, self._line_ends, self._fresh = False, 0, False
        if self._line_ends:
            self._pieces.append((("  \n" if self._hard_line_ends else "\n") + prefix) * self._line_ends)
            self._line_ends, self._hard_line_ends, self._space = 0, False, False
        if self._space and not self._line_ended:
            self._pieces.append(" ")
        self._pieces.append(data)
        self._space, self._line_ended = False, data.endswith("\n")
        self._size += len(data) + len(prefix)
        if self._size > MAX_MARKDOWN:
            raise PageTooLarge(f"the document would have more than {MAX_MARKDOWN:,} characters: it is skipped")

    def _prefix(self, data: str) -> str:
        """Return the start of a new line: quotation marks and the indent of preformatted text."""
        prefix = ">" * self.quotes
        if self.quotes and not data.startswith("> "):
            prefix += " "
        return prefix + "    " * max(1, self.depth) if self.pre else prefix

    def _indented(self, data: str, prefix: str) -> str:
        starts, self._pre_starts = self._pre_starts, False
        if starts and not data.startswith("\n"):
            data = "\n" + data
        if self.pre:
            data = data.replace("\n", "\n" + prefix)
        return data.lstrip("\n") if starts and self.depth else data

    def text(self) -> str:
        """Return the output without pending line ends and spaces, but with the line end that a `pre` starts with."""
        return "".join([*self._pieces, "\n" if self._pre_starts else ""])


def is_space(character: str) -> bool:
    """Whether a character is white space other than a no-break space."""
    return character.isspace() and character != "\xa0"


def escape_run(run: str) -> str:
    """Return a run with escapes for backslashes before markup and for list marks at the starts of its lines."""
    if not _ESCAPED.search(run):
        return run
    run = _BACKSLASH.sub(r"\\\\", run)
    run = _NUMBER_MARK.sub(r"\1\\.", run)
    run = _PLUS_MARK.sub(r"\1\\+", run)
    return _DASH_MARK.sub(r"\1\\-", run)


def escape_link(part: str) -> str:
    """Return a link's target or title with brackets, parentheses and backslashes escaped."""
    return _LINK_SPECIAL.sub(r"\\\1", part)
