"""`scrapy companies`: list and check the companies file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.companies import load_companies, normalise_domain, unlisted_company
from crawler.console.recorded_domain import domains_named
from crawler.console.text_table import text_table
from crawler.discovery.explain import Candidate, candidates, explained_coverage
from pipelines.catalog.queries import Queries
from pipelines.catalog.read_only import reading
from pipelines.output.storage import open_storage
from pipelines.quantity import quantity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from crawler.companies import Company
    from pipelines.coverage import Coverage
    from pipelines.output.storage import Storage


class Command(AnsweringCommand):
    """Prints the list. BAD_USAGE if the file is wrong."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "List and check the companies file (-s COMPANIES_FILE=mine.yaml checks another)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--explain",
            metavar="DOMAIN",
            help="show the pages that can be the policy of a listed domain or company: their scores, and which were chosen",
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        self.check_no_arguments(args)
        if opts.explain:
            domains = domains_named(self, opts.explain)
            return "\n\n".join(map(self._explanation, domains)) or f"{opts.explain}: not crawled into {self.output} yet"
        companies = load_companies(self.given["COMPANIES_FILE"])
        return "\n".join(_lines(companies, open_storage(self.output)))

    def _explanation(self, domain: str) -> str:
        owner = self._owner(domain)
        period = owner.since, owner.until
        with reading(self.output, self.catalog_url) as db:
            found = list(candidates(Queries(db), domain, owner.pages_of(domain), period))
            coverage = explained_coverage(db, domain, period)
        said = [f"{domain}: {coverage.verdict}{_policies(coverage)}", *_gaps(coverage)]
        if not found:
            return "\n".join(
                [*said, "no listed page can be the policy; see run.json for listings that were refused or lost"]
            )
        return "\n".join([text_table([_HEAD, *map(_explained, found)]), "", *said, *_redirected(found)])

    def _owner(self, domain: str) -> Company:
        """Return the company whose domain it is by the companies file, or one without pages and dates."""
        companies = load_companies(self.given["COMPANIES_FILE"])
        return next((each for each in companies if domain in each.listed_domains), unlisted_company(domain))


_HEAD = ("CHOSEN", "SCORE", "URL SAYS", "HOME PAGES", "CAPTURES", "FROM", "TO", "A POLICY", "PAGE")


def _explained(candidate: Candidate) -> tuple[str, ...]:
    chosen = "given" if candidate.given else "yes" if candidate.chosen else "no"
    policy = f"{_day(candidate.policy_from)} to {_day(candidate.policy_to)}" if candidate.policy_from else "never seen"
    return (
        chosen,
        f"{candidate.score:.2f}",
        f"{candidate.from_url:.2f}",
        str(candidate.linked),
        str(candidate.captures),
        _day(candidate.first),
        _day(candidate.last),
        policy,
        candidate.url,
    )


def _policies(coverage: Coverage) -> str:
    return f", from {coverage.first_policy} to {coverage.last_policy}" if coverage.first_policy else ""


def _gaps(coverage: Coverage) -> Iterator[str]:
    return (f"  {when.partition(' ')[2]}: {why}" for when, why in coverage.gaps())


def _redirected(found: Iterable[Candidate]) -> Iterator[str]:
    """Yield where the dates of a page in the table and those of its versions differ."""
    for page in found:
        for captured, read in page.redirected:
            if _day(captured) != _day(read):
                yield f"  {page.url}: captured {_day(captured)}, redirected to the capture of {_day(read)}"


def _day(timestamp: str) -> str:
    if not timestamp:
        return "none"
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def _lines(companies: Sequence[Company], storage: Storage) -> Iterator[str]:
    rows = [(company.name, company.domain, ", ".join(company.aliases)) for company in companies]
    yield text_table([("NAME", "DOMAIN", "ALIASES"), *rows])
    listed = {domain for company in companies for domain in company.listed_domains}
    yield f"{quantity(len(companies), 'company')}, {quantity(len(listed), 'listed domain')}"
    kept = sorted(domain for domain in _domains_with_files(storage) if domain not in listed)
    if kept:
        yield f"not on this list, files kept: {', '.join(kept)}"


def _domains_with_files(storage: Storage) -> Iterable[str]:
    """Yield the names of the folders of `text/` that are domains and hold documents."""
    for entry in storage.entries("text/"):
        name = entry.removeprefix("text/").removesuffix("/")
        if name and _is_domain(name) and any(file.endswith(".txt") for file in storage.list(entry)):
            yield name


def _is_domain(name: str) -> bool:
    try:
        return normalise_domain(name) == name
    except ValueError:
        return False
