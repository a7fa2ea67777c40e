"""Causes of losses: the message of an error, with its class only where that is not one of this program's own."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DownloadFailedError

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


@pytest.mark.parametrize(
    ("message", "fate"),
    [
        ("certificate verify failed", (Fate.FAILED, "no secure connection (certificate verify failed)")),
        ("wrong version number", (Fate.FAILED, "no secure connection (wrong version number)")),
        ("", (Fate.CUT_SHORT, "connection cut")),
    ],
)
def test_failed_tls_is_named(message: str, fate: tuple[Fate, str]) -> None:
    """The message is that of Scrapy 2.19 with Twisted's reasons in it."""
    error = f"OpenSSL.SSL.Error: [('SSL routines', '', '{message}')]"
    assert fate_of(DownloadFailedError(f"[<twisted.python.failure.Failure {error}>]")) == fate
