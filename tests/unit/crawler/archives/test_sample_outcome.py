"""The outcome table agrees with what the archive double plays back of the sample, redirects followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.sample import outcome
from tests.sample.build import SAMPLE
from tests.support.archive_double import ArchiveDouble, WarcHoldings
from tests.support.double.client import Reply, fetch, play, search

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def double() -> Iterator[ArchiveDouble]:
    with ArchiveDouble(WarcHoldings(SAMPLE)) as running:
        yield running


def _followed(double: ArchiveDouble, timestamp: str, url: str) -> tuple[str, Reply]:
    """Return the timestamp of the answer that is no redirect, and the answer."""
    reply = play(double.url, timestamp, url)
    for _ in range(10):
        address = reply.header("Location")
        if address is None:
            break
        timestamp = re.findall(r"/web/(\d{14})id_/", address)[0]
        reply = fetch(address)
    return timestamp, reply


@pytest.mark.parametrize("page", outcome.PAGES, ids=lambda page: page.urlkey)
def test_outcome_capture_leads_to_memento(double: ArchiveDouble, page: outcome.PageOutcome) -> None:
    rows = [row for row in search(double.url, url=f"*.{page.domain}") if row[0] == page.urlkey]
    assert [row[1] for row in rows] == [candidate.timestamp for candidate in page.captures]
    for row, candidate in zip(rows, page.captures, strict=True):
        if candidate.credited:
            repeats = [known for known in rows if known[5] == row[5] and known[1] < row[1]]
            assert repeats, candidate
            continue
        timestamp, reply = _followed(double, candidate.timestamp, row[2])
        is_memento = reply.header("Memento-Datetime") is not None
        assert is_memento is (candidate.fate is not outcome.MISSING), candidate
        assert (reply.status == 200) is (candidate.fate not in {outcome.MISSING, outcome.ARCHIVED_ERROR}), candidate
        if candidate.fate is outcome.STORED:
            assert timestamp == candidate.file
