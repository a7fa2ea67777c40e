"""Classification of playback responses: a memento, a pointer to one, or the reason for neither.

A response is a memento if and only if it carries `Memento-Datetime`; its status is then the archived one
(edgi `_client.py`), so an archived 429, 503 or 404 is data and never a reason to ask again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.archives.archive_pages import Said, is_of_an_archive, says
from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.cut_bodies import NO_PAGE, cut_cause
from crawler.archives.failures import REFUSAL_STATUSES, RETRY_STATUSES
from crawler.archives.http_body import CUT, UNKNOWN_CODING
from crawler.archives.playback_urls import joined
from crawler.archives.response_headers import header_of, header_pairs, retry_after, timestamp_of
from crawler.archives.targets import (
    browser_url,
    location_of,
    original_of,
    raw_reference,
    same_page,
    same_url,
    with_scheme,
)
from pipelines.defects import Defect, DefectKind
from pipelines.items import Fate, Memento, moment_of
from pipelines.untrusted import NOT_WEB, percent_encoded, printable, url_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.http import Response

    from crawler.archives.base import Archive
    from crawler.archives.targets import Target
    from pipelines.items import Capture

MAX_HOPS = 10
MAX_DRIFT_DAYS = 183
"""A memento reached more than half a year from the capture asked for is not that capture's document (design)."""

ELSEWHERE = "playback redirects to another capture"
"""The cause of a capture listed with status 200 that playback redirects to another second: its file may be offline."""
ITSELF = "playback redirects to itself"
"""The cause of a capture that playback answers with a redirect of its own to the very address asked for."""
SAME_SECOND = "playback serves another capture of the same second"
NO_WORD = "HTTP 404, and not a page of the archive's own"
"""The cause of a 404 that may be that of a proxy, a load balancer or a network's login."""

_STATUSES = range(100, 1000)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A redirect of the archive to the capture nearest to the requested one."""

    timestamp: str
    url: str


@dataclass(frozen=True, slots=True)
class Absence:
    """No memento. `fate` is final only if the archive says that it has none.

    `is_transient`: a retry may succeed. Listings can have it, too. `defect` is set if the cause is the capture's own.
    """

    fate: Fate
    cause: str
    is_transient: bool = field(default=False, compare=False)
    defect: Defect | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The archive refuses all requests for now (REFUSAL_STATUSES). `retry_after` is in seconds, None if it is not given."""

    cause: str
    retry_after: float | None

    @property
    def absence(self) -> Absence:
        """The answer to a capture whose requests were refused to the end."""
        return Absence(Fate.THROTTLED, self.cause)


def is_memento(response: Response) -> bool:
    return b"Memento-Datetime" in response.headers


def is_busy(response: Response) -> bool:
    """Whether a 200 page that is no memento says that the archive is offline."""
    return _is_page(response) and says(response.body, Said.OFFLINE)


def is_refusal(response: Response) -> bool:
    """Whether this is a refusal of the archive's, also where it comes as a page with status 200."""
    if response.status in REFUSAL_STATUSES:
        return not is_memento(response)
    return _is_page(response) and says(response.body, Said.TOO_MANY)


def _is_page(response: Response) -> bool:
    """Whether this is a page of the archive itself. Rows of a listing may contain the words of such pages."""
    return not is_memento(response) and response.body.lstrip()[:1] not in {b"[", b"{"}


def _refusal(response: Response) -> Refusal:
    status = response.status if response.status in REFUSAL_STATUSES else 429
    return Refusal(f"HTTP {status}", retry_after(response))


def read_playback(
    response: Response, archive: Archive, capture: Capture | None = None, asked: Target | None = None
) -> Memento | Pointer | Absence | Refusal:
    """Return the classification of a playback response. `capture` is the requested capture, if there is one.

    `asked` are the timestamp and URL of the request, where its address does not have them.
    """
    asked = asked or archive.playback_target(response.url)
    if is_memento(response):
        cut = cut_cause(response, capture)
        if cut.startswith(UNKNOWN_CODING):  # the next try would bring the same
            return Absence(Fate.FAILED, cut, defect=Defect(DefectKind.CODING, cut))
        return _cut_short(response, cut) if cut else _memento(response, archive, asked[1] if asked else "")
    if is_refusal(response):
        return _refusal(response)
    if 300 <= response.status < 400:  # noqa: PLR2004
        return _redirected(response, archive, capture, asked)
    return _absence(response, archive)


