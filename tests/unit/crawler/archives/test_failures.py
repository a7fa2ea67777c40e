"""Causes of losses: the message of an error, with its class only where that is not one of this program's own."""

from __future__ import annotations

import pytest

from crawler.archives.failures import fate_of, in_words
from pipelines.errors import ArchiveError, ListingRefused, OutputError
from pipelines.items import Fate


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ArchiveError("x.warc.gz: no WARC record at byte 0; get a whole copy"),
            "x.warc.gz: no WARC record at byte 0; get a whole copy",
        ),
        (ListingRefused("the archive refuses\nthis kind of listing"), "the archive refuses this kind of listing"),
        (OutputError(), "OutputError"),
        (ValueError("Invalid IPv6 URL"), "ValueError: Invalid IPv6 URL"),
        (KeyError(), "KeyError"),
    ],
)
def test_in_words(error: Exception, words: str) -> None:
    assert in_words(error) == words
    assert fate_of(error) == (Fate.FAILED, words)
