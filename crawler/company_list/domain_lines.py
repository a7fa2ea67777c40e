"""The companies file as one domain a line. `#` begins a comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.company_list.entry_values import default_name, normalise_domain
from crawler.company_list.located_table import LocatedTable
from pipelines.errors import CompaniesError

if TYPE_CHECKING:
    from collections.abc import Iterator

NEWLINE: Final = re.compile(r"\r\n|\r|\n")
"""The ends of lines that editors count; `str.splitlines` knows eight more."""


def read_domains(text: str, path: str) -> LocatedTable:
    """Return the companies of a text. Each is called by its domain. Raises CompaniesError."""
    table = LocatedTable(path, [], [])
    for line, domain in told_lines(text):
        try:
            normalise_domain(domain)
        except ValueError as error:
            raise CompaniesError(path, line, str(error)) from None
        table.add({"name": default_name(domain), "domain": domain}, line)
    if not table.rows:
        raise CompaniesError(path, None, "lists no company; write one domain a line, as example.com")
    return table


def told_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty with their numbers, from 1, without comments."""
    for number, line in enumerate(NEWLINE.split(text), 1):
        if told := line.partition("#")[0].strip():
            yield number, told
