"""What a response becomes while the frames of a page are tried."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.http import Request, Response

from crawler.archives.base import Match
from crawler.archives.playback import MAX_HOPS, Absence, Pointer
from crawler.archives.wayback import WAYBACK, WaybackArchive
from crawler.discovery.embedded import Inside
from crawler.snapshots import NOT_LISTED, Frames, SnapshotJob, SnapshotReader
from pipelines.document import Document
from pipelines.gate.prior import Evidence
from pipelines.item_pipelines import Convert
from pipelines.items import Answer, Capture, Fate, Memento

STAMP, URL = "20150911043127", "http://acme.example/privacy"
CAPTURE = Capture("example,acme)/privacy", STAMP, URL, "text/html", "200", "A", "1", "wayback")
PAGE = (STAMP, URL)
FIRST, SECOND = (STAMP, "http://acme.example/one"), (STAMP, "http://acme.example/two")
OTHERWISE = Answer("acme.example", CAPTURE, Fate.NOT_A_POLICY, "policy score 0.10")


class Crawl:
    """A domain's crawl, as far as the reader of snapshots knows it."""

    domain = "acme.example"
    is_searching = True

    def captures_beside(self, _: Capture) -> list[Capture]:
        return [CAPTURE]

    def evidence_of(self, urlkey: str) -> Evidence:
        return Evidence(linked=urlkey == CAPTURE.urlkey)


def outcome(
    found: Absence | Pointer, *hops: tuple[str, str], left: tuple[tuple[str, str], ...], frameset: bool = False
) -> Any:
    """Return what becomes of the answer to the last of `hops`, a frame of the page."""
    counts = SimpleNamespace(count_request=lambda *_: None, of=lambda _: SimpleNamespace(fetched=0, home_pages=0))
    reader = SnapshotReader(SimpleNamespace(stats=counts, archive_named=lambda _: WAYBACK))  # type: ignore[arg-type]
    job = SnapshotJob("acme.example", CAPTURE, hops, Frames(left, OTHERWISE, frameset))
    response = Response("http://archive.example/", request=Request("http://archive.example/", meta={"answer": found}))
    return asyncio.run(reader.read(Crawl(), job, response))  # type: ignore[arg-type]


@pytest.mark.parametrize("fate", [Fate.FAILED, Fate.CUT_SHORT, Fate.THROTTLED])
def test_read_frame_that_may_still_be_had_leaves_its_page_open(fate: Fate) -> None:
    found = outcome(Absence(fate, "timed out"), PAGE, FIRST, left=(SECOND,))
    assert found == Answer("acme.example", CAPTURE, fate, "frame: timed out")


@pytest.mark.parametrize("fate", [Fate.MISSING, Fate.EXCLUDED, Fate.ARCHIVED_ERROR])
def test_read_frame_that_is_gone_gives_way_to_the_next(fate: Fate) -> None:
    found = outcome(Absence(fate, "gone"), PAGE, FIRST, left=(SECOND,))
    assert found.meta["job"].hops == (PAGE, FIRST, SECOND)
    assert outcome(Absence(fate, "gone"), PAGE, FIRST, SECOND, left=()) == OTHERWISE


def test_read_frame_that_a_frameset_lacks_makes_it_missing() -> None:
    found = outcome(Absence(Fate.MISSING, "gone"), PAGE, FIRST, left=(), frameset=True)
    assert found == Answer("acme.example", CAPTURE, Fate.MISSING, "frame: gone")
    later = outcome(Absence(Fate.MISSING, "gone"), PAGE, FIRST, left=(SECOND,), frameset=True).meta["job"]
    assert later.frames.otherwise == found
    assert outcome(Absence(Fate.ARCHIVED_ERROR, "HTTP 404"), PAGE, FIRST, left=(), frameset=True) == OTHERWISE


def test_read_frame_that_was_tried_is_not_tried_again_nor_one_too_many() -> None:
    gone = Absence(Fate.MISSING, "gone")
    assert outcome(gone, PAGE, FIRST, left=(FIRST, PAGE)) == OTHERWISE
    hops = tuple((STAMP, f"http://acme.example/{number}") for number in range(MAX_HOPS + 1))
    assert outcome(gone, *hops, left=(SECOND,)) == OTHERWISE


