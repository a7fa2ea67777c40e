"""`scrapy add`: one more company in a companies file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from crawler.archives.opening import SAMPLE
from crawler.command import AnsweringCommand
from crawler.companies import DEFAULT_FILE, Company, GivenPage
from crawler.company_list.addition import Entry
from crawler.company_list.company_csv import page_of
from crawler.company_list.eligibility import check_eligible, doubt
from crawler.company_list.entry_values import default_name, normalise_domain
from crawler.company_list.list_file import add_entry
from crawler.console.program import command_line
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crawler.company_list.addition import Extended


class Command(AnsweringCommand):
    """Adds an entry. DONE if it was added, BAD_USAGE if not."""

    def syntax(self) -> str:
        return "[options] DOMAIN"

    def short_desc(self) -> str:
        return "Add a company to your companies file (-s COMPANIES_FILE=mine.yaml, which is made if it is missing)"

    def long_desc(self) -> str:
        return (
            "Write an entry for DOMAIN at the end of COMPANIES_FILE: YAML, CSV or one domain a line, as the file is or, if "
            "it is new, as its name ends (.yaml, .csv, .txt). What stands in the file stays as it is; a CSV file without a "
            "column for the name or the pages gets it, empty in its other rows. DOMAIN must be a host name that the file "
            "does not list yet, and neither a public suffix nor a web archive's. Exit status: 0 added, 2 not added."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Add")
        group.add_argument("--name", help="the company's name (default: the domain)")
        group.add_argument(
            "--page",
            metavar="URL",
            action="append",
            default=[],
            help="an address of its policy; as often as wanted. KIND=URL for another kind of document",
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        domain = self.one_domain(args).strip()
        path = Path(self.given["COMPANIES_FILE"])
        _check_is_own(path, domain)
        entry = _entry(domain, opts.name, opts.page)
        check_eligible(entry.company.domain)
        return "\n".join(_said(path, entry, add_entry(path, entry)))


def _check_is_own(path: Path, domain: str) -> None:
    """Refuse the lists that come with the program: the next release would replace them."""
    if path.resolve() in {DEFAULT_FILE.resolve(), (SAMPLE / "companies.yaml").resolve()}:
        remedy = f"{command_line('add')} {shlex.quote(domain)} -s COMPANIES_FILE=mine.yaml"
        raise UsageError(f"the list that comes with the program stays as it is; add to one of your own: `{remedy}`")


def _entry(domain: str, name: str | None, pages: list[str]) -> Entry:
    """Return the entry to add. Raises UsageError for the first value that can't be used."""
    try:
        normalise_domain(domain)
        company = Company(
            name=default_name(domain) if name is None else name,
            domain=domain,
            pages=tuple(GivenPage.model_validate(page_of(page)) for page in pages),
        )
    except ValidationError as error:
        raise UsageError(str(error.errors()[0]["ctx"]["error"])) from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Entry(company, default_name(domain))


def _said(path: Path, entry: Entry, made: Extended) -> Iterator[str]:
    company = entry.company
    known = len(made.companies)
    yield f"{path}:{made.line}: {company.name} ({company.domain}) added; {known} compan{'y' if known == 1 else 'ies'}"
    if why := doubt(company.domain):
        yield f"note: {why}"
    above = [each for each in made.companies for listed in each.listed_domains if company.domain.endswith(f".{listed}")]
    if above:
        yield f"note: it is a subdomain of {above[0].domain}, whose pages are those of its subdomains too"
    crawl = f"{command_line('crawl')} policies -s COMPANIES_FILE={shlex.quote(str(path))}"
    yield f"next: `{crawl} -a companies={company.domain} -a plan=1` shows what a run costs"
    yield "without plan=1 it runs; give your mail address or web page to the live archive, -s CONTACT=you@example.org"
