"""Failures: which statuses and download errors are transient, and the fate of a capture whose download fails."""

from __future__ import annotations

import re
from typing import Final

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.archives.header_limit import ConnectionCut, HeadersTooLong
from crawler.archives.http_body import TooLarge
from crawler.archives.proxies import ProxyFailed
from pipelines.defects import Defect, DefectKind
from pipelines.errors import PoliciesError, RecordDamaged
from pipelines.items import Fate

RETRY_STATUSES = frozenset({408, 413, 421, 425, 499, 500, 502, 503, 504, *range(520, 528), 530, 598, 599})
"""Statuses of transient failures: edgi's list (`_client.py`), Cloudflare's own, and time-outs of servers and proxies."""
REFUSAL_STATUSES = frozenset({429, 509, 529})
"""Too many requests, bandwidth exceeded, overloaded: more requests, of whatever kind, would be refused as well."""


class ArchiveAway(IgnoreRequest):
    """A request was not sent, or not again, as its archive does not answer any more in this run."""

    fate = Fate.FAILED


class ArchiveRefuses(ArchiveAway):
    """The archive has refused all requests for too long."""

    fate = Fate.THROTTLED


class PutAside(ArchiveAway):
    """The archive does not answer now. What it was to be asked is asked at the end of the run, after the others' work."""

    fate = Fate.THROTTLED


TRANSIENT_ERRORS = (
    ProxyFailed,
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    OSError,
)
"""Exceptions after which a request is retried. A refused connection is none: it pauses all requests to the archive."""

_CAUSES: dict[type[Exception], tuple[Fate, str]] = {
    TooLarge: (Fate.NOT_A_POLICY, "too large"),
    DownloadCancelledError: (Fate.NOT_A_POLICY, "too large"),  # only DOWNLOAD_MAXSIZE cancels a download
    HeadersTooLong: (Fate.FAILED, "headers too long"),
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
_TLS: Final = re.compile(r"\('SSL routines', '[^']{0,80}', '([^']{1,80})'\)")
"""OpenSSL's error in the message of a failed download: `certificate verify failed`, `wrong version number` of plain HTTP."""


def fate_of(exception: BaseException | None) -> tuple[Fate, str]:
    """Return the fate of a capture whose download failed, and the cause: the same words for each class of exception."""
    if isinstance(exception, ProxyFailed):
        return Fate.FAILED, str(exception)
    if isinstance(exception, ArchiveAway):
        return exception.fate, str(exception)[:_MAX_CAUSE]
    if isinstance(exception, DownloadFailedError) and (said := _TLS.search(str(exception))):
        return Fate.FAILED, f"no secure connection ({said[1]})"
    fates = (fate for kind, fate in _CAUSES.items() if isinstance(exception, kind))
    return next(fates, (Fate.FAILED, in_words(exception)))


def download_defect(exception: BaseException | None) -> Defect | None:
    """Return the capture's own defect for which a download failed; None if the cause is the archive's or the network's."""
    if isinstance(exception, HeadersTooLong):
        return Defect(DefectKind.HEADERS, str(exception))
    if isinstance(exception, ConnectionCut) and exception.is_in_memento:
        return Defect(DefectKind.CUT, str(exception))
    return None


def in_words(exception: BaseException | None) -> str:
    """Return the message of an exception in one line of at most _MAX_CAUSE characters.

    The class stands before it if it is not one of this program's own, whose messages are written for the user.
    """
    message = " ".join(str(exception).split())
    if message and isinstance(exception, PoliciesError):
        return message[:_MAX_CAUSE]
    return f"{type(exception).__name__}: {message}"[:_MAX_CAUSE] if message else type(exception).__name__