def test_read_frame_that_redirects_keeps_the_other_frames() -> None:
    found = outcome(Pointer("20150911043130", FIRST[1]), PAGE, FIRST, left=(SECOND,))
    assert found.meta["job"].hops[-1] == ("20150911043130", FIRST[1])
    assert found.meta["job"].frames == Frames((SECOND,), OTHERWISE)


class Pool:
    """A pool that converts every page to one text, and counts."""

    def __init__(self, score: float) -> None:
        self.converted = 0
        self._score = score

    async def run(self, *_: object, **__: object) -> Inside:
        return Inside(frames=(FIRST[1],))

    async def convert(self, *_: object, **__: object) -> Document:
        self.converted += 1
        document = Document("acme.example", "2015-09-11", URL, "Notice", "We keep it.\n")
        document.__dict__["is_policy"] = self._score >= 0.5
        document.__dict__["policy_score"] = self._score
        return document


@pytest.mark.parametrize(("score", "is_kept"), [(0.9, True), (0.3, False)])
def test_read_page_with_frames_is_converted_once(score: float, *, is_kept: bool) -> None:
    pool = Pool(score)
    counts = SimpleNamespace(count_request=lambda *_: None, of=lambda _: SimpleNamespace(fetched=0, home_pages=0))
    run = SimpleNamespace(stats=counts, pool=pool, archive_named=lambda _: WAYBACK)
    reader = SnapshotReader(run)  # type: ignore[arg-type]
    page = Memento(STAMP, URL, f"http://archive.example/web/{STAMP}id_/{URL}", 200, (), b"<frameset>", "wayback")
    request = Request("http://archive.example/", meta={"answer": page})
    crawl: Any = Crawl()
    job = SnapshotJob("acme.example", CAPTURE, (PAGE,))
    found: Any = asyncio.run(reader.read(crawl, job, Response("http://archive.example/", request=request)))
    kept = found if is_kept else found.meta["job"].frames.otherwise
    assert kept.document.policy_score == score
    assert kept.evidence == Evidence(linked=True)
    assert asyncio.run(Convert(pool).process_item(kept)).document is kept.document  # type: ignore[arg-type, union-attr]
    assert pool.converted == 1


class RowsAlone(WaybackArchive):
    """An archive that can only be asked for captures by their index rows."""

    can_list = frozenset({Match.EXACT})

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request | None:
        return super().snapshot_request(timestamp, url).replace(headers={"Range": locator}) if locator else None


def row(seconds: str, scheme: str = "https", status: str = "200") -> Capture:
    return Capture("example,acme)/privacy", f"201509110431{seconds}", f"{scheme}://acme.example/privacy", "text/html", status, "B",
                   "1", "wayback", f"bytes={seconds}")  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        ([row("27", "http", "301"), row("29"), row("59")], ("20150911043129", "bytes=29")),
        ([row("27", "http", "301"), row("29", status="404"), row("59")], ("20150911043159", "bytes=59")),
        ([row("27", "http", "301")], None),
        ([replace(row("29"), timestamp="20170911043129")], None),
        ([], None),
    ],
    ids=["nearest", "no error", "itself", "two years later", "none"],
)
def test_a_redirect_in_an_archive_without_playback_leads_to_the_nearest_row(
    rows: list[Capture], asked: tuple[str, str] | None
) -> None:
    async def page(*_: object) -> list[tuple[Capture, None]]:
        return [(each, None) for each in rows]

    counts = SimpleNamespace(count_request=lambda *_: None, of=lambda _: SimpleNamespace(fetched=0, home_pages=0))
    archive = RowsAlone("https://archive.example", name="wayback")
    run = SimpleNamespace(stats=counts, archive_named=lambda _: archive, folder=SimpleNamespace(page=page))
    found = Pointer(STAMP, "https://acme.example/privacy")
    response = Response("http://archive.example/", request=Request("http://archive.example/", meta={"answer": found}))
    job = SnapshotJob("acme.example", CAPTURE, (PAGE,))
    outcome: Any = asyncio.run(SnapshotReader(run).read(Crawl(), job, response))  # type: ignore[arg-type]
    if asked is None:
        assert outcome == Answer("acme.example", CAPTURE, Fate.MISSING, NOT_LISTED)
        return
    assert (outcome.meta["target"][0], outcome.headers["Range"].decode()) == asked
    assert outcome.meta["job"].hops[-1] == (asked[0], "https://acme.example/privacy")
