"""Download errors: which of them may pass, and what they make of a capture."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.archives.http_body import TooLarge
from pipelines.errors import RecordDamaged
from pipelines.items import Fate

PASSING = (
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    OSError,
)
"""Exceptions of a download that say nothing about the next try; a refused connection is a pause for all instead."""

_CAUSES: dict[type[Exception], tuple[Fate, str]] = {
    TooLarge: (Fate.NOT_A_POLICY, "too large"),
    DownloadCancelledError: (Fate.NOT_A_POLICY, "too large"),  # by DOWNLOAD_MAXSIZE, the only one who cancels
    DownloadTimeoutError: (Fate.FAILED, "timed out"),
    ResponseDataLossError: (Fate.CUT_SHORT, "connection cut"),
    DownloadFailedError: (Fate.CUT_SHORT, "connection cut"),
    ConnectionLost: (Fate.CUT_SHORT, "connection cut"),
    ConnectionDone: (Fate.CUT_SHORT, "connection cut"),
    DownloadConnectionRefusedError: (Fate.FAILED, "connection refused"),
    CannotResolveHostError: (Fate.FAILED, "host not found"),
    RecordDamaged: (Fate.CUT_SHORT, "record damaged or gone"),
}
_MAX_CAUSE = 200


def fate_of(exception: BaseException | None) -> tuple[Fate, str]:
    """Return what a download error makes of a capture, with a few words for it, the same for all of its kind."""
    words = (found for kind, found in _CAUSES.items() if isinstance(exception, kind))
    return next(words, (Fate.FAILED, in_words(exception)))


def in_words(exception: BaseException | None) -> str:
    """Return an exception nobody foresaw as a cause: its class and message in one line of at most _MAX_CAUSE characters."""
    message = " ".join(str(exception).split())
    return f"{type(exception).__name__}: {message}"[:_MAX_CAUSE] if message else type(exception).__name__
