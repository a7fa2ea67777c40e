"""The result of a rebuild: how many mementos there were, and which could not be converted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.items import MementoKey
    from pipelines.output.stored_memento import StoredMemento


@dataclass(frozen=True, slots=True)
class Unread:
    """A memento that could not be read or converted: its key and the reason, with and without the place of its record.

    `kept` is what was read, None if no record is known. `is_cut`: it is readable and an incomplete page.
    """

    domain: str
    key: MementoKey
    kept: StoredMemento | None
    problem: str
    reason: str
    is_cut: bool = False

    def __str__(self) -> str:
        return f"{self.domain} {self.key.timestamp} {self.key.url}: {self.problem}"


@dataclass(slots=True)
class Rebuilt:
    """Result of a rebuild: the number of a domain's mementos, and those that could not be converted.

    The earlier texts of those in `unread` stay. Those in `cut` are incomplete pages, of which no text is stored. `rejected`
    is the number of texts that were written for inspection.
    """

    mementos: int = 0
    unread: list[Unread] = field(default_factory=list)
    cut: list[Unread] = field(default_factory=list)
    rejected: int = 0

    @property
    def losses(self) -> list[str]:
        """The mementos that could not be converted, one line each."""
        stays = [f"{unread}; its earlier text stays" for unread in self.unread]
        return stays + [f"{cut}; half a text is no version, and it is requested again" for cut in self.cut]
