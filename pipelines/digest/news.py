"""The changes since a moment, read from an output folder: what is shown of them, and how many are not."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.catalog.read_only import ends_of_rounds, reading
from pipelines.catalog.version_rows import domains_with_text
from pipelines.digest.domain_versions import numbered
from pipelines.digest.excerpts import Excerpts, excerpts
from pipelines.errors import OutputError
from pipelines.output.storage import open_storage
from pipelines.report.page_names import page_of, public_address, slugs
from pipelines.report.recorded import domains_by_company
from pipelines.similarity.change_class import ChangeClass
from pipelines.similarity.compared_text import ComparedText
from pipelines.similarity.sentences import sentence_change
from pipelines.takedown import NOTHING
from pipelines.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import sqlalchemy as sa

    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

FIRST: Final = "first"
"""Stands for the class of a page's first version, which is no change."""
CLASSES: Final = (FIRST, *(each.value for each in ChangeClass))
"""What can be shown."""
DEFAULT: Final = frozenset({FIRST, ChangeClass.SUBSTANTIVE.value})


@dataclass(frozen=True, slots=True)
class News:
    """A new version and what differs from the one before. `report` is the address of its page, empty if it has none."""

    version: Version
    before: Version | None
    difference: Excerpts
    report: str
    is_in_report: bool

    @property
    def kind(self) -> str:
        """One of CLASSES."""
        return kind_of(self.version)

    @property
    def is_withheld(self) -> bool:
        """Whether the takedown list withholds its text, or the one before."""
        return self.version.is_withheld or bool(self.before and self.before.is_withheld)


@dataclass(frozen=True, slots=True)
class Digest:
    """What is new since a moment (ISO 8601; empty for ever), by company, and the number that is not shown, by class."""

    since: str
    companies: tuple[tuple[str, tuple[News, ...]], ...]
    hidden: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0
    """Changes that would be shown, and are too many."""
    company_count: int = 0
    """Companies that have changes, those of the changes left out among them."""
    report: str = ""
    """The folder of the report."""

    @property
    def count(self) -> int:
        return sum(len(news) for _, news in self.companies) + self.left_out

    def shown_of(self, kind: str) -> int:
        """Return the number of changes of a class that are shown."""
        return sum(each.kind == kind for _, news in self.companies for each in news)

    @property
    def withheld(self) -> int:
        """The number of changes whose texts the takedown list withholds."""
        return sum(each.is_withheld for _, news in self.companies for each in news)

    @property
    def without_report(self) -> int:
        """The number of changes that the report does not show yet."""
        return sum(not each.is_in_report for _, news in self.companies for each in news)

    @property
    def without_address(self) -> int:
        """The number of changes that the report shows, at an address that is not known."""
        return sum(each.is_in_report and not each.report for _, news in self.companies for each in news)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the classes that are shown, and a topic that they touch; empty for any."""

    classes: frozenset[str] = DEFAULT
    topic: str = ""

    def has(self, version: Version) -> bool:
        named = version.topics if version.previous_id is None else version.topics_changed
        return not self.topic or self.topic in (named or "").split()


def kind_of(version: Version) -> str:
    """Return the class of a version's change; that of a first version if a text file is gone, so that it is shown."""
    return version.change_class or FIRST


def runs_ago(connection: sa.Connection, count: int) -> str:
    """Return the moment after which the last `count` runs recorded what they found; empty if there were no others.

    Runs at the same time, as those of shards, count as one.
    """
    return next(iter(ends_of_rounds(connection)[count:]), "")


