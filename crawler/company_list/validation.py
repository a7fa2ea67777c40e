"""From the values of a companies file to its companies, with file and line in every error."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from crawler.company_list.company import Company, Expectations, GivenPage
from crawler.company_list.entry_values import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic_core import ErrorDetails

    from crawler.company_list.located_table import Source
    from pipelines.located_yaml import Step


class _CompaniesFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    companies: tuple[Company, ...]


def companies_of(source: Source) -> tuple[Company, ...]:
    """Return the companies of a file, in its order. Raises CompaniesError for the first error in it."""
    try:
        companies = _CompaniesFile.model_validate(source.plain).companies
    except ValidationError as error:
        # An unknown key comes first: misspelling a required key makes it missing as well.
        first = min(error.errors(), key=lambda e: (e["type"] != "extra_forbidden", source.line_of(e["loc"])))
        raise source.error(first["loc"], _problem(first)) from None
    if not companies:
        raise source.error((), "lists no company; add an entry with `name:` and `domain:`")
    _refuse_duplicates(source, companies)
    return companies


_NO_NUMBER: Final = "`{key}` must be a whole number, 1 or more; leave it out if nothing is expected"
_PROBLEMS: Final = {  # pydantic's error types; the other values of this file are text, lists and mappings
    "missing": "`{key}` is missing; add `{key}:`",
    "tuple_type": "`{key}` must be a list, `[...]` or lines that start with `-`; leave it out if it is empty",
    **dict.fromkeys(("int_parsing", "int_parsing_size", "int_type", "greater_than_equal"), _NO_NUMBER),
    "string_type": "`{key}` must hold plain text here; put text that starts with [ or {{ in quotes",
    "model_type": "a company must be a mapping with `name:` and `domain:`, the file one with `companies:`",
}
_MODEL_TYPES: Final = {
    "expect": "`expect` must be a mapping with `min_versions:` or `max_age_days:`, and may have `kind:`",
    "pages": "a page must be an address, or a mapping with `url:` and `kind:`; put an address that starts with [ in quotes",
}


def _problem(error: ErrorDetails) -> str:
    loc = error["loc"]
    key = next((step for step in reversed(loc) if isinstance(step, str)), "companies")
    if error["type"] == "extra_forbidden":
        return _unknown_key(key, _model_at(loc[:-1]))
    if error["type"] == "model_type" and key in _MODEL_TYPES:
        return _MODEL_TYPES[key]
    if key == "companies" and error["type"] == "tuple_type":
        return "`companies` must be a list; add an entry that starts with `- name:`"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _PROBLEMS[error["type"]].format(key=key)


def _model_at(loc: Sequence[Step]) -> type[BaseModel]:
    if not loc:
        return _CompaniesFile
    if loc[-1] == "expect":
        return Expectations
    return GivenPage if "pages" in loc else Company


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    known = list(model.model_fields)
    near = difflib.get_close_matches(key[:MAX_NAME], known, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    return f"unknown key {key!r:.80}; {meant}known: {', '.join(known)}"


def _refuse_duplicates(source: Source, companies: Iterable[Company]) -> None:
    seen: dict[str, tuple[Step, ...]] = {}
    for domain, loc in locations(companies):
        first = seen.setdefault(domain, loc)
        if first is not loc:
            problem = f"{domain} is listed twice, first on line {source.line_of(first)}; remove one of the two"
            raise source.error(loc, problem)


def locations(companies: Iterable[Company]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield each listed domain with its location in the file."""
    for number, company in enumerate(companies):
        yield company.domain, ("companies", number, "domain")
        for index, alias in enumerate(company.aliases):
            yield alias, ("companies", number, "aliases", index)
