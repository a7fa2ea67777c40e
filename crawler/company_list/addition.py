"""The text of a companies file with one entry more: comments, order and line ends stay as they are. Pure."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import yaml

from crawler.company_list.company_csv import delimiter_of, header_span, read_header
from crawler.company_list.domain_lines import told_lines
from crawler.company_list.entry_values import default_name
from crawler.company_list.list_form import BY_SUFFIX, ListForm, form_of, read_form
from crawler.company_list.validation import companies_of, locations
from pipelines import located_yaml
from pipelines.errors import CompaniesError, UsageError
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crawler.company_list.company import Company
    from crawler.company_list.located_table import Source

_FIRST: Final = "# The companies whose documents are collected.\n"
_FIRST_COLUMNS: Final = ("name", "domain", "aliases", "pages")
"""What a new file begins with."""
_LINES_SUFFIXES: Final = frozenset({".txt", ".list"})
_EMPTY_LIST: Final = re.compile(r"^(companies[ \t]*:)[ \t]*(?:\[[ \t]*\])?[ \t]*(?=(#)|[\r\n]|$)", re.MULTILINE)
"""The key of a YAML file whose list is empty."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry that is added. `domain` is as the user writes it, but for `www.`, which no listed domain has."""

    company: Company
    domain: str

    @property
    def has_own_name(self) -> bool:
        """Whether the name is another than the one that a company without a name has."""
        return self.company.name != default_name(self.domain)


@dataclass(frozen=True, slots=True)
class Extended:
    """A file's text with the new entry, the entry's line, and all its companies."""

    text: str
    line: int
    companies: tuple[Company, ...]


def extended(text: str, path: str, entry: Entry) -> Extended:
    """Return the text of a file with one entry more.

    Raises UsageError for a domain that is listed already, a file that can't have the entry, or a faulty one.
    """
    is_blank = not any(told_lines(text))
    form = _form_of_new(path) if is_blank else form_of(path, text)
    known: tuple[Company, ...] = ()
    if not is_blank and not _is_empty(text, form):
        source = read_form(text, path, form)
        known = companies_of(source)
        _refuse_listed(source, known, entry.company)
    above, added = _ADDERS[form](text, path, entry, is_blank=is_blank)
    newline = "\r\n" if "\r\n" in text else "\n"
    if above and not above.endswith(("\n", "\r")):
        above += newline
    return _checked(above + added.replace("\n", newline), path, form, (*known, entry.company))


def _checked(text: str, path: str, form: ListForm, expected: tuple[Company, ...]) -> Extended:
    """Return a new text if it has the companies `expected`: a file may be written in a way that an addition breaks."""
    try:
        source = read_form(text, path, form)
        companies = companies_of(source)
    except UsageError:
        companies = ()
    if companies != expected:
        remedy = f"write it yourself: name {expected[-1].name}, domain {expected[-1].domain}"
        raise CompaniesError(path, None, f"no entry can be added to a file that is written like this; {remedy}")
    return Extended(text, source.line_of(("companies", len(expected) - 1, "domain")), companies)


def _refuse_listed(source: Source, companies: Sequence[Company], new: Company) -> None:
    for domain, loc in locations(companies):
        if domain == new.domain:
            owner = next(each for each in companies if domain in each.listed_domains)
            role = "" if domain == owner.domain else " as an alias"
            raise source.error(loc, f"{domain} is listed already{role}, for {owner.name}; nothing was added")


def _form_of_new(path: str) -> ListForm:
    """Return the form of a file without entries, by its name."""
    suffix = PurePath(path).suffix.lower()
    return BY_SUFFIX.get(suffix, ListForm.LINES if suffix in _LINES_SUFFIXES else ListForm.YAML)


def _is_empty(text: str, form: ListForm) -> bool:
    """Whether a file has the frame of its form only: the key `companies`, or a header."""
    if form is ListForm.YAML:
        return bool(_EMPTY_LIST.search(text)) and not any(told_lines(_EMPTY_LIST.sub("", text, count=1)))
    return form is ListForm.CSV and not text[header_span(text)[1] :].strip()


