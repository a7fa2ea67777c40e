"""The list of companies: the file that is loaded, and the companies chosen from it."""

from __future__ import annotations

import difflib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.company_list.company import Company, Expectations, GivenPage
from crawler.company_list.entry_values import MAX_NAME, check_language, normalise_domain
from crawler.company_list.list_form import form_of, read_form
from crawler.company_list.validation import companies_of
from crawler.console.program import command_line
from crawler.options.spelling import nearest
from crawler.packaged import packaged
from pipelines import located_yaml
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

__all__ = [
    "DEFAULT_FILE",
    "Company",
    "Expectations",
    "GivenPage",
    "check_language",
    "company_of",
    "in_shard",
    "load_companies",
    "mistyped_warning",
    "normalise_domain",
    "select",
    "unlisted_company",
]

DEFAULT_FILE: Final = packaged("companies.yaml")
_ONE_LETTER: Final = 0.85
"""difflib's ratio of two domains of seven characters (`ovh.com`) or more that differ in one of them: 6 / 7 at least."""
_LONG_LABEL: Final = 5
"""Letters of a name that under another ending is likely the same company's: `godaddy.net`, but not `one.net`."""


def load_companies(path: str | PathLike[str] = DEFAULT_FILE) -> tuple[Company, ...]:
    """Return the companies of a file, in its order. Raises CompaniesError for the first error in it.

    The file is YAML, CSV with a header, or one domain a line (`crawler.company_list.list_form`).
    """
    where = str(Path(path))
    text = located_yaml.text_of_file(where, located_yaml.COMPANIES)
    return companies_of(read_form(text, where, form_of(where, text)))


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
    return " ".join(name[:MAX_NAME].split()).casefold()


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


def company_of(domain: str, companies: Iterable[Company]) -> Company:
    """Return a company for one domain alone. Raises UsageError if it is no domain.

    One that is on the list keeps the name, the dates, the languages and the pages that it has there. What is expected of
    a company with more domains is not expected of one of them.
    """
    alone = unlisted_company(domain)
    owner = next((each for each in companies if alone.domain in each.listed_domains), alone)
    if not owner.aliases:
        return owner
    pages = tuple(page for page in owner.pages if owner.listed_domain_of(page.url) == alone.domain)
    own = {"domain": alone.domain, "aliases": (), "pages": pages, "expect": Expectations()}
    return owner.model_copy(update=own)


def unlisted_company(domain: str) -> Company:
    """Return a company for a domain that is not on the list. Raises UsageError if it is no domain."""
    try:
        listed = normalise_domain(domain.strip())
    except ValueError as error:
        raise UsageError(f"domain= {error}") from error
    return Company(name=listed, domain=listed)


def mistyped_warning(domain: str, companies: Iterable[Company]) -> str:
    """Return a warning for a domain that is not on the list, but much like one that is; empty for any other."""
    owners = {listed: company for company in companies for listed in company.listed_domains}
    if domain in owners:
        return ""
    near = nearest(domain, owners, cutoff=_ONE_LETTER) or _of_other_ending(domain, owners)
    if not near:
        return ""
    return (
        f"{domain} is not on the list of companies, and is crawled as a new company; did you mean {near} "
        f"({owners[near].name})?"
    )


def _of_other_ending(domain: str, listed: Iterable[str]) -> str:
    """Return the listed domain with the same name under another ending; empty if there is none."""
    label = domain.partition(".")[0]
    return next((each for each in listed if each.partition(".")[0] == label), "") if len(label) >= _LONG_LABEL else ""


def in_shard(companies: Iterable[Company], part: int, parts: int) -> Iterator[Company]:
    """Yield the companies of one of `parts` parts, counted from 1.

    A company's domain alone decides, by its SHA-256: it stays on its machine when others join or leave the list.
    """
    for company in companies:
        number = int.from_bytes(sha256(company.domain.encode()).digest()[:8], "big")
        if number % parts == part - 1:
            yield company
