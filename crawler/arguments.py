"""The spider's arguments, in one table: checked before the reactor starts, the same for `scrapy crawl` and Scrapyd."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from crawler.archives import SAMPLE, Archive, open_archive
from crawler.companies import Company, check_language, load_companies, select, unlisted_company
from crawler.sampling.strategies import STRATEGIES
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scrapy.settings import BaseSettings

_FILE_PRIORITY = 20
"""Priority of settings.py ("project"): a COMPANIES_FILE of higher priority is the user's own."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Argument(Generic[T]):
    """An argument of the spider, `-a NAME=VALUE`, with the text of its documentation (Markdown)."""

    name: str
    meaning: str
    read: Callable[[str], T]
    """Parses a value. Raises ValueError with the remedy."""
    default: str = ""
    """The value that is parsed if none is given."""
    none: str = ""
    """The meaning of an empty default, for the documentation."""

    @property
    def shown_default(self) -> str:
        """The default as the documentation shows it."""
        return f"`{self.default}`" if self.default else self.none

    def of(self, given: Mapping[str, str]) -> T:
        """Return the parsed value of this argument. Raises UsageError."""
        value = given.get(self.name) or self.default
        try:
            return self.read(value)
        except ValueError as error:
            raise UsageError(f"-a {self.name}={value}: {error}") from None


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _timestamp_prefix(value: str) -> str:
    digits = value.replace("-", "")
    if not _TIMESTAMP_PREFIX.fullmatch(digits):
        raise ValueError("not a CDX timestamp prefix, as 2015, 201506 or 20150630")
    return digits


def _strategy(value: str) -> str:
    if value not in STRATEGIES:
        raise ValueError(f"use one of {', '.join(STRATEGIES)}")
    return value


def _shard(value: str) -> tuple[int, int]:
    """Return i and n of `i/n`; an empty value is the whole, 1/1."""
    match = re.fullmatch(r"(\d+)/(\d+)", value or "1/1", re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError("write i/n with 1 <= i <= n, as 1/4")
    return int(match[1]), int(match[2])


def _flag(value: str) -> bool:
    if value.lower() not in {"0", "1", "no", "yes", "false", "true"}:
        raise ValueError("use 1 or 0")
    return value.lower() in {"1", "yes", "true"}


_TIMESTAMP_PREFIX = re.compile(r"(?:\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14})?", re.ASCII)

COMPANIES = Argument(
    "companies",
    "only these companies of the list, by domain, alias or name, with commas between",
    _names,
    none="the whole list",
)
DOMAIN = Argument("domain", "one domain that is not on the list; excludes `companies`", str, none="none")
ARCHIVE = Argument(
    "archive",
    "the archive that is asked: `wayback`, `sample`, `http://host:port` (Wayback layout: `/cdx/search/cdx`, `/web/`), "
    "`pywb+http://host:port/collection`, or a path to a WARC, ARC or WACZ file or a folder of them",
    str,
    default="wayback",
)
SINCE = Argument(
    "since",
    "CDX timestamp prefix of 4, 6, 8, 10, 12 or 14 digits, inclusive: `2015`, `201506`",
    _timestamp_prefix,
    none="the beginning",
)
UNTIL = Argument(
    "until",
    "the same for the end, inclusive: `until=2018` is to the end of 2018",
    _timestamp_prefix,
    none="now",
)
VERSIONS = Argument(
    "versions",
    "which captures are read: `changes` (as few as show where the text changes), `all`, `half-yearly`, `monthly`, "
    "`yearly` (the last of each interval)",
    _strategy,
    default="changes",
)
SHARD = Argument(
    "shard",
    "`i/n`: the i-th of n parts of the list, for machines with addresses and output folders of their own",
    _shard,
    none="the whole list",
)
PLAN = Argument("plan", "`1`: list only, and print what a run would cost", _flag, default="0")

ARGUMENTS: tuple[Argument[Any], ...] = (COMPANIES, DOMAIN, ARCHIVE, SINCE, UNTIL, VERSIONS, SHARD, PLAN)
"""All arguments, from which the help of `scrapy crawl` and the tables of README.md and docs/settings.md come."""
_JOB = "_job"
"""Scrapyd's name for the run, which it gives to every spider as an argument."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one run, read and checked."""

    companies: tuple[Company, ...]
    archive: Archive
    since: str
    until: str
    versions: str
    plan: bool
    languages: Mapping[str, Sequence[str]]
    """The languages wanted, by listed domain; none for all."""
    pages: Mapping[str, Sequence[str]]
    """The policy URLs that the companies file gives, by listed domain."""


def read_arguments(given: Mapping[str, str], settings: BaseSettings) -> Arguments:
    """Return the run's arguments. Raises UsageError: one line with the error and the remedy."""
    _check_names(given)
    versions, since, until, plan = VERSIONS.of(given), SINCE.of(given), UNTIL.of(given), PLAN.of(given)
    if since and until and until.ljust(14, "9") < since.ljust(14, "0"):
        raise UsageError(f"-a since={since} -a until={until}: until is before since")
    index_dir = Path(settings["OUTPUT_DIR"]).resolve() / "index"
    archive = open_archive(ARCHIVE.of(given), index_dir=index_dir, rows=settings.getint("LISTING_ROWS"))
    part, parts = SHARD.of(given)
    companies = _companies(given, settings)[part - 1 :: parts]
    languages = wanted_languages(companies, settings)
    pages = {domain: company.pages_of(domain) for company in companies for domain in company.listed_domains}
    return Arguments(companies, archive, since, until, versions, plan, languages, pages)


def _check_names(given: Mapping[str, str]) -> None:
    """Refuse an argument that is not in the table."""
    known = [argument.name for argument in ARGUMENTS]
    for name in given:
        if name not in (*known, _JOB):
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"-a {name}=: no such argument; {hint}")


def wanted_languages(companies: Iterable[Company], settings: BaseSettings) -> dict[str, Sequence[str]]:
    """Return the languages wanted by listed domain: the company's own, or else those of the setting LANGUAGES."""
    try:
        wanted = [check_language(code.strip()) for code in settings.getlist("LANGUAGES")]
    except ValueError as error:
        raise UsageError(f"LANGUAGES: {error}") from None
    own = {domain: company.languages for company in companies for domain in company.listed_domains}
    return defaultdict(lambda: wanted, {domain: languages for domain, languages in own.items() if languages})


def _companies(given: Mapping[str, str], settings: BaseSettings) -> tuple[Company, ...]:
    domain, names = DOMAIN.of(given), COMPANIES.of(given)
    if domain and given.get(COMPANIES.name):
        raise UsageError("-a domain= and -a companies= exclude each other: domain= is for one that is not on the list")
    if domain:
        return (unlisted_company(domain),)
    own_list = (settings.getpriority("COMPANIES_FILE") or 0) > _FILE_PRIORITY
    is_sample = ARCHIVE.of(given) == "sample" and not own_list
    listed = load_companies(SAMPLE / "companies.yaml" if is_sample else Path(settings["COMPANIES_FILE"]))
    return select(listed, names) if given.get(COMPANIES.name) else listed