def read_digest(
    root: Location,
    *,
    since: str | int = 1,
    wanted: Wanted | None = None,
    catalog_url: str = "",
    topics: Topics | None = None,
    most: int | None = None,
    address: str = "",
    takedown: Takedown = NOTHING,
) -> Digest:
    """Return what is new since a moment as the catalog writes it, or in the last so many runs. Raises OutputError.

    Of more than `most` changes the latest are shown. `address` is the setting PUBLIC_URL; `takedown` withholds texts.
    """
    wanted = wanted or Wanted()
    with reading(root, catalog_url) as connection:
        moment = runs_ago(connection, since) if isinstance(since, int) else since
        domains = domains_by_company(connection)
        recorded = set(domains_with_text(connection, after=moment))  # all, without a moment
        named = [domain for of in domains.values() if recorded.intersection(of) for domain in of]
        read = partial(read_versions, connection, root, topics=topics, takedown=takedown)
        found = list(read(of=named)) if named else []
        pages = _Pages(root, slugs(domains), found, address)
    new = [version for version in found if (version.recorded or not moment) and is_after(version, moment)]
    new = [version for version in new if wanted.has(version)]
    all_shown = [version for version in new if kind_of(version) in wanted.classes]
    shown = sorted(_latest(all_shown, most), key=_order)
    by_id = {version.id: version for version in found}
    news = (News(each, *_difference(by_id.get(each.previous_id or ""), each), *pages.of(each)) for each in shown)
    companies = tuple((name, tuple(of)) for name, of in groupby(news, key=lambda each: each.version.company))
    hidden = Counter(kind for kind in map(kind_of, new) if kind not in wanted.classes)
    changed = {version.company for version in all_shown}
    return Digest(moment, companies, hidden, len(all_shown) - len(shown), len(changed), str(root / "report"))


def _latest(versions: list[Version], most: int | None) -> list[Version]:
    if most is None or len(versions) <= most:
        return versions
    return sorted(versions, key=lambda version: version.first_seen)[len(versions) - most :]


def first_of(digest: Digest, count: int) -> Digest:
    """Return a digest that shows only its first changes, and counts the others."""
    every = [(name, news) for name, of in digest.companies for news in of]
    shown = groupby(every[:count], key=lambda pair: pair[0])
    companies = tuple((name, tuple(news for _, news in of)) for name, of in shown)
    return replace(digest, companies=companies, left_out=digest.left_out + len(every[count:]))


def is_after(version: Version, moment: str) -> bool:
    """Whether a version was recorded after a moment as the catalog writes it; every one is after an empty one."""
    return not moment or (version.recorded is not None and version.recorded.isoformat(timespec="microseconds") > moment)


def _order(version: Version) -> tuple[str, str, str, str]:
    first_seen = version.first_seen.isoformat()
    return version.company.casefold(), version.company, first_seen, version.page


def _difference(before: Version | None, version: Version) -> tuple[Version | None, Excerpts]:
    """Return the version before and the sentences that differ; none where a text file is gone."""
    if before is None:
        return None, Excerpts((), 0)
    try:
        texts = [ComparedText.of(each.document()) for each in (before, version)]
    except OutputError:
        return before, Excerpts((), 0)
    return before, excerpts(sentence_change(texts[0].sentences, texts[1].sentences))


class _Pages:
    """The pages of the report that show versions, by the numbers that they have there."""

    def __init__(self, root: Location, names: Mapping[str, str], found: Iterable[Version], address: str) -> None:
        self._storage = open_storage(root)
        self._has_paths = isinstance(root, Path)
        self._names = names
        self._address = address
        self._numbers = dict(_numbered(found))
        self._content: dict[str, str] = {}

    def of(self, version: Version) -> tuple[str, bool]:
        """Return where the report shows a version, and whether it does.

        No browser opens an object of a store by its name: without PUBLIC_URL it has no address.
        """
        name, number = self._names.get(version.company, ""), self._numbers[version.id]
        page = f"report/companies/{page_of(name, version.searched_as)}"
        if page not in self._content:
            is_there = bool(name) and self._storage.size(page) is not None
            self._content[page] = self._storage.read(page).decode(errors="replace") if is_there else ""
        mark = f'href="#v{number}" data-number="{number}"'
        is_shown = mark in self._content[page] and version.timestamp in self._content[page]
        path = self._storage.location(page) if self._has_paths else ""
        where = public_address(self._address, page, path)
        return f"{where}#v{number}" if is_shown and where else "", is_shown


def _numbered(found: Iterable[Version]) -> Iterator[tuple[str, int]]:
    """Yield each version's number among those of its company and kind, as the report counts them."""
    companies: defaultdict[tuple[str, str], list[Version]] = defaultdict(list)
    for version in found:
        companies[version.company, version.searched_as].append(version)
    for of in companies.values():
        yield from ((each.version.id, each.number) for each in numbered(of))
