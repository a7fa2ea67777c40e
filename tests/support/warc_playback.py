"""What the index of files and playback of them have for each capture."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from crawler.archives.http_body import TooLarge
from crawler.archives.playback import read_playback
from crawler.archives.warc import WarcArchive, answer_playback
from crawler.archives.warc_index import WarcIndex
from pipelines.errors import RecordDamaged
from pipelines.items import Memento

if TYPE_CHECKING:
    from pathlib import Path


def played(folder: Path, index_dir: Path) -> tuple[dict[str, bytes | str], list[str]]:
    """Return the body that playback has for each listed timestamp (its cause if it has none), and the damages."""
    with closing(WarcIndex.open(folder, index_dir / "index.db")) as index:
        rows = index.listing("acme.example", "domain", since="", until="", after="", limit=1000)
        found = {row.timestamp: ask(index, folder, row.timestamp, row.original) for row in rows}
        return found, index.damages


def ask(index: WarcIndex, folder: Path, timestamp: str, url: str) -> bytes | str:
    request = WarcArchive(folder, index_dir=folder).snapshot_request(timestamp, url)
    try:
        response = answer_playback(index, request.url)
    except (RecordDamaged, TooLarge) as error:
        return type(error).__name__
    memento = read_playback(response, WarcArchive(folder, index_dir=folder))
    if not isinstance(memento, Memento):
        return str(getattr(memento, "cause", memento))
    return memento.body if memento.status == 200 else f"HTTP {memento.status}"  # a 304 is no page
