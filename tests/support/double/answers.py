"""The types shared by the parts of the double: a parsed request, an answer to send."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from http import HTTPStatus

Headers = tuple[tuple[str, str], ...]

TEXT: Headers = (("Content-Type", "text/plain;charset=utf-8"),)
HTML: Headers = (("Content-Type", "text/html; charset=utf-8"),)


class Ending(enum.Enum):
    """The ways a response can end on the wire."""

    WHOLE = "whole"
    RESET = "reset"
    CUT = "cut"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request: header names in lower case, `target` as in the request line."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to send. A chunked one has no Content-Length, like the real playback's."""

    status: int
    headers: Headers
    body: bytes
    chunked: bool = False
    ending: Ending = Ending.WHOLE

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unknown"

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        return replace(self, headers=self.headers + headers)
