"""The list of companies: loading and validation, with file and line in every error."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)

from crawler.console.program import command_line
from crawler.options.addresses import Domain, Page, normalise_domain
from crawler.packaged import packaged
from pipelines import located_yaml
from pipelines.errors import UsageError
from pipelines.gate.language import CODES
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from pydantic_core import ErrorDetails

DEFAULT_FILE: Final = packaged("companies.yaml")

_MAX_NAME = 200


def _check_name(value: str) -> str:
    name = " ".join(value.split())
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise ValueError(f"{value!r:.80} is no name; write 1 to {_MAX_NAME} printable characters")
    return name


def check_language(value: str) -> str:
    """Return a language's code in lower case. Raises ValueError if the gate does not know the language."""
    code = value.lower()
    if code not in CODES:
        raise ValueError(
            f"language {value!r:.80} is no code of ISO 639-1 that is told apart; write de, not de-AT or German"
        )
    return code


Name = Annotated[str, AfterValidator(_check_name)]
Language = Annotated[str, AfterValidator(check_language)]


class Expectations(BaseModel):
    """The least that a run must find for a company; if it does not, it ends with status 3.

    `min_versions` counts all versions known after the run; `max_age_days` is the age of the latest capture with a text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_versions: int | None = Field(default=None, ge=1)
    max_age_days: int | None = Field(default=None, ge=1)


class Company(BaseModel):
    """One entry of the list. `pages` are known URLs of documents, `languages` (ISO 639-1) those whose texts are wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    domain: Domain
    aliases: tuple[Domain, ...] = ()
    pages: tuple[Page, ...] = ()
    languages: tuple[Language, ...] = ()
    expect: Expectations = Expectations()

    @property
    def listed_domains(self) -> tuple[str, ...]:
        """The domain, then the aliases. Each is listed, and names a folder of documents."""
        return (self.domain, *self.aliases)

    def listed_domain_of(self, url: str) -> str:
        """Return the listed domain that `url` belongs to: the longest that its host is under, or else `domain`."""
        host = (urlsplit(url).hostname or "").removesuffix(".")
        owners = [listed for listed in self.listed_domains if host == listed or host.endswith(f".{listed}")]
        return max(owners, key=len, default=self.domain)

    def pages_of(self, domain: str, kind: str = PRIVACY.name) -> tuple[str, ...]:
        """Return the pages given for a kind that belong to a listed domain; pages on foreign hosts belong to `domain`."""
        given = (page for page in self.pages if getattr(page, "kind", PRIVACY.name) == kind)
        return tuple(str(page) for page in given if self.listed_domain_of(page) == domain)


class _CompaniesFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    companies: tuple[Company, ...]


def load_companies(path: str | PathLike[str] = DEFAULT_FILE) -> tuple[Company, ...]:
    """Return the companies of a file, in its order. Raises CompaniesError for the first error in it."""
    source = located_yaml.read(path)
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


def _problem(error: ErrorDetails) -> str:
    loc = error["loc"]
    key = next((step for step in reversed(loc) if isinstance(step, str)), "companies")
    if error["type"] == "extra_forbidden":
        return _unknown_key(key, _model_at(loc[:-1]))
    if key == "expect" and error["type"] == "model_type":
        return "`expect` must be a mapping with `min_versions:` or `max_age_days:`"
    if key == "companies" and error["type"] == "tuple_type":
        return "`companies` must be a list; add an entry that starts with `- name:`"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _PROBLEMS[error["type"]].format(key=key)


def _model_at(loc: Sequence[int | str]) -> type[BaseModel]:
    if not loc:
        return _CompaniesFile
    return Expectations if loc[-1] == "expect" else Company


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    known = list(model.model_fields)
    near = difflib.get_close_matches(key[:_MAX_NAME], known, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    return f"unknown key {key!r:.80}; {meant}known: {', '.join(known)}"


def _refuse_duplicates(source: located_yaml.LocatedYaml, companies: Iterable[Company]) -> None:
    seen: dict[str, tuple[located_yaml.Step, ...]] = {}
    for domain, loc in _locations(companies):
        first = seen.setdefault(domain, loc)
        if first is not loc:
            problem = f"{domain} is listed twice, first on line {source.line_of(first)}; remove one of the two"
            raise source.error(loc, problem)


def _locations(companies: Iterable[Company]) -> Iterator[tuple[str, tuple[located_yaml.Step, ...]]]:
    """Yield each listed domain with its location in the file."""
    for number, company in enumerate(companies):
        yield company.domain, ("companies", number, "domain")
        for index, alias in enumerate(company.aliases):
            yield alias, ("companies", number, "aliases", index)


def select(companies: Iterable[Company], names: Iterable[str]) -> tuple[Company, ...]:
    """Return companies by domain, alias or name, each once. A name that several share selects all of them.

    Raises UsageError for a name that is not on the list, with the names near it.
    """
    listed = tuple(companies)
    by_domain = {domain: (company,) for company in listed for domain in company.listed_domains}
    by_name: dict[str, tuple[Company, ...]] = {}
    for company in listed:
        key = company.name.casefold()
        by_name[key] = (*by_name.get(key, ()), company)
    chosen: dict[Company, None] = {}
    for name in names:
        found = by_domain.get(_domain_key(name)) or by_name.get(_name_key(name))
        if not found:
            raise UsageError(_not_listed(name, by_name | by_domain))
        chosen.update(dict.fromkeys(found))
    return tuple(chosen)


def _name_key(name: str) -> str:
    return " ".join(name[:_MAX_NAME].split()).casefold()


def _domain_key(name: str) -> str:
    try:
        return normalise_domain(name.strip())
    except ValueError:
        return ""


def _not_listed(name: str, index: dict[str, tuple[Company, ...]]) -> str:
    near = difflib.get_close_matches(_name_key(name), index, n=3)
    shown = dict.fromkeys(f"{company.name} ({company.domain})" for key in near for company in index[key])
    hint = f"near: {', '.join(shown)}" if shown else f"`{command_line('companies')}` shows the list"
    return f"no company {name!r:.80} on the list; {hint}; for a domain that is not on it, use -a domain="


def unlisted_company(domain: str) -> Company:
    """Return a company for a domain that is not on the list. Raises UsageError if it is no domain."""
    try:
        listed = normalise_domain(domain.strip())
    except ValueError as error:
        raise UsageError(f"domain= {error}") from error
    return Company(name=listed, domain=listed)
