"""Faults of responses by name. None of these pages is a memento."""

from __future__ import annotations

import gzip
import json
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.support.double.answers import HTML, TEXT, Answer, Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.double.behaviour import Behaviour

# Reported as 200 pages of the CDX server and of playback; wording from research in issues of other clients.
OFFLINE = b"""<!DOCTYPE html>
<html><head><title>Internet Archive: Temporarily Offline</title></head>
<body><h1>Temporarily Offline</h1><p>Internet Archive services are temporarily offline.</p></body></html>
"""
TOO_MANY_PAGE = b"""<html><head><title>429 Too Many Requests</title></head>
<body><center><h1>429 Too Many Requests</h1></center><hr><center>nginx</center></body></html>
"""
NO_SERVER = (
    b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
)


def too_many(retry_after: int | None) -> Answer:
    """Return the 429 response of the rate limit."""
    answer = Answer(429, HTML, TOO_MANY_PAGE)
    return answer if retry_after is None else answer.with_headers(("Retry-After", str(retry_after)))


def _cut_gzip(answer: Answer, short_by: int) -> Answer:
    """Return an answer whose body ends before its gzip stream does; the chunks have their end, and no header tells."""
    plain = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    headers = tuple(pair for pair in answer.headers if pair[0].lower() != "content-encoding")
    body = gzip.compress(plain, mtime=0)
    cut = replace(answer, headers=headers, body=body[: max(len(body) - short_by, len(body) // 2)])
    return cut.with_headers(("Content-Encoding", "gzip"))


def _cut_rows(body: bytes) -> bytes:
    """Return the first half of a listing, in a gzip stream of its own if it was in one."""
    if body.startswith(b"\x1f\x8b"):
        return gzip.compress(_cut_rows(gzip.decompress(body)), mtime=0)
    return body[: len(body) // 2]


def _swapped_fields(answer: Answer) -> Answer:
    """Return a listing in JSON whose first two fields have changed places."""
    plain = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    rows = [[row[1], row[0], *row[2:]] if len(row) > 1 else row for row in json.loads(plain)]
    return Answer(200, answer.headers[:1], json.dumps(rows).encode())


def _without_header(answer: Answer, name: str) -> Answer:
    return replace(answer, headers=tuple(pair for pair in answer.headers if pair[0].lower() != name))


def _rewritten(answer: Answer) -> Answer:
    return replace(answer, body=answer.body + b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->")


def _in_unknown_coding(answer: Answer) -> Answer:
    noise = bytes(range(256)) * 4
    return replace(_without_header(answer, "content-encoding"), body=noise).with_headers(("Content-Encoding", "zz"))


def _led_out(answer: Answer) -> Answer:
    """Return a redirect that leads out of the archive."""
    bare = _without_header(_without_header(answer, "location"), "x-archive-orig-location")
    return bare.with_headers(("Location", "http://elsewhere.example/"))


def _short(answer: Answer, end: int) -> Answer:
    """Return an answer with a part of its body, unless it says that there is no capture: that is no memento's defect."""
    return answer if answer.status == 404 else replace(answer, body=answer.body[:end])


FAULTS: dict[str, Callable[[Answer, Behaviour], Answer]] = {
    "429": lambda _, behaviour: too_many(behaviour.retry_after),
    "500": lambda _, __: Answer(500, TEXT, b"Internal Server Error\n"),
    "503": lambda _, __: Answer(503, HTML, NO_SERVER),
    "504": lambda _, __: Answer(504, HTML, b"<html><body><h1>504 Gateway Time-out</h1></body></html>\n"),
    "offline": lambda _, __: Answer(200, HTML, OFFLINE),
    "429 page": lambda _, __: Answer(200, HTML, TOO_MANY_PAGE),
    "reset": lambda answer, _: replace(answer, ending=Ending.RESET),
    "cut": lambda answer, _: replace(answer, ending=Ending.CUT),
    "stall": lambda answer, _: replace(answer, ending=Ending.STALL),
    "short": lambda answer, behaviour: _short(answer, -behaviour.short_by),
    "cut gzip": lambda answer, behaviour: _cut_gzip(answer, behaviour.short_by),
    "cut rows": lambda answer, _: replace(answer, body=_cut_rows(answer.body)),
    "521": lambda _, __: Answer(521, HTML, b"<h1>Web server is down</h1>"),
    "proxy": lambda _, __: Answer(407, (*HTML, ("Proxy-Authenticate", "Basic")), b""),
    "torn": lambda answer, _: replace(answer, body=answer.body[: random.randrange(1, len(answer.body))]),  # noqa: S311
    "long header": lambda answer, _: answer.with_headers(("x-archive-orig-set-cookie", "x" * 400_000)),
    "507": lambda _, __: Answer(507, TEXT, b"Insufficient Storage\n"),
    "403": lambda _, __: Answer(403, TEXT, b"Forbidden\n"),
    "403 limit": lambda _, __: Answer(403, TEXT, b"Rate limit exceeded\n"),
    "403 robots": lambda _, __: Answer(403, TEXT, b"Hidden by its robots.txt\n"),
    "404": lambda _, __: Answer(404, HTML, b"<p>Nothing here.</p>\n"),
    "sorry": lambda _, __: Answer(200, HTML, b"<p>Sorry.</p>\n"),
    "no rows": lambda _, __: Answer(200, TEXT, b"[]\n"),
    "swapped fields": lambda answer, _: _swapped_fields(answer),
    "no Memento-Datetime": lambda answer, _: _without_header(answer, "memento-datetime"),
    "no Link": lambda answer, _: _without_header(answer, "link"),
    "rewritten": lambda answer, _: _rewritten(answer),
    "unknown coding": lambda answer, _: _in_unknown_coding(answer),
    "led out": lambda answer, _: _led_out(answer),
    "empty": lambda answer, _: _short(answer, 0),
}


def fault_for(behaviour: Behaviour, kind: str, target: str, attempt: int) -> str:
    """Return the name of the fault for the `attempt`-th request (from 0) of a path, or an empty string.

    The random draw depends on seed, path and attempt only, not on the order of requests.
    """
    for pattern, name in behaviour.faults_at:
        if re.search(pattern, unquote(target)):
            return name
    first = {"cdx": behaviour.cdx_first, "playback": behaviour.playback_first}.get(kind, ())
    if attempt < len(first):
        return first[attempt]
    draw = random.Random(f"{behaviour.seed} {target} {attempt}").random()  # noqa: S311 - dice of a test
    for name, share in behaviour.random_faults:
        draw -= share
        if draw < 0:
            return name
    return ""
