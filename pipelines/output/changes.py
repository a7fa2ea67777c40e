"""What is new: changes.jsonl, and the feeds; projections of the catalog like versions.jsonl.

A version is new to the run that first gave one of its captures a text; `captures.recorded` keeps that moment through
rebuilds and later finds. So a text that comes back is news, an earlier first capture of a known version is not, and what
a new converter makes of known captures is not either.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipelines.columns import json_line
from pipelines.output.feeds import EVER, write_feeds_of
from pipelines.output.storage import open_storage
from pipelines.takedown import NOTHING
from pipelines.versions import COLUMNS, read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts


def write_changes(
    connection: Connection,
    root: Location,
    *,
    after: str,
    topics: Topics | None = None,
    shared: SharedTexts | None = None,
    address: str = "",
    takedown: Takedown = NOTHING,
) -> Counter[str]:
    """Write the files in `root`; return the number of versions recorded after a moment, by listed domain.

    The moment is as the catalog writes it.

    `shared` is what `shared_texts` returns, if it is known already; `address` the setting PUBLIC_URL;
    `takedown` withholds texts.
    """
    storage, counts = open_storage(root), Counter[str]()
    shared = shared_texts(connection) if shared is None else shared

    def lines() -> Iterator[bytes]:
        found = read_versions(connection, root, after=after or EVER, topics=topics, shared=shared, takedown=takedown)
        for version in found:
            counts[version.domain] += 1
            yield json_line(version, COLUMNS)

    storage.write("changes.jsonl", lines())
    write_feeds_of(connection, root, topics=topics, shared=shared, address=address, takedown=takedown)
    return counts
