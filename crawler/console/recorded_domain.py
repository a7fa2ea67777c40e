"""The versions of a domain that a command names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.companies import load_companies, normalise_domain
from crawler.console.program import command_line
from crawler.options.argument_values import read_timestamp_prefix
from crawler.options.spelling import nearest
from pipelines.catalog.read_only import reading
from pipelines.digest.domain_versions import Numbered, as_of, numbered
from pipelines.errors import UsageError
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.report.recorded import domains_by_company
from pipelines.versions import read_versions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from crawler.command import AnsweringCommand


def add_kind(group: argparse._ArgumentGroup) -> None:
    """Add the option that says of which kind of document the versions are."""
    group.add_argument("--kind", choices=[*KINDS], default=PRIVACY.name, help="kind of document (default: %(default)s)")


def versions_named(command: AnsweringCommand, name: str, kind: str = PRIVACY.name) -> tuple[Numbered, ...]:
    """Return the versions of a listed domain, or of all domains of a company, with their numbers; none if none is known.

    They are those of pages that are searched for a kind of document. Raises UsageError for a name that neither the catalog
    nor the companies file has, OutputError without a catalog.
    """
    domains = domains_named(command, name)
    if not domains:
        return ()
    with reading(command.output, command.catalog_url) as connection:
        found = read_versions(
            connection, command.output, of=domains, kind=kind, topics=command.topics, takedown=command.takedown
        )
        return numbered(found)


def domains_named(command: AnsweringCommand, name: str) -> tuple[str, ...]:
    """Return a listed domain, or all of a company's, that the catalog has; none for one that only the companies file has.

    Raises UsageError for a name that neither has, OutputError without a catalog.
    """
    with reading(command.output, command.catalog_url) as connection:
        companies = domains_by_company(connection)
    domains = _domains(name, companies)
    if not domains:
        _check_listed(command, name, companies)
    return domains


def _domains(name: str, companies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    by_name = {company.casefold(): tuple(of) for company, of in companies.items()}
    domain = _normalised(name)
    if any(domain in of for of in companies.values()):
        return (domain,)
    return by_name.get(" ".join(name.split()).casefold(), ())


def _normalised(name: str) -> str:
    try:
        return normalise_domain(name.strip())
    except ValueError:
        return ""


def _check_listed(command: AnsweringCommand, name: str, companies: Mapping[str, Sequence[str]]) -> None:
    """Raise UsageError unless the companies file has a domain or company of this name."""
    listed = load_companies(command.given["COMPANIES_FILE"])
    names = {each.name.casefold() for each in listed} | {domain for each in listed for domain in each.listed_domains}
    if _normalised(name) in names or name.casefold() in names:
        return
    near = nearest(name, [*companies, *(domain for of in companies.values() for domain in of)])
    hint = (
        f"did you mean {near}?"
        if near
        else f"`{command_line('companies')}` shows the list, and which domains have files"
    )
    raise UsageError(f"no domain {name!r:.80} in {command.output}; {hint}")


def chosen(found: Sequence[Numbered], value: str) -> Numbered | None:
    """Return the version of a number from 1, or from the end (-1), or as of a date; None for a date before the first.

    Raises UsageError for what is neither.
    """
    if re.fullmatch(r"-?\d{1,3}", value, re.ASCII):
        number = int(value)
        place = number - 1 if number > 0 else len(found) + number
        if not number or not 0 <= place < len(found):
            raise UsageError(f"no version {value}; there are {len(found)}, from 1 (or -1, the last), or give a date")
        return found[place]
    if not value[:1].isdigit():
        raise UsageError(
            f"no version {value!r:.80}; write its number from 1 (-1 for the last), or a date as 2015-06-30"
        )
    return as_of(found, read_date(value, "a version"))


def read_date(value: str, name: str) -> str:
    """Return a date as CDX timestamp prefix: `2015`, `2015-06-30`, `2015-06-30T12:00`. Raises UsageError."""
    digits = re.sub(r"(?<=\d)[-T: ](?=\d)|(?<=\d)Z$", "", value)
    try:
        if prefix := read_timestamp_prefix(digits):
            return prefix
    except ValueError as error:
        raise UsageError(f"{name} {value!r:.80}: {error}") from None
    raise UsageError(f"{name}: empty; write a date as 2015-06-30")
