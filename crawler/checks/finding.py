"""Findings of `scrapy check`, and the words for what mends each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crawler.console.program import command_line

BY_CRAWL: Final = "a crawl fetches it again"
BY_CONVERT: Final = f"`{command_line('convert')} --from-warc` notes it, and the crawl after that fetches it again"
RESTORED: Final = "a crawl restores it"
WRITTEN: Final = f"a crawl or `{command_line('convert')} --from-warc` writes it again"
NOT_OURS: Final = "nothing in this folder uses it"
CATALOG: Final = "catalog"
"""Stands in place of a file for a row that is missing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where catalog and files don't agree: a file, with the byte if it is a record's, or rows of the catalog.

    `mend` says what mends it. It is empty for what is only worth knowing, such as a record that nothing uses.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.mend or 'it is left as it is'}"
