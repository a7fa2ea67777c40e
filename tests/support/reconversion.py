"""Listing, fetching, converting, losing and converting again the captures of a domain, in this process and without a crawl.

A converter is a table from bodies to documents.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scrapy.settings import Settings

from crawler.reconversion.rebuild import Reconverter
from crawler.reconversion.repair import Repaired, restore_texts
from crawler.reconversion.second_verdict import reconsider
from crawler.sampling.search import Search
from crawler.sampling.strategies import every_capture
from pipelines.convert import CONVERTER_VERSION
from pipelines.convert.pool import ConversionPool
from pipelines.document import Document, render_date, snapshot_url
from pipelines.errors import RecordUnreadable
from pipelines.gate.prior import NOTHING
from pipelines.gate.verdict import examine, judgement
from pipelines.item_pipelines import Converted
from pipelines.items import Answer, Capture, Fate, Memento, Snapshot
from pipelines.output.folder import OutputFolder
from pipelines.output.location import local_folder
from pipelines.output.store import OutputStore
from tests.support.folders import versions_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from crawler.reconversion.rebuilt import Rebuilt
    from pipelines.item_pipelines import Item

DOMAIN = "example.com"
ARCHIVE = "archive"
SETTINGS = Settings(
    {"CONVERSION_WORKERS": 1, "CONVERSION_SECONDS": 1, "CONVERSION_MEMORY": 1 << 30, "REJECTED_TEXTS": False}
)
HALF = "half a page"
SCORES = {"!": 0.05, "?": 0.42}
"""The scores of texts by their first character: one that the gate rejects, and a doubtful one. All others have 0.9."""


@dataclass(frozen=True)
class Visit:
    """A capture of page `page` in second `second`, and the memento with a body that playback returns for it.

    Captures of a page with the same `digest` have the same payload.
    """

    page: str
    second: int
    body: str
    digest: str
    target: str = ""

    @property
    def timestamp(self) -> str:
        return f"201501010000{self.second:02}"

    @property
    def capture(self) -> Capture:
        return Capture(
            f"com,example)/{self.page}", self.timestamp, f"http://example.com/{self.page}", "text/html", "200",
            self.digest, "9", ARCHIVE,
        )  # fmt: skip

    @property
    def memento(self) -> Memento:
        url = f"http://example.com/{self.target or self.page}"
        return Memento(self.timestamp, url, f"http://archive/{url}", 200, (), self.body.encode(), ARCHIVE)


@dataclass
class MadeUp:
    """A converter: its version and the document of each body. A body without an entry exceeds the time limit.

    Every second has its own link target and word count. The rest of the text is the same.
    """

    version: str
    texts: Mapping[str, str]

    async def converted(self, item: Item) -> Item:
        assert isinstance(item, Snapshot)
        text = self.texts.get(item.memento.body.decode())
        if text is None:
            return item.answer(Fate.FAILED, "conversion timed out")
        if text == HALF:
            return Answer(item.domain, item.capture, Fate.CUT_SHORT, "cut when it was captured")
        memento = item.memento
        document = Document(
            domain=item.domain,
            date=render_date(memento.timestamp),
            snapshot_url=snapshot_url(memento.url, memento.timestamp),
            title="Privacy",
            body=f"{text} [here](http://example.com/{memento.timestamp}{'/a' * int(memento.timestamp[-1])})\n",
            converter_version=self.version,
        )
        facts = {"policy_score": SCORES.get(text[0], 0.9), "language": text[-2:]}
        document.__dict__.update(facts)
        return Converted(item, document)

    async def close_spider(self) -> None:
        pass


def open_library(root: Path) -> OutputStore:
    library = OutputStore(root, "", software="test").open()
    library.catalog.set_company("Example", [DOMAIN])
    return library


def close(library: OutputStore) -> None:
    library.close()


def crawl(
    library: OutputStore,
    visits: Sequence[Visit],
    converter: MadeUp,
    lost: Collection[str] = (),
    *,
    backwards: bool = False,
) -> list[Answer]:
    """List and search every page as a crawl does; return the answers. Playback has no memento for the bodies in `lost`.

    Captures are fetched in time order, or `backwards`.
    """
    library.catalog.add_captures(DOMAIN, [visit.capture for visit in visits])
    of = {visit.capture: visit for visit in visits}
    answers: list[Answer] = []
    for urlkey, _ in sorted(library.catalog.pages(DOMAIN)):
        search = Search(DOMAIN, urlkey, library.catalog.page(DOMAIN, urlkey), every_capture)
        while wanted := search.wanted():
            for capture in reversed(wanted) if backwards else wanted:
                answer = _answer(library, of[capture], converter, lost)
                answers.append(answer)
                search.record_answer(answer)
        library.record_by_digest(search.answers_by_digest())
    asyncio.run(reconsider(reconverter_of(library, converter), DOMAIN, ()))
    library.catalog.settle_variants(DOMAIN)
    if library.finish_domain(DOMAIN):
        restore(library, converter)
    return answers


def _answer(library: OutputStore, visit: Visit, converter: MadeUp, lost: Collection[str]) -> Answer:
    """Process one capture as middlewares, spider and item pipelines do."""
    memento, known = visit.memento, library.stored_memento(visit.memento.key)
    try:
        memento = known.read() if known else memento
    except RecordUnreadable as error:
        assert known
        library.mark_unreadable(known, error)
        known = None
    if known is None and visit.body in lost:
        return library.answer(Answer(DOMAIN, visit.capture, Fate.MISSING, "not there"))
    library.store_memento(memento)
    item = asyncio.run(converter.converted(Snapshot(DOMAIN, visit.capture, memento)))
    if not isinstance(item, Converted):
        assert isinstance(item, Answer)
        return library.answer(item)
    if cause := examine(item.document).why_not(NOTHING, ()):
        judged = judgement(item.document, NOTHING)
        return library.answer(item.snapshot.answer(Fate.NOT_A_POLICY, cause, judgement=judged))
    return library.record(item.snapshot, item.document)


def run(library: OutputStore, visits: Sequence[Visit], converter: MadeUp, lost: Collection[str] = ()) -> list[Answer]:
    """Crawl a domain, with rebuild and repair."""
    if library.catalog.has_other_converters(DOMAIN, CONVERTER_VERSION):
        rebuild(library, converter)
    restore(library, converter)
    answers = crawl(library, visits, converter, lost)
    restore(library, converter)
    return answers


def rebuild(library: OutputStore, converter: MadeUp, languages: Collection[str] = ()) -> Rebuilt:
    return asyncio.run(reconverter_of(library, converter).rebuild(DOMAIN, languages))


def restore(library: OutputStore, converter: MadeUp) -> Repaired:
    return asyncio.run(restore_texts(reconverter_of(library, converter), DOMAIN, ()))


def reconverter_of(library: OutputStore, converter: MadeUp) -> Reconverter:
    reconverter = Reconverter(OutputFolder(library), SETTINGS, ConversionPool(workers=1))
    reconverter._convert = converter  # type: ignore[assignment]
    return reconverter


def current(texts: Mapping[str, str]) -> MadeUp:
    return MadeUp(CONVERTER_VERSION, texts)


def texts(library: OutputStore) -> dict[str, str]:
    """Return the files under text/ by name."""
    folder = local_folder(library.root) / "text" / DOMAIN
    return {path.name: path.read_text() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def state(library: OutputStore) -> dict[str, Any]:
    """Return the content of a folder that users see, and the state from which a crawl continues."""
    columns = "urlkey, timestamp, digest, fate, cause, text_sha256, memento_timestamp, memento_url"
    with library.catalog.connection() as db:
        captures = [tuple(row) for row in db.exec_driver_sql(f"SELECT {columns} FROM captures ORDER BY 1, 2, 3")]  # noqa: S608
    documents = sorted(library.catalog.documents_of(DOMAIN), key=lambda row: str(row["path"]))
    return {
        "texts": texts(library),
        "captures": captures,
        "documents": documents,
        "versions": [replace(version, recorded=None) for version in versions_in(library)],
    }
