"""Addresses of a pywb collection: its listings stand below the same address as its captures, and are none."""

from __future__ import annotations

from crawler.archives.base import Match, Query
from crawler.archives.pywb import PywbArchive

ARCHIVE = PywbArchive("http://localhost:8080/policies")


def test_listing_is_no_playback() -> None:
    address = ARCHIVE.listing_request(Query("acme.example", Match.DOMAIN)).url
    assert ARCHIVE.playback_target(address) is None


def test_captures_are_playback() -> None:
    address = ARCHIVE.snapshot_request("20200101000000", "http://acme.example/cdx?url=x").url
    assert ARCHIVE.playback_target(address) == ("20200101000000", "http://acme.example/cdx?url=x")
    assert ARCHIVE.playback_target("http://localhost:8080/policies/http://acme.example/") == (
        "",
        "http://acme.example/",
    )
