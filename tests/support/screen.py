"""A terminal's screen with the control sequences that the live lines of a crawl use."""

from __future__ import annotations

import re


class Screen:
    """A terminal of unlimited height that understands newline, carriage return, erase line and line up."""

    def __init__(self) -> None:
        self.rows, self.row, self.column = [""], 0, 0

    def feed(self, text: str) -> list[str]:
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", text):
            self._take(part)
        return [row for row in self.rows if row]

    def _take(self, part: str) -> None:
        if part == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif part == "\r":
            self.column = 0
        elif part == "\x1b[2K":
            self.rows[self.row] = ""
        elif part == "\x1b[1A":
            self.row -= 1
            assert self.row >= 0, "above the screen"
        else:
            assert "\x1b" not in part, part
            assert len(self.rows[self.row]) <= self.column, "written over something"
            self.rows[self.row] = self.rows[self.row].ljust(self.column) + part
            self.column += len(part)
