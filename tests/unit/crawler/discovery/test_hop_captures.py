"""Pages one hop from home pages in several archives: each is read in the first that has it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from crawler.archives.base import Match
from crawler.discovery.hop_captures import HopCaptures
from crawler.discovery.knowledge import Known
from pipelines.catalog.discovery_queries import HomeLink
from pipelines.items import Answer, Capture, Fate

STAMP, HUB = "20150911043127", "http://acme.example/legal"
HOP = HomeLink(STAMP, HUB, "hop", 0)
ALL = frozenset(Match)


def hops_of(**can_list: frozenset[Match]) -> tuple[HopCaptures, list[str]]:
    ended: list[str] = []

    async def end_hop(_: str, __: str, url: str, ___: str) -> None:
        ended.append(url)

    archives = [SimpleNamespace(name=name, can_list=each, is_local=name == "files") for name, each in can_list.items()]
    run = SimpleNamespace(archives=archives, folder=SimpleNamespace(end_hop=end_hop))
    return HopCaptures("acme.example", run), ended  # type: ignore[arg-type]


def next_of(hops: HopCaptures) -> list[Capture]:
    return hops.next([Known("acme.example", "example,acme)/", home_links=(HOP,))])


def answered(hops: HopCaptures, capture: Capture, fate: Fate) -> None:
    asyncio.run(hops.answered(Answer("acme.example", capture, fate)))


@pytest.mark.parametrize("absence", [Fate.MISSING, Fate.EXCLUDED])
def test_a_hop_that_an_archive_lacks_is_made_in_the_next(absence: Fate) -> None:
    hops, ended = hops_of(wayback=ALL, rows=ALL - {Match.NEAREST}, files=ALL)
    (first,) = next_of(hops)
    assert (first.archive, hops.has(first), hops.kinds_of(first)) == ("files", True, ["privacy"])
    answered(hops, first, absence)
    assert ended == []
    (second,) = next_of(hops)
    assert (second.archive, second.timestamp, second.original) == ("wayback", STAMP, HUB)
    answered(hops, second, absence)
    assert ended == [HUB]
    assert next_of(hops) == [first]  # for another kind, which wants the same hop later


def test_a_hop_that_was_read_ends_and_one_that_was_lost_is_taken_up_again() -> None:
    hops, ended = hops_of(files=ALL, wayback=ALL)
    answered(hops, next_of(hops)[0], Fate.FAILED)
    assert (ended, next_of(hops)) == ([], [])
    hops.take_up()
    answered(hops, next_of(hops)[0], Fate.NOT_A_POLICY)
    assert ended == [HUB]


def test_no_hop_is_made_in_archives_without_playback() -> None:
    assert next_of(hops_of(rows=ALL - {Match.NEAREST})[0]) == []
