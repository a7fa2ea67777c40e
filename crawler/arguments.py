"""The spider's arguments: read once, checked before the reactor starts, the same for `scrapy crawl` and Scrapyd."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archives import SAMPLE, Archive, open_archive
from crawler.companies import Company, check_language, load_companies, select, unlisted_company
from crawler.sampling.strategies import STRATEGIES
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scrapy.settings import BaseSettings

NAMES = ("companies", "domain", "archive", "since", "until", "versions", "shard", "plan")
_JOB = "_job"
"""Scrapyd's name for the run, which it gives to every spider as an argument."""
_TIMESTAMP_PREFIX = re.compile(r"(?:\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14})?", re.ASCII)
_FILE_PRIORITY = 20
"""Priority of settings.py ("project"): a COMPANIES_FILE of higher priority is the user's own."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What one run is asked to do."""

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
    """Return the run's arguments. Raises UsageError with one line: what is wrong, and what to write instead."""
    for name in given:
        if name not in (*NAMES, _JOB):
            near = difflib.get_close_matches(name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(NAMES)}"
            raise UsageError(f"-a {name}=: no such argument; {hint}")
    versions = given.get("versions") or "changes"
    if versions not in STRATEGIES:
        raise UsageError(f"-a versions={versions}: use one of {', '.join(STRATEGIES)}")
    since, until = (_timestamp_prefix(name, given.get(name, "")) for name in ("since", "until"))
    if since and until and until.ljust(14, "9") < since.ljust(14, "0"):
        raise UsageError(f"-a since={since} -a until={until}: until is before since")
    spec = given.get("archive") or "wayback"
    index_dir = Path(settings["OUTPUT_DIR"]).resolve() / "index"
    archive = open_archive(spec, index_dir=index_dir, rows=settings.getint("LISTING_ROWS"))
    companies = _shard(given.get("shard", ""), _companies(given, settings, spec))
    languages = wanted_languages(companies, settings)
    return Arguments(
        companies,
        archive,
        since,
        until,
        versions,
        plan=_flag("plan", given.get("plan", "")),
        languages=languages,
        pages={domain: company.pages_of(domain) for company in companies for domain in company.listed_domains},
    )


def wanted_languages(companies: Iterable[Company], settings: BaseSettings) -> dict[str, Sequence[str]]:
    """Return the languages wanted by listed domain: the company's own, or else those of the setting LANGUAGES."""
    try:
        wanted = [check_language(code.strip()) for code in settings.getlist("LANGUAGES")]
    except ValueError as error:
        raise UsageError(f"LANGUAGES: {error}") from None
    own = {domain: company.languages for company in companies for domain in company.listed_domains}
    return defaultdict(lambda: wanted, {domain: languages for domain, languages in own.items() if languages})


def _companies(given: Mapping[str, str], settings: BaseSettings, archive: str) -> tuple[Company, ...]:
    domain, names = given.get("domain", ""), given.get("companies", "")
    if domain and names:
        raise UsageError("-a domain= and -a companies= exclude each other: domain= is for one that is not on the list")
    if domain:
        return (unlisted_company(domain),)
    own_list = (settings.getpriority("COMPANIES_FILE") or 0) > _FILE_PRIORITY
    file = SAMPLE / "companies.yaml" if archive == "sample" and not own_list else Path(settings["COMPANIES_FILE"])
    listed = load_companies(file)
    return select(listed, [name.strip() for name in names.split(",") if name.strip()]) if names else listed


def _timestamp_prefix(name: str, value: str) -> str:
    digits = value.replace("-", "")
    if not _TIMESTAMP_PREFIX.fullmatch(digits):
        raise UsageError(f"-a {name}={value}: not a CDX timestamp prefix, as 2015, 201506 or 20150630")
    return digits


def _shard(value: str, companies: tuple[Company, ...]) -> tuple[Company, ...]:
    """Return the i-th of n equal parts of the list, so that n machines (each with its own address) can share it."""
    if not value:
        return companies
    match = re.fullmatch(r"(\d+)/(\d+)", value, re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"-a shard={value}: write i/n with 1 <= i <= n, as 1/4")
    return companies[int(match[1]) - 1 :: int(match[2])]


def _flag(name: str, value: str) -> bool:
    if value.lower() not in {"", "0", "1", "no", "yes", "false", "true"}:
        raise UsageError(f"-a {name}={value}: use 1 or 0")
    return value.lower() in {"1", "yes", "true"}