def _redirected(
    response: Response, archive: Archive, capture: Capture | None, asked: Target | None
) -> Pointer | Absence:
    """Return the capture that playback names in place of the requested one, or why that is no answer."""
    found = _pointer(response, archive)
    if isinstance(found, Absence):
        return found
    if (found.timestamp, found.url) == asked:
        return Absence(Fate.FAILED, ITSELF, defect=Defect(DefectKind.POINTER, ITSELF))
    is_elsewhere = capture is not None and found.timestamp != capture.timestamp
    if is_elsewhere and is_listed_page(capture, asked):
        defect = Defect(DefectKind.POINTER, f"{found.timestamp} {found.url}")
        return Absence(Fate.FAILED, ELSEWHERE, defect=defect)
    return found


def _cut_short(response: Response, cause: str) -> Absence:
    declared = header_of(response, "x-archive-orig-content-length")[:12] or "unknown"
    defect = Defect(DefectKind.CUT, f"{len(response.body)} bytes of {declared}")
    return Absence(Fate.CUT_SHORT, cause, is_transient=True, defect=defect)


def is_listed_page(capture: Capture | None, target: Target | None) -> bool:
    """Whether a playback target is a capture that its row says has status 200: playback owes its page."""
    if capture is None or target is None or capture.statuscode != "200":
        return False
    return target == (capture.timestamp, percent_encoded(capture.original))


def read_trouble(response: Response) -> Absence | Refusal | None:
    """Return the refusal or transient failure that a response (listing or playback) is; None if it is an answer."""
    if is_refusal(response):
        return _refusal(response)
    if is_busy(response):
        return Absence(Fate.FAILED, Said.OFFLINE.value, is_transient=True)
    if response.status in RETRY_STATUSES and not is_memento(response):
        return Absence(Fate.FAILED, f"HTTP {response.status} without memento", is_transient=True)
    return None


def why_not(
    found: Memento | Pointer, capture: Capture, hops: Sequence[Target], captures: Sequence[Capture] = ()
) -> Absence | None:
    """Return the reason why a memento or pointer is neither the capture's page nor a redirect to follow; None if it is.

    `hops` are the timestamps and URLs requested so far. `found` is the answer to the last of them. `captures` are those of
    the capture's page.
    """
    if drift_days(capture.timestamp, found.timestamp) > MAX_DRIFT_DAYS:
        return Absence(Fate.MISSING, f"the nearest memento is more than {MAX_DRIFT_DAYS} days away")
    target = (found.timestamp, found.url) if isinstance(found, Pointer) else found.location
    if target is not None:
        return redirect_problem(target, capture, hops, captures)
    status = found.status if isinstance(found, Memento) else 0
    if status in NO_PAGE:
        return Absence(Fate.ARCHIVED_ERROR, f"HTTP {status}: {NO_PAGE[status]}")
    if status >= 300:  # noqa: PLR2004
        return Absence(Fate.ARCHIVED_ERROR, f"HTTP {status}" + (" without a target" if status < 400 else ""))  # noqa: PLR2004
    if isinstance(found, Memento) and not found.body and capture.is_revisit:
        return Absence(Fate.MISSING, "empty body")  # a revisit of a revisit plays back empty, always (IA#118)
    return None


