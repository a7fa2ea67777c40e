"""The form of a companies file, and its values with their lines. The one place that knows all forms."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from crawler.company_list.company_csv import DELIMITERS, header_span, read_csv
from crawler.company_list.domain_lines import read_domains
from pipelines import located_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.company_list.located_table import Source


class ListForm(Enum):
    """How a companies file is written."""

    YAML = "YAML"
    CSV = "CSV"
    LINES = "one domain a line"


BY_SUFFIX: Final[Mapping[str, ListForm]] = {
    ".yaml": ListForm.YAML, ".yml": ListForm.YAML, ".json": ListForm.YAML, ".csv": ListForm.CSV, ".tsv": ListForm.CSV,
}  # fmt: skip
"""The forms of files whose name tells it. JSON is a part of YAML."""

_YAML: Final = re.compile(r"[-?]\s|[-{\[]$|[{\[%]|---|.*:(?:\s|$)")
"""First lines of YAML: a list, a mapping, a directive, the start of a document, a key."""
_WORD: Final = re.compile(r"""["'\s]*domain["'\s]*""", re.IGNORECASE)


def form_of(path: str, text: str) -> ListForm:
    """Return the form of a file by its suffix, or else by its first line that is no comment."""
    suffix = PurePath(path).suffix.lower()
    start, end = header_span(text)
    first = text[start:end].strip()
    is_table = any(delimiter in first.partition("#")[0] for delimiter in DELIMITERS)
    known = BY_SUFFIX.get(suffix)
    if known is ListForm.CSV and "." in first and not is_table:
        return ListForm.LINES  # exported as CSV, with one column and no header
    if known:
        return known
    if _YAML.match(first):
        return ListForm.YAML
    return ListForm.CSV if is_table or _WORD.fullmatch(first) else ListForm.LINES


def read_form(text: str, path: str, form: ListForm) -> Source:
    """Return the values of a file, with their lines. Raises CompaniesError for what the form does not allow."""
    if form is ListForm.CSV:
        return read_csv(text, path)
    if form is ListForm.LINES and text.strip():
        return read_domains(text, path)
    return located_yaml.parse(text, path, located_yaml.COMPANIES)