# Each returns the text above the addition, and the addition with \n at its line ends


def _add_to_yaml(text: str, path: str, entry: Entry, *, is_blank: bool) -> tuple[str, str]:
    if is_blank:
        return text, f"{_FIRST if not text else ''}companies:\n{textwrap.indent(_yaml(entry), '  ')}"
    if _is_empty(text, ListForm.YAML):
        above = _EMPTY_LIST.sub(lambda found: found[1] + (" " if found[2] else ""), text, count=1)
        return above, textwrap.indent(_yaml(entry), "  ")
    return text, textwrap.indent(_yaml(entry), " " * _column_of_list(text, path))


def _column_of_list(text: str, path: str) -> int:
    """Return the column of the dashes of the list."""
    root = located_yaml.parse(text, path, located_yaml.COMPANIES).root
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((int(value.start_mark.column) for key, value in pairs if key.value == "companies"), 0)


def _yaml(entry: Entry) -> str:
    """Return an entry in block style, in quotes where other readers of YAML would take a text for a number or the like."""
    pages = [page.url if page.kind == PRIVACY.name else page.model_dump() for page in entry.company.pages]
    values = {"name": entry.company.name, "domain": entry.domain} | ({"pages": pages} if pages else {})
    return yaml.safe_dump([values], sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 20)


def _add_to_csv(text: str, path: str, entry: Entry, *, is_blank: bool) -> tuple[str, str]:
    if is_blank:
        delimiter = "\t" if PurePath(path).suffix.lower() == ".tsv" else ","
        columns = [*_FIRST_COLUMNS]
        return text, _csv_row(columns, delimiter) + _csv_row(_cells(entry, columns), delimiter)
    start, end = header_span(text)
    header = text[start:end]
    delimiter = delimiter_of(header)
    columns = read_header(next(csv.reader([header], delimiter=delimiter, skipinitialspace=True)), path, 1)
    needed = [name for name, cell in _cells_by_column(entry).items() if name not in columns and cell]
    if needed == ["name"] and not entry.has_own_name:
        needed = []
    above = text[:end] + "".join(delimiter + name for name in needed) + text[end:]
    columns += needed
    return (_filled(above, delimiter, len(columns)) if needed else above), _csv_row(_cells(entry, columns), delimiter)


def _filled(text: str, delimiter: str, width: int) -> str:
    """Return a CSV file with empty cells at the end of the rows that have less than `width`. It has been read before."""
    end = header_span(text)[1]
    lines = io.StringIO(text[end:], newline="").readlines()
    reader = csv.reader(iter(lines), delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            last = lines[reader.line_num - 1]  # of the row: a cell in quotes may have line ends
            row = last.rstrip("\r\n")
            lines[reader.line_num - 1] = row + delimiter * (width - len(cells)) + last[len(row) :]
    return text[:end] + "".join(lines)


def _cells_by_column(entry: Entry) -> dict[str, str]:
    pages = (page.url if page.kind == PRIVACY.name else f"{page.kind}={page.url}" for page in entry.company.pages)
    return {"name": entry.company.name, "domain": entry.domain, "pages": " ".join(pages)}


def _cells(entry: Entry, columns: Sequence[str]) -> list[str]:
    by_column = _cells_by_column(entry)
    return [by_column.get(column, "") for column in columns]


def _csv_row(cells: Sequence[str], delimiter: str) -> str:
    row = io.StringIO(newline="")
    csv.writer(row, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return row.getvalue()


def _add_to_lines(text: str, path: str, entry: Entry, *, is_blank: bool) -> tuple[str, str]:
    del is_blank
    if entry.has_own_name or entry.company.pages:
        problem = "one domain a line has no place for a name or pages; use a list in YAML or CSV"
        raise CompaniesError(path, None, problem)
    return text, f"{entry.domain}\n"


_ADDERS: Final[Mapping[ListForm, Callable[..., tuple[str, str]]]] = {
    ListForm.YAML: _add_to_yaml, ListForm.CSV: _add_to_csv, ListForm.LINES: _add_to_lines,
}  # fmt: skip
