"""The spider's arguments, in one table: checked before the reactor starts, the same for `scrapy crawl` and Scrapyd."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from crawler.archives.base import Match, Pace, Query
from crawler.archives.columns_archive import ColumnarArchive
from crawler.archives.columns_files import BadFile, RemoteFile
from crawler.archives.commoncrawl import CommonCrawlArchive
from crawler.archives.commoncrawl_addresses import Sites
from crawler.archives.commoncrawl_crawls import read_choice
from crawler.archives.opening import SAMPLE, open_archives
from crawler.archives.proxies import check_proxy
from crawler.archives.warc import WarcArchive
from crawler.companies import Company, check_language, company_of, in_shard, load_companies, mistyped_warning, select
from crawler.console.program import command_line
from crawler.options.argument_values import (
    check_period,
    read_flag,
    read_kinds,
    read_names,
    read_retry,
    read_shard,
    read_strategy,
    read_timestamp_prefix,
)
from crawler.options.own_settings import (
    check_rate_limit,
    output_of,
    reachable_catalog,
    reachable_pool,
    writable_output,
)
from crawler.options.spelling import nearest
from pipelines.errors import UsageError
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.location import local_folder, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scrapy.settings import BaseSettings

    from crawler.archives.base import Archive
    from pipelines.kinds.base import Kind

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
        value = str(given.get(self.name, self.default)).strip()
        if self.name in given and not value:
            raise UsageError(f"-a {self.name}=: no value; leave it out for {self.default or self.none}")
        try:
            return self.read(value)
        except ValueError as error:
            raise UsageError(f"-a {self.name}={value:.200}: {error}") from None


COMPANIES = Argument(
    "companies",
    "only these companies of the list, by domain, alias or name, with commas between",
    read_names,
    none="the whole list",
)
DOMAIN = Argument("domain", "one domain alone, on the list or not; excludes `companies`", str, none="none")
ARCHIVE = Argument(
    "archive",
    "the archives that are asked, with commas between: `wayback`, `arquivo`, `commoncrawl`, `sample`, `http://host:port` "
    "(Wayback layout: `/cdx/search/cdx`, `/web/`), `pywb+http://host:port/collection`, "
    "`timemap+http://host/timemap/link`, or a path to a WARC, ARC or WACZ file or a folder of them "
    "(docs/archives.md)",
    str,
    default="wayback",
)
SINCE = Argument(
    "since",
    "CDX timestamp prefix of 4, 6, 8, 10, 12 or 14 digits, inclusive: `2015`, `201506`",
    read_timestamp_prefix,
    none="the beginning",
)
UNTIL = Argument(
    "until",
    "the same for the end, inclusive: `until=2018` is to the end of 2018",
    read_timestamp_prefix,
    none="now",
)
VERSIONS = Argument(
    "versions",
    "which captures are read: `changes` (as few as show where the text changes), `all`, `half-yearly`, `monthly`, "
    "`yearly` (the last of each interval)",
    read_strategy,
    default="changes",
)
KINDS_WANTED = Argument(
    "kinds",
    "kinds of documents, with commas between: "
    + ", ".join(f"`{name}` ({kind.header_noun})" for name, kind in KINDS.items()),
    read_kinds,
    default=PRIVACY.name,
)
SHARD = Argument(
    "shard",
    "`i/n`: the i-th of n parts of the list, for several processes or machines; "
    "a company stays in its part when the list grows",
    read_shard,
    none="the whole list",
)
PLAN = Argument(
    "plan",
    "`1`: ask the index what a crawl asks in any case (given pages, home page, known pages), and print what it would cost",
    read_flag,
    default="0",
)
CRAWLS = Argument(
    "crawls",
    "the crawls of Common Crawl that are asked, with commas between: names as `CC-MAIN-2025-30`, years, `latest`, and "
    "ranges of them as `2023..latest`; each costs a call to the index for every question",
    read_choice,
    none="all within the dates",
)
RETRY = Argument(
    "retry",
    "`unreadable`: asks again for the captures that were given up (GIVE_UP_RUNS)",
    read_retry,
    none="none of them",
)

ARGUMENTS: tuple[Argument[Any], ...] = (
    COMPANIES,
    DOMAIN,
    ARCHIVE,
    SINCE,
    UNTIL,
    VERSIONS,
    KINDS_WANTED,
    SHARD,
    PLAN,
    RETRY,
    CRAWLS,
)
"""All arguments, from which the help of `scrapy crawl` and the tables of README.md and docs/settings.md come."""
_JOB = "_job"
"""Scrapyd's name for the run, which it gives to every spider as an argument."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one run, read and checked."""

    companies: tuple[Company, ...]
    archives: tuple[Archive, ...]
    since: str
    until: str
    versions: str
    plan: bool
    retry: bool
    """Whether captures that were given up are asked for again."""
    languages: Mapping[str, Sequence[str]]
    """The languages wanted, by listed domain; none for all."""
    kinds: tuple[Kind, ...] = (PRIVACY,)
    """The kinds of documents that are searched for."""
    warning: str = ""
    """What to say before the run, of a domain that may be mistyped; empty for nothing."""


