"""Generated holdings of many hosting companies, each with a policy whose text changes over the years.

Rows and pages are computed on demand from their index, so that a million captures of a thousand companies need no memory.
The holdings resemble real ones: home pages; a policy that moved once and left redirects behind; product pages and posts
whose URLs resemble a policy's; archived errors; companies whose pages differ only with the text and companies whose pages
differ in every capture; companies that were taken over.
"""

from __future__ import annotations

import bisect
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from pipelines.items import Capture
from tests.support.double.holdings import ARCHIVE, HTML, Payload, digest
from tests.support.double.hosting_pages import home_page, other_page, policy_page

HOME, OLD_POLICY, POLICY = "", "privacy.php", "legal/privacy"

# Shares of a company's captures, in the order of the index.
SHARES = {
    HOME: 0.22, "about": 0.05, "blog/your-privacy": 0.04, "domain-privacy": 0.05, "hosting/vps": 0.14,
    POLICY: 0.28, OLD_POLICY: 0.17, "terms": 0.05,
}  # fmt: skip
FEWEST = 40
"""Captures of one company, so that each of its pages has one."""
TAKEN_OVER_EVERY = 20
"""One of this many companies was bought by the next one. Its later home pages link to the owner's policy."""
LOST_LINK_EVERY = 25
"""One of this many companies links on its home pages to a policy that was never archived."""
UNCHANGING_EVERY = 3
"""One of this many companies serves pages that differ only if their text does, with equal digests otherwise."""
_MOVED_AT = 0.4  # of a company's life, when the policy moved
_TAKEN_OVER_AT = 0.8
_ERRORS = 0.03  # of all captures
_LAST = datetime(2025, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Company:
    """A company: its start, and the points of its life (0 to 1) at which its policy's text changed.

    Companies with the same `history` differ in their names alone.
    """

    number: int
    history: int
    domain: str
    name: str
    began: datetime
    changes: tuple[float, ...]
    digits: int

    @property
    def is_taken_over(self) -> bool:
        return self.history % TAKEN_OVER_EVERY == 1

    def edition(self, point: float) -> int:
        """Return the number, from 0, of the policy's text at a point of the company's life."""
        return bisect.bisect_right(self.changes, point)


class HostingCompanies:
    """`captures` captures, divided equally among `companies` companies, in index order. Raises ValueError for too few.

    After so many `histories` those of the first companies come again, under other names; without them, all differ.
    """

    def __init__(self, companies: int, captures: int, histories: int = 0) -> None:
        self._companies, self._each = companies, captures // max(1, companies)
        self._histories = histories or companies
        if companies < 1 or self._each < FEWEST:
            raise ValueError(f"{captures} captures of {companies} companies: each has to have {FEWEST} at least")
        self._paths = list(SHARES)
        counts = [int(share * self._each) for share in SHARES.values()]
        counts[0] += self._each - sum(counts)
        self._counts, self._starts = counts, [0, *accumulate(counts)][:-1]
        self._row = lru_cache(maxsize=1 << 16)(self._made_row)  # a search of the index looks at the same rows again

    def __len__(self) -> int:
        return self._companies * self._each

    def __getitem__(self, index: int) -> Capture:
        return self._row(index)

    def _made_row(self, index: int) -> Capture:
        company, page, turn = self._place(index)
        path, point = self._paths[page], self._point(company, page, turn)
        status = _status(company, path, point, turn)
        seconds = int((_LAST - company.began).total_seconds() * point)
        stamp = (company.began + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S")
        return Capture(
            f"{surt_of(company.domain)}/{path}", stamp, f"https://{company.domain}/{path}", "text/html", str(status),
            _digest(company, path, status, point, turn), str(_length(company, path, point, turn)), ARCHIVE,
        )  # fmt: skip

    def load(self, index: int) -> Payload:
        company, page, turn = self._place(index)
        path, point = self._paths[page], self._point(company, page, turn)
        status = _status(company, path, point, turn)
        if status == 301:
            return Payload(status, (*HTML, ("Location", f"https://{company.domain}/{POLICY}")), b"")
        if status != 200:
            return Payload(status, HTML, b"<title>Not found</title><p>There is no such page.")
        nonce = "" if _is_unchanging(company) else f"{turn:08x}"
        if path in {POLICY, OLD_POLICY}:
            return Payload(status, HTML, policy_page(company.name, company.edition(point), nonce))
        if path == HOME:
            return Payload(status, HTML, home_page(company.name, self._policy_links(company, point), nonce))
        return Payload(status, HTML, other_page(company.name, path, nonce))

    def company(self, number: int) -> Company:
        """Return a company by its number, from 0."""
        return _company(number, number % self._histories, len(str(self._companies - 1)))

    def domains(self) -> list[str]:
        return [self.company(number).domain for number in range(self._companies)]

    def texts(self) -> int:
        """Return the number of policy texts that have a capture, counted by listed domain."""
        found = 0
        for number in range(self._companies):
            company = self.company(number)
            found += len(self._captured_editions(company, POLICY, OLD_POLICY))
            if (owner := self._owner(company)) is not company:  # of the owner's, only the page that is linked to
                found += len(self._captured_editions(owner, POLICY))
        return found

    def _captured_editions(self, company: Company, *paths: str) -> set[int]:
        captures = ((path, turn) for path in paths for turn in range(self._counts[self._paths.index(path)]))
        points = ((path, turn, self._point(company, self._paths.index(path), turn)) for path, turn in captures)
        return {company.edition(point) for path, turn, point in points if _status(company, path, point, turn) == 200}

    def living_pages(self) -> int:
        """Return the number of policy pages whose last capture is a page, counted by listed domain: they can still change."""
        companies = [self.company(number) for number in range(self._companies)]
        pages = [each for company in companies for each in {company, self._owner(company)}]
        return sum(self._last_status(company, POLICY) == 200 for company in pages)

    def _last_status(self, company: Company, path: str) -> int:
        page = self._paths.index(path)
        turn = self._counts[page] - 1
        return _status(company, path, self._point(company, page, turn), turn)

    def _place(self, index: int) -> tuple[Company, int, int]:
        number, rest = divmod(index, self._each)
        page = bisect.bisect_right(self._starts, rest) - 1
        return self.company(number), page, rest - self._starts[page]

    def _point(self, company: Company, page: int, turn: int) -> float:
        """Return the point of its company's life, from 0 to 1, at which a capture was made."""
        path = self._paths[page]
        point = (turn + 0.9 * _chance(company.history, path, turn)) / self._counts[page]
        return _MOVED_AT + (1 - _MOVED_AT) * point if path == POLICY else point

    def _owner(self, company: Company) -> Company:
        if not company.is_taken_over:
            return company
        first = company.number - company.history
        return self.company(first + (company.history + 1) % min(self._histories, self._companies - first))

    def _policy_links(self, company: Company, point: float) -> list[str]:
        links = [f"/{OLD_POLICY if point < _MOVED_AT else POLICY}"]
        if company.is_taken_over and point >= _TAKEN_OVER_AT:
            links = [f"https://{self._owner(company).domain}/{POLICY}"]
        if company.history % LOST_LINK_EVERY == 2:
            links.append("/about/data")
        return links


def surt_of(domain: str) -> str:
    """Return the urlkey of a domain without its path."""
    return ",".join(reversed(domain.split("."))) + ")"


@lru_cache(maxsize=4096)
def _company(number: int, history: int, digits: int) -> Company:
    years = 4 + 16 * _chance(history, "years")
    count = 1 + int(8 * _chance(history, "changes"))
    changes = tuple((turn + 0.1 + 0.8 * _chance(history, "change", turn)) / count for turn in range(count))
    written = f"{number:0{digits}}"
    began = _LAST - timedelta(days=365 * years)
    return Company(number, history, f"host{written}.example", f"Host {written}", began, changes, digits)


def _status(company: Company, path: str, point: float, turn: int) -> int:
    if _chance(company.history, path, turn, "error") < _ERRORS:
        return 404
    return 301 if path == OLD_POLICY and point >= _MOVED_AT else 200


def _is_unchanging(company: Company) -> bool:
    return company.history % UNCHANGING_EVERY == 0


def _digest(company: Company, path: str, status: int, point: float, turn: int) -> str:
    """Return a digest that is equal for equal bodies. It is not the body's SHA-1: computing every page would take minutes."""
    if status != 200:
        facts: tuple[object, ...] = (status,)
    elif not _is_unchanging(company):
        facts = (company.history, path, turn)
    elif path in {POLICY, OLD_POLICY}:
        facts = (company.history, "policy", company.edition(point))
    else:
        facts = (company.history, path, path == HOME and (point >= _MOVED_AT) + (point >= _TAKEN_OVER_AT))
    found = digest(repr(facts).encode())
    return found if status != 200 or company.number == company.history else copied_digest(found, company.domain)


def copied_digest(of_first: str, domain: str) -> str:
    """Return the digest of a page of a company with the history of an earlier one, by the digest of that one's page."""
    return digest(f"{domain} {of_first}".encode())


def _length(company: Company, path: str, point: float, turn: int) -> int:
    """Return the size of a record. It depends on the text and on chance."""
    text = 60 * company.edition(point) if path in {POLICY, OLD_POLICY} else 0
    noise = 0 if _is_unchanging(company) else int(6 * _chance(company.history, path, turn, "length"))
    return 7000 + text + noise


def _chance(*facts: object) -> float:
    """Return a pseudo-random number from 0 to 1 that depends only on the facts."""
    return int.from_bytes(hashlib.blake2b(repr(facts).encode(), digest_size=6).digest(), "big") / 2**48