def redirect_problem(
    target: Target, capture: Capture, hops: Sequence[Target], captures: Sequence[Capture] = ()
) -> Absence | None:
    """Return why a redirect of any kind to `target` can't be followed, or None if it can."""
    loop = next((at for at, hop in enumerate(hops) if hop[0] == target[0] and same_url(hop[1], target[1])), None)
    if loop is not None:
        listed = (row for row in (capture, *captures) if row.timestamp == target[0] and row.statuscode == "200")
        is_of_one_second = all(hop[0] == capture.timestamp and same_page(hop[1], target[1]) for hop in hops) and any(
            listed
        )
        return Absence(Fate.MISSING, SAME_SECOND) if is_of_one_second else Absence(Fate.ARCHIVED_ERROR, "redirect loop")
    if len(hops) > MAX_HOPS:
        return Absence(Fate.ARCHIVED_ERROR, f"more than {MAX_HOPS} redirects")
    if problem := url_problem(target[1]):
        return Absence(
            Fate.ARCHIVED_ERROR, "redirect to no web address" if problem == NOT_WEB else f"redirect: {problem}"
        )
    return None


def drift_days(asked: str, found: str) -> float:
    """Return the days between two 14-digit timestamps."""
    return abs((moment_of(asked) - moment_of(found)).total_seconds()) / 86_400


def _memento(response: Response, archive: Archive, asked: str) -> Memento | Absence:
    timestamp = timestamp_of(header_of(response, "Memento-Datetime"))
    if timestamp is None:
        return _unreadable("unreadable Memento-Datetime", header_of(response, "Memento-Datetime"))
    if response.status not in _STATUSES:
        return _unreadable("unreadable status", str(response.status))
    url = original_of(response, asked) or asked
    location = location_of(response, archive, (timestamp, url)) if 300 <= response.status < 400 else None  # noqa: PLR2004
    headers = header_pairs(response)
    return Memento(timestamp, url, response.url, response.status, headers, response.body, archive.name, location)


def _unreadable(cause: str, value: str) -> Absence:
    """Return that the archive says something of a memento that can't be: it is the capture's own fault."""
    defect = Defect(DefectKind.HEADERS, f"{cause.removeprefix('unreadable ')}: {printable(value[:100])}")
    return Absence(Fate.FAILED, cause, defect=defect)


def _pointer(response: Response, archive: Archive) -> Pointer | Absence:
    location = raw_reference(header_of(response, "Location"))
    leads_to = browser_url(location, response.url) or joined(response.url, location)
    target = archive.playback_target(leads_to) if location else None
    if target is None or not target[0]:
        return Absence(Fate.FAILED, "redirected out of the archive")
    timestamp, url = valid_timestamp(target[0]), with_scheme(target[1])
    if timestamp is None:
        return Absence(Fate.FAILED, "redirected to an impossible date")
    problem = url_problem(url)
    return Absence(Fate.FAILED, f"redirected: {problem}") if problem else Pointer(timestamp, url)


def _absence(response: Response, archive: Archive) -> Absence:
    said = (response.headers.get("X-Archive-Wayback-Runtime-Error") or b"") + response.body
    trouble = read_trouble(response)
    for what in (Said.ROBOTS, Said.EXCLUDED):
        if says(said, what):
            return Absence(Fate.EXCLUDED, what.value, trouble is not None)
    if says(said, Said.NOT_ARCHIVED):
        return Absence(Fate.MISSING, Said.NOT_ARCHIVED.value, trouble is not None)
    if isinstance(trouble, Absence):
        return trouble
    if response.status != 404:  # noqa: PLR2004
        return Absence(Fate.FAILED, f"HTTP {response.status} without memento")
    return _not_found(response, archive)


def _not_found(response: Response, archive: Archive) -> Absence:
    """Return what a 404 without a known sentence says: the archive's own page is final, anybody's is not."""
    asked = archive.playback_target(response.url)
    if is_of_an_archive(response.headers, response.body, asked[1] if asked else ""):
        return Absence(Fate.MISSING, Said.NOT_ARCHIVED.value)
    if cut := next((flag.removeprefix(CUT) for flag in response.flags if flag.startswith(CUT)), ""):
        return Absence(Fate.CUT_SHORT, cut, is_transient=True)  # the archive's word may be in what is lost
    return Absence(Fate.FAILED, NO_WORD, defect=Defect(DefectKind.NO_WORD, NO_WORD))
