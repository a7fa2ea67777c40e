"""The companies file as CSV: a header with the names of an entry's keys, then one company a row.

A cell with a list has white space or `;` between its values. A page that is no privacy policy's is `kind=address`.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from typing import TYPE_CHECKING, Final

from crawler.company_list.company import Company
from crawler.company_list.domain_lines import NEWLINE
from crawler.company_list.entry_values import default_name, normalise_domain
from crawler.company_list.located_table import LocatedTable
from pipelines.errors import CompaniesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.company_list.located_table import Cell

COLUMNS: Final = tuple(Company.model_fields)
DELIMITERS: Final = "\t,;"
"""The characters that spreadsheets put between cells; of those in a header, the first of these is the delimiter."""

_ADDRESS: Final = r"(?:\w+=)?https?://"
_BETWEEN: Final = re.compile(r"[\s;]+")
_BETWEEN_PAGES: Final = re.compile(rf"\s*;\s*(?={_ADDRESS}|$)|\s+", re.IGNORECASE)
"""A `;` within an address is part of it (RFC 3986, section 3.3), unless another address follows."""
_KIND_OF_PAGE: Final = re.compile(rf"(\w+)=(?={_ADDRESS})", re.IGNORECASE)


def header_span(text: str) -> tuple[int, int]:
    """Return where the header begins and where its line ends: it is the first line that is neither blank nor a comment."""
    start = 0
    for line in io.StringIO(text, newline=""):
        if line.strip() and not line.lstrip().startswith("#"):
            return start, start + len(line.rstrip("\r\n"))
        start += len(line)
    return start, start


def delimiter_of(header: str) -> str:
    """Return the delimiter of a file with such a header line."""
    return next((each for each in DELIMITERS if each in header), ",")


def read_csv(text: str, path: str) -> LocatedTable:
    """Return the companies of a CSV file. A row without a name is called by its domain. Raises CompaniesError."""
    rows = _rows(text, path)
    line, header = next(rows, (None, []))
    if line is None:
        raise CompaniesError(path, None, f"the file is empty; {_HEADER_REMEDY}")
    columns = read_header(header, path, line)
    table = LocatedTable(path, [], [])
    for number, cells in rows:
        table.add(_entry(columns, cells, path, number), number)
    if not table.rows:
        raise CompaniesError(path, line, "lists no company; write one a line below the header")
    return table


_HEADER_REMEDY: Final = "begin it with a header such as name,domain,aliases,pages"


def read_header(header: Sequence[str], path: str, line: int) -> list[str]:
    """Return the columns of a header; an empty name is that of a column without cells. Raises CompaniesError."""
    columns = [cell.strip().lower() for cell in header]
    for column in filter(None, columns):
        if column not in COLUMNS:
            near = difflib.get_close_matches(column[:80], COLUMNS, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            problem = f"unknown column {column!r:.80}; {meant}known: {', '.join(COLUMNS)}; {_HEADER_REMEDY}"
            raise CompaniesError(path, line, problem)
        if columns.count(column) > 1:
            raise CompaniesError(path, line, f"column {column} stands twice in the header; remove one")
    if "domain" not in columns:
        raise CompaniesError(path, line, f"the header has no column domain; {_HEADER_REMEDY}")
    return columns


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty with the line on which each begins, the header first.

    Comments may stand above the header only: in the rows, a name may begin with `#`.
    """
    start, end = header_span(text)
    skipped, body = len(NEWLINE.findall(text, 0, start)), io.StringIO(text[start:], newline="")
    reader = csv.reader(body, delimiter=delimiter_of(text[start:end]), strict=True, skipinitialspace=True)
    while True:
        line_number = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not valid CSV ({error}); close each quoted cell, and write a quote in one twice"
            raise CompaniesError(path, line_number, problem) from None
        if any(cell.strip() for cell in cells):
            yield line_number, cells


def _entry(columns: Sequence[str], cells: Sequence[str], path: str, line: int) -> dict[str, Cell]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        problem = f"{len(cells)} cells, and the header has {len(columns)}; put a cell with a delimiter in it in quotes"
        raise CompaniesError(path, line, problem)
    given = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    if unnamed := given.pop("", ""):
        raise CompaniesError(path, line, f"{unnamed!r:.80} stands in a column without a name; name it in the header")
    domain = given.get("domain")
    if not domain:
        hint = " (comments may stand above the header only)" if cells[0].lstrip().startswith("#") else ""
        raise CompaniesError(path, line, f"no domain in this row{hint}; fill in the column domain")
    try:
        normalise_domain(domain)
    except ValueError as error:
        raise CompaniesError(path, line, str(error)) from None
    entry: dict[str, Cell] = {"name": default_name(domain)}
    for column, cell in given.items():
        entry[column] = _READ.get(column, str)(cell)
    return entry


def _list(cell: str) -> list[str]:
    return [value for value in _BETWEEN.split(cell) if value]


def _pages(cell: str) -> list[dict[str, str]]:
    return [page_of(value) for value in _BETWEEN_PAGES.split(cell) if value.strip(";")]


def page_of(value: str) -> dict[str, str]:
    """Return a page of `address` or `kind=address`, as a mapping."""
    kind = _KIND_OF_PAGE.match(value)
    return {"url": value[kind.end() :], "kind": kind[1]} if kind else {"url": value}


def _mapping(cell: str) -> dict[str, str]:
    """Return a mapping of `key=value` with white space or `;` between."""
    return {key: value for each in _list(cell) for key, _, value in [each.partition("=")]}


_READ: Final[dict[str, Callable[[str], Cell]]] = {
    "aliases": _list, "pages": _pages, "languages": _list, "expect": _mapping,
}  # fmt: skip
