"""The tables of an export, with their columns and the functions that yield their rows."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime  # noqa: TC003 - columns_of reads the annotations
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pipelines.columns import About, Column, Value, columns_of
from pipelines.similarity.markdown_links import strip_link_targets
from pipelines.similarity.plain_text import plain_text
from pipelines.similarity.word_changes import word_change
from pipelines.versions import COLUMNS, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row: TypeAlias = tuple[Value, ...]

_DAY: Final = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `key` names the columns that identify a row, `links` the columns that hold the id of a version."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Iterable[Version]], Iterator[Row]]
    links: tuple[str, ...] = ()

    @property
    def key_descriptions(self) -> dict[str, str]:
        """The integer columns that a database has besides, and what they are."""
        own = {"key": "Number of the row; another export may number the rows otherwise, `id` names a version for good"}
        return own | {key_of(name): f"The key of the version {name} in the table versions" for name in self.links}


def key_of(link: str) -> str:
    """Return the name of the integer column beside a column that holds the id of a version: `previous_key`."""
    return f"{link.removesuffix('_id')}_key"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two consecutive versions of a page with the sizes of their bodies, and the change in words."""

    old_id: Annotated[str, About("The earlier version")]
    new_id: Annotated[str, About("The later version")]
    company: Annotated[str, About("Name of the company, as listed")]
    domain: Annotated[str, About("The company's listed domain")]
    page: Annotated[str, About("The page: its URL in SURT form")]
    old_first_seen: Annotated[datetime, About("First capture of the earlier version")]
    old_last_seen: Annotated[datetime, About("Last capture of the earlier version")]
    new_first_seen: Annotated[datetime, About("First capture of the later version")]
    gap: Annotated[float, About("Time between those two captures: the text changed somewhere in it", "days")]
    old_words: Annotated[int, About("Visible words of the earlier body", "words")]
    new_words: Annotated[int, About("Visible words of the later body", "words")]
    old_characters: Annotated[int, About("Length of the earlier body, link targets left out", "Unicode characters")]
    new_characters: Annotated[int, About("Length of the later body, link targets left out", "Unicode characters")]
    change_class: Annotated[str | None, About("What differs: substantive, dates, punctuation, links, markup or moved")]
    topics_changed: Annotated[str | None, About("Topics of the sentences added and removed, with spaces between")]
    words_added: Annotated[int, About("Words that the later body has more often, each as often as it is more", "words")]
    words_removed: Annotated[int, About("Words that the earlier body has more often, in the same way", "words")]
    words_moved: Annotated[int, About("Words that both bodies have, in another order", "words")]


def version_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield the columns of each version."""
    for version in found:
        yield tuple(getattr(version, column.name) for column in COLUMNS)


def text_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield the columns of each version, and its body in markdown and plain; None for one that is withheld."""
    for version in found:
        texts = (None, None) if version.is_withheld else (body := version.document().body, plain_text(body))
        yield (*(getattr(version, column.name) for column in COLUMNS), *texts)


def pair_rows(found: Iterable[Version]) -> Iterator[Row]:
    """Yield the pairs of consecutive versions of each page; `found` is in the order of pages and time."""
    bodies = ((version, version.body_to_count()) for version in found)
    for (old, old_body), (new, new_body) in pairwise(bodies):
        if new.previous_id == old.id:
            yield astuple(_pair(old, old_body, new, new_body))


def _pair(old: Version, old_body: str, new: Version, new_body: str) -> Pair:
    gap, change = new.first_seen - old.last_seen, word_change(old_body, new_body)
    return Pair(
        old_id=old.id,
        new_id=new.id,
        company=new.company,
        domain=new.domain,
        page=new.page,
        old_first_seen=old.first_seen,
        old_last_seen=old.last_seen,
        new_first_seen=new.first_seen,
        gap=round(gap.total_seconds() / _DAY, 3),
        old_words=change.old,
        new_words=change.new,
        old_characters=len(strip_link_targets(old_body)),
        new_characters=len(strip_link_targets(new_body)),
        change_class=new.change_class,
        topics_changed=new.topics_changed,
        words_added=change.added,
        words_removed=change.removed,
        words_moved=change.moved,
    )


_TEXT: Final = Column(
    name="text",
    type="string",
    description="The policy as markdown: the text file without its header line and title",
    unit="",
    required=False,
)

_TEXT_PLAIN: Final = Column(
    name="text_plain",
    type="string",
    description="The same without markdown, links as their text; cells of tables are parted by tabs",
    unit="",
    required=False,
)

VERSIONS: Final = Table("versions", "Versions of privacy policies", COLUMNS, ("id",), version_rows, ("previous_id",))
VERSIONS_WITH_TEXT: Final = Table(
    "versions",
    "Versions of privacy policies, with text",
    (*COLUMNS, _TEXT, _TEXT_PLAIN),
    ("id",),
    text_rows,
    ("previous_id",),
)
PAIRS: Final = Table(
    "pairs", "Consecutive versions and their sizes", columns_of(Pair), ("new_id",), pair_rows, ("old_id", "new_id")
)
