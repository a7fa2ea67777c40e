"""The tables that can be exported: what their columns are, and where their rows come from."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass
from datetime import datetime  # noqa: TC003 - columns_of reads the annotations
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pipelines.columns import About, Column, Value, columns_of
from pipelines.similarity.fingerprint import strip_link_targets
from pipelines.similarity.words import word_runs
from pipelines.versions import COLUMNS, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row: TypeAlias = tuple[Value, ...]

_DAY: Final = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `key` names the columns that tell rows apart, `links` the columns that hold a version's id."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Iterable[Version]], Iterator[Row]]
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two consecutive versions of a page, with their sizes. Link targets don't count, and neither does the title."""

    old_id: Annotated[str, About("The earlier version")]
    new_id: Annotated[str, About("The later version")]
    company: Annotated[str, About("Name of the company, as listed")]
    domain: Annotated[str, About("The company's listed domain")]
    page: Annotated[str, About("The page: its URL in SURT form")]
    old_first_seen: Annotated[datetime, About("First capture of the earlier version")]
    old_last_seen: Annotated[datetime, About("Last capture of the earlier version")]
    new_first_seen: Annotated[datetime, About("First capture of the later version")]
    gap: Annotated[float, About("Time between those two captures: the text changed somewhere in it", "days")]
    old_words: Annotated[int, About("Length of the earlier body, link targets left out", "words")]
    new_words: Annotated[int, About("Length of the later body, link targets left out", "words")]
    old_characters: Annotated[int, About("Length of the earlier body, link targets left out", "Unicode characters")]
    new_characters: Annotated[int, About("Length of the later body, link targets left out", "Unicode characters")]
    words_added: Annotated[int, About("Words that the later body has more often, each as often as it is more", "words")]
    words_removed: Annotated[int, About("Words that the earlier body has more often, in the same way", "words")]


@dataclass(frozen=True, slots=True)
class _Measured:
    version: Version
    words: Counter[str]
    characters: int


def version_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield each version's columns."""
    for version in found:
        yield tuple(getattr(version, column.name) for column in COLUMNS)


def text_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield each version's columns and its text."""
    for version in found:
        yield (*(getattr(version, column.name) for column in COLUMNS), version.document().body)


def pair_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield consecutive versions of the same page; `found` is in the order of pages and time."""
    for old, new in pairwise(map(_measure, found)):
        if new.version.previous_id == old.version.id:
            yield astuple(_pair(old, new))


def _measure(version: Version) -> _Measured:
    body = strip_link_targets(version.document().body)
    return _Measured(version, Counter(word_runs(body)), len(body))


def _pair(old: _Measured, new: _Measured) -> Pair:
    """Compare as multisets: linear in the texts, where a diff of hostile ones would be quadratic; moves don't count."""
    gap = new.version.first_seen - old.version.last_seen
    return Pair(
        old_id=old.version.id,
        new_id=new.version.id,
        company=new.version.company,
        domain=new.version.domain,
        page=new.version.page,
        old_first_seen=old.version.first_seen,
        old_last_seen=old.version.last_seen,
        new_first_seen=new.version.first_seen,
        gap=round(gap.total_seconds() / _DAY, 3),
        old_words=old.words.total(),
        new_words=new.words.total(),
        old_characters=old.characters,
        new_characters=new.characters,
        words_added=(new.words - old.words).total(),
        words_removed=(old.words - new.words).total(),
    )


_TEXT: Final = Column(
    name="text",
    type="string",
    description="The policy as markdown: the text file without its header line and title",
    unit="",
    required=False,
)

VERSIONS: Final = Table("versions", "Versions of privacy policies", COLUMNS, ("id",), version_rows, ("previous_id",))
VERSIONS_WITH_TEXT: Final = Table(
    "versions", "Versions of privacy policies, with text", (*COLUMNS, _TEXT), ("id",), text_rows, ("previous_id",)
)
PAIRS: Final = Table(
    "pairs", "Consecutive versions and their sizes", columns_of(Pair), ("new_id",), pair_rows, ("old_id", "new_id")
)
