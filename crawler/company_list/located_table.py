"""LocatedTable: the values of a companies file that has one entry a row, with the line of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from pipelines.errors import CompaniesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.errors import UsageError
    from pipelines.located_yaml import Step

MAX_ROWS: Final = 1_000_000
"""Most entries of a table. Each company's crawl takes a minute at the least: a run over so many takes two years."""

Cell: TypeAlias = "str | list[str] | list[dict[str, str]] | dict[str, str]"


class Source(Protocol):
    """A companies file that has been read, of whatever form."""

    @property
    def plain(self) -> object:
        """Its values, as those of the YAML form."""

    def line_of(self, loc: Sequence[Step]) -> int:
        """Return the line, from 1, of the value at a location."""

    def error(self, loc: Sequence[Step], problem: str) -> UsageError:
        """Return an error that names file and line of the value at a location."""


@dataclass(frozen=True, slots=True)
class LocatedTable:
    """The rows of a table, and the line on which each begins."""

    path: str
    rows: list[dict[str, Cell]]
    lines: list[int]

    @property
    def plain(self) -> object:
        return {"companies": self.rows}

    def line_of(self, loc: Sequence[Step]) -> int:
        number = loc[1] if len(loc) > 1 else 0
        return self.lines[number] if isinstance(number, int) and number < len(self.lines) else 1

    def error(self, loc: Sequence[Step], problem: str) -> UsageError:
        return CompaniesError(self.path, self.line_of(loc), problem)

    def add(self, row: dict[str, Cell], line: int) -> None:
        """Add a row. Raises CompaniesError for too many."""
        if len(self.rows) >= MAX_ROWS:
            raise CompaniesError(self.path, line, f"more than {MAX_ROWS:,} companies; split it into several files")
        self.rows.append(row)
        self.lines.append(line)
