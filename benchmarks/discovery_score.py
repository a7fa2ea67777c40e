"""What a crawl of benchmarks/discovery.py's archive found, against what there is, and where it missed what."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.address_split import registered_domain
from benchmarks.discovery_companies import suggests
from benchmarks.discovery_rows import digits, moment_of
from benchmarks.discovery_texts import MARK
from crawler.sampling.strategies import half_year

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.discovery_companies import Company, Era
    from benchmarks.discovery_zones import Zone

HALF_YEAR: Final = 365.25 * 43_200


@dataclass
class Truth:
    """What the archive holds of a company's policy: of each edition the pages that show it, and the half-years with one.

    `excepted`: editions that no archived page links to, at addresses that suggest nothing: without any word of policies, or
    on a domain that is not the company's.
    """

    pages: dict[int, set[str]] = field(default_factory=dict)
    excepted: set[int] = field(default_factory=set)
    half_years: set[str] = field(default_factory=set)

    @property
    def editions(self) -> set[int]:
        return self.pages.keys() - self.excepted


@dataclass
class Found:
    """What a crawl has of a listed domain: editions, the half-years that they cover, and texts that are not its policy."""

    editions: set[int] = field(default_factory=set)
    half_years: set[str] = field(default_factory=set)
    others: int = 0


def truth_of(zone: Zone) -> Truth:
    """Return what there is to be found of a company."""
    truth = Truth()
    hinted: set[int] = set()
    eras = {era.url: era for era in zone.company.eras}
    for key, page in zone.policies.items():
        is_own = registered_domain(page.url) == zone.company.domain
        can_be_known = (is_own and suggests(page.url)) or _is_linked(zone, eras[page.url])
        for row in map(page.row, range(len(page))):
            edition = zone.editions[key](moment_of(row.timestamp)) if row.statuscode in {"200", "-"} else None
            if edition is None:
                continue
            truth.pages.setdefault(edition, set()).add(key)
            if can_be_known:
                hinted.add(edition)
                truth.half_years.add(half_year(row.timestamp))
    truth.excepted = truth.pages.keys() - hinted
    return truth


def _is_linked(zone: Zone, era: Era) -> bool:
    """Whether an archived home page, frame or hub links to the policy of an era."""
    link = era.link
    if link.style == "none" or not zone.company.has_home:
        return False
    return link.style != "hub" or any(hub.endswith(link.hub) for hub in zone.hubs)


def found_in(folder: Path, companies: Iterable[Company]) -> dict[int, Found]:
    """Return what an output folder has of each company, by its number."""
    by_domain = {company.domain: company.number for company in companies}
    found = {number: Found() for number in by_domain.values()}
    marks: dict[str, tuple[int, int] | None] = {}
    with closing(sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)) as db:
        for domain, path, first, last in db.execute("SELECT domain, path, first_seen, last_seen FROM versions"):
            one = found[by_domain[domain]]
            if path not in marks:
                text = MARK.search(re.sub(r"\s+", " ", (folder / path).read_text("utf-8")))
                marks[path] = (int(text[1]), int(text[2])) if text else None
                one.others += marks[path] is None
            mark = marks[path]
            if mark and mark[0] == by_domain[domain]:
                one.editions.add(mark[1])
                one.half_years.update(_half_years(first, last))
    return found


def _half_years(first: str, last: str) -> Iterable[str]:
    moment, end = (moment_of(re.sub(r"\D", "", each)) for each in (first, last))
    stamps = [re.sub(r"\D", "", last)]
    while moment < end:
        stamps.append(digits(moment))
        moment += HALF_YEAR / 3
    return map(half_year, stamps)


class Catalog:
    """What a catalog says of the captures of pages: why a text was missed."""

    def __init__(self, folder: Path) -> None:
        with closing(sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT domain, urlkey, coalesce(fate, ''), count(*) FROM captures GROUP BY 1, 2, 3"
            ).fetchall()
        self._fates: dict[tuple[str, str], Counter[str]] = {}
        for domain, urlkey, fate, count in rows:
            self._fates.setdefault((domain, urlkey), Counter())[fate] += count

    def why_missed(self, zone: Zone, keys: Iterable[str], *, has_some: bool) -> str:
        """Return the cause for which a text that is shown on these pages was missed."""
        fates = Counter[str]()
        listed = [self._fates[zone.company.domain, key] for key in keys if (zone.company.domain, key) in self._fates]
        for each in listed:
            fates += each
        if not listed:
            return "its page was not found" + (" (another was)" if has_some else "")
        if set(fates) == {""}:
            return "its page was listed and not searched"
        if fates["stored"] + fates["same text"]:
            return "between the captures that were read"
        if fates["not a policy"]:
            return "turned away by the gate"
        return "captures lost: " + ", ".join(sorted(fate for fate in fates if fate))


def circumstances(zone: Zone) -> str:
    """Return in words what made a company's policy hard to find."""
    company = zone.company
    links = "+".join(dict.fromkeys(era.link.style for era in company.eras)) if company.has_home else "no home page"
    refused = f", refused {'+'.join(sorted(company.refused))}" if company.refused else ""
    return f"{links}, {company.rows:,} rows{refused}: {' '.join(era.url for era in company.eras)}"
