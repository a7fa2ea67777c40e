"""Which failures are a capture's own, and after how many runs they end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler.archives.failures import download_defect
from crawler.archives.header_limit import ConnectionCut, HeadersTooLong
from crawler.archives.http_body import CUT, NO_END, UNKNOWN_CODING
from crawler.archives.playback import NO_WORD, Absence, read_playback
from crawler.archives.proxies import ProxyFailed
from crawler.archives.wayback import WAYBACK
from pipelines import errors
from pipelines.defects import Defect, DefectKind, conversion_defect, is_given_up
from pipelines.items import Capture

if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP = "20150911043127"
URL = "http://acme.example/privacy"
PLAYBACK = f"https://web.archive.org/web/{STAMP}id_/{URL}"
LISTED = Capture("example,acme)/privacy", STAMP, URL, "text/html", "200", "D", "1", "wayback")
MOMENT = {"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"}


def answer(
    status: int = 200, headers: Mapping[str, str] = MOMENT, body: bytes = b"", flags: tuple[str, ...] = ()
) -> Response:
    return Response(PLAYBACK, status=status, headers=dict(headers), body=body, flags=list(flags))


def declared(length: int, size: int) -> Response:
    return answer(headers={**MOMENT, "x-archive-orig-content-length": str(length)}, body=b"x" * size)


def pointer(timestamp: str) -> Response:
    return answer(302, {"Location": f"https://web.archive.org/web/{timestamp}id_/{URL}"})


PLAYED = {
    "short, as in A4": (declared(31_113_822, 99_968), Defect(DefectKind.CUT, "99968 bytes of 31113822")),
    "empty": (answer(), Defect(DefectKind.CUT, "0 bytes of unknown")),
    "gzip without its end": (
        answer(body=b"ab", flags=(f"{CUT}{NO_END}",)),
        Defect(DefectKind.CUT, "2 bytes of unknown"),
    ),
    "unknown coding": (
        answer(body=b"ab", flags=(f"{CUT}{UNKNOWN_CODING}dcb",)),
        Defect(DefectKind.CODING, f"{UNKNOWN_CODING}dcb"),
    ),
    "pointer": (pointer("20020504221610"), Defect(DefectKind.POINTER, f"20020504221610 {URL}")),
    "moment that is none": (
        answer(headers={"Memento-Datetime": "2015"}, body=b"page"),
        Defect(DefectKind.HEADERS, "Memento-Datetime: 2015"),
    ),
    "status that is none": (answer(1_000, body=b"page"), Defect(DefectKind.HEADERS, "status: 1000")),
    "404 of nobody's": (answer(404, {}, b"<h1>Not Found</h1>"), Defect(DefectKind.NO_WORD, NO_WORD)),
    "403": (answer(403, {}), None),
    "408": (answer(408, {}), None),
    "425": (answer(425, {}), None),
    "500": (answer(500, {}), None),
    "503": (answer(503, {}), None),
    "200 that is no memento": (answer(200, {}, b"<p>hello"), None),
    "offline": (answer(200, {}, b"<h1>Internet Archive services are temporarily offline.</h1>"), None),
    "out of the archive": (answer(302, {"Location": "https://portal.example/login"}), None),
}


@pytest.mark.parametrize("name", PLAYED)
def test_defect_of_a_response(name: str) -> None:
    response, defect = PLAYED[name]
    found = read_playback(response, WAYBACK, LISTED)
    assert isinstance(found, Absence)
    assert not found.fate.is_final
    assert found.defect == defect


def test_a_refusal_is_no_defect() -> None:
    for status in (429, 503, 509, 529):
        assert getattr(read_playback(answer(status, {}), WAYBACK, LISTED), "defect", None) is None


DOWNLOADS = {
    HeadersTooLong("more than 9 bytes of headers"): DefectKind.HEADERS,
    ConnectionCut(4096, is_in_memento=True): DefectKind.CUT,
    ConnectionCut(0, is_in_memento=False): None,
    ResponseDataLossError(): None,
    DownloadFailedError(): None,
    DownloadTimeoutError(): None,
    DownloadConnectionRefusedError(): None,
    CannotResolveHostError(): None,
    ProxyFailed("the proxy failed"): None,
    OSError("disk full"): None,
    errors.RecordDamaged("file at byte 1"): None,
    errors.OutputError("disk full"): None,
}


@pytest.mark.parametrize("error", DOWNLOADS, ids=lambda error: type(error).__name__)
def test_defect_of_a_download(error: Exception) -> None:
    found = download_defect(error)
    assert (found.kind if found else None) == DOWNLOADS[error]


CONVERSIONS = {
    errors.ConversionTimedOut("page"): DefectKind.CONVERTER,
    errors.ConversionOutOfMemory("page"): DefectKind.CONVERTER,
    errors.ConversionCrashed("page"): DefectKind.CONVERTER,
    errors.WorkerDied("page", by_itself=True): DefectKind.CONVERTER,
    errors.WorkerDied("no process could take it"): None,
    errors.PageCutShort("page"): DefectKind.CUT_PAGE,
    errors.CutShortPdf("page"): DefectKind.CUT_PAGE,
    errors.PoolClosed("page"): None,
    errors.NoArticle("page"): None,  # final anyhow
}


@pytest.mark.parametrize("error", CONVERSIONS, ids=lambda error: type(error).__name__)
def test_defect_of_a_conversion(error: errors.ConversionError) -> None:
    found = conversion_defect(error, 100)
    assert (found.kind if found else None) == CONVERSIONS[error]


@pytest.mark.parametrize("kind", DefectKind)
def test_is_given_up_after_so_many_runs(kind: DefectKind) -> None:
    needed = 2 if kind is DefectKind.POINTER else 5
    assert [is_given_up(kind, runs, 5) for runs in range(7)] == [runs >= needed for runs in range(7)]
    assert [is_given_up(kind, runs, 1) for runs in range(3)] == [False, True, True]
    assert not any(is_given_up(kind, runs, 0) for runs in range(100))  # 0: never