def read_arguments(given: Mapping[str, str], settings: BaseSettings) -> Arguments:
    """Return the run's arguments. Raises UsageError: one line with the error and the remedy."""
    _check_names(given)
    versions, since, until = VERSIONS.of(given), SINCE.of(given), UNTIL.of(given)
    plan, retry, kinds = PLAN.of(given), RETRY.of(given), KINDS_WANTED.of(given)
    try:
        check_period(since, until)
    except ValueError as error:
        given_ones = " ".join(f"-a {name}={date}" for name, date in (("since", since), ("until", until)) if date)
        raise UsageError(f"{given_ones}: {error}") from None
    output = local_folder(resolved(output_of(settings)))
    index_dir = output / "index"
    archives = open_archives(
        ARCHIVE.of(given),
        index_dir=index_dir,
        rows=settings.getint("LISTING_ROWS"),
        common_crawl=lambda: _common_crawl(given, settings),
    )
    if given.get(CRAWLS.name) and not any(isinstance(each, CommonCrawlArchive) for each in archives):
        raise UsageError(
            f"-a {CRAWLS.name}=: only Common Crawl has crawls; add -a archive=commoncrawl, or leave it out"
        )
    for archive in archives:
        if isinstance(archive, WarcArchive):
            for own in ("warc", "open"):  # the second is that of an object store's spool
                _check_is_another(archive.path, output / own)
        check_proxy(settings, archive.listing_request(Query("http://any.example/", Match.EXACT)).url)
    chosen, warning = _companies(given, settings)
    companies = tuple(in_shard(chosen, *SHARD.of(given)))
    languages = wanted_languages(companies, settings)
    reachable_catalog(settings)
    check_rate_limit(settings)
    reachable_pool(settings)
    writable_output(settings)  # last, as it makes the folder
    return Arguments(companies, archives, since, until, versions, plan, retry, languages, kinds, warning)


def _common_crawl(given: Mapping[str, str], settings: BaseSettings) -> CommonCrawlArchive:
    """Return Common Crawl as the arguments and settings have it. Raises UsageError."""
    sites = Sites(*(str(settings[f"COMMONCRAWL_{name}_URL"]).rstrip("/") for name in ("INDEX", "DATA")))
    calls, records = (settings.getfloat(f"COMMONCRAWL_{name}") for name in ("CALLS_PER_MINUTE", "RECORDS_PER_SECOND"))
    pace = Pace(calls, records, connections=1, is_absolute=True)
    if spec := str(settings["COMMONCRAWL_PARQUET"] or ""):
        index_file = local_folder(resolved(output_of(settings))) / "index" / "commoncrawl-columns.db"
        archive = ColumnarArchive(CRAWLS.of(given), sites, pace, spec=spec, index_file=index_file)
        try:
            archive.files(RemoteFile.unopened).check()
        except BadFile as error:
            raise UsageError(f"COMMONCRAWL_PARQUET: {error}") from None
        return archive
    return CommonCrawlArchive(CRAWLS.of(given), sites, pace)


def _check_is_another(archive: Path, own: Path) -> None:
    """Refuse the WARC files that OUTPUT_DIR keeps as the archive to crawl: each text would count for two archives."""
    if archive.is_relative_to(own):
        remedy = (
            f"`{command_line('convert')} --from-warc` makes its texts again; to crawl them, name another OUTPUT_DIR"
        )
        raise UsageError(f"-a archive={archive!s:.200}: these are the responses that OUTPUT_DIR itself keeps; {remedy}")


def _check_names(given: Mapping[str, str]) -> None:
    """Refuse an argument that is not in the table."""
    known = [argument.name for argument in ARGUMENTS]
    for name in given:
        if name not in (*known, _JOB):
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"-a {name:.80}=: no such argument; {hint}")


def wanted_languages(companies: Iterable[Company], settings: BaseSettings) -> dict[str, Sequence[str]]:
    """Return the languages wanted by listed domain: the company's own, or else those of the setting LANGUAGES."""
    try:
        wanted = [check_language(code.strip()) for code in settings.getlist("LANGUAGES")]
    except ValueError as error:
        raise UsageError(f"LANGUAGES: {error}") from None
    own = {domain: company.languages for company in companies for domain in company.listed_domains}
    return defaultdict(lambda: wanted, {domain: languages for domain, languages in own.items() if languages})


def companies_file(given: Mapping[str, str], settings: BaseSettings) -> Path:
    """Return the list of companies: the sample has its own, unless the user names one."""
    own_list = (settings.getpriority("COMPANIES_FILE") or 0) > _FILE_PRIORITY
    is_sample = ARCHIVE.of(given) == "sample" and not own_list
    return SAMPLE / "companies.yaml" if is_sample else Path(settings["COMPANIES_FILE"])


def _companies(given: Mapping[str, str], settings: BaseSettings) -> tuple[tuple[Company, ...], str]:
    """Return the companies that are wanted, and a warning for a domain that may be mistyped, else an empty one."""
    domain, names = DOMAIN.of(given), COMPANIES.of(given)
    if domain and given.get(COMPANIES.name):
        raise UsageError("-a domain= and -a companies= exclude each other: domain= is for one domain alone")
    listed = load_companies(companies_file(given, settings))
    if domain:
        company = company_of(domain, listed)
        return (company,), mistyped_warning(company.domain, listed)
    return (select(listed, names) if given.get(COMPANIES.name) else listed), ""
