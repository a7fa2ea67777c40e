"""The WARC file of a self-test: every exchange as it came over the wire, to attach to a report and to judge again.

A request and its response are two records, as in any WARC file. A metadata record after them names the question, why there
was no answer, and the digest of what was stored. The warcinfo record names the archive and the page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final, Self
from urllib.parse import urlsplit

from scrapy.http import Headers, Response
from warcio.warcwriter import WARCWriter

from crawler import __version__
from crawler.archives.response_headers import header_pairs
from crawler.archives.warc_reader import RecordReader
from crawler.selftest.evidence import MAX_BODY, Exchange
from crawler.selftest.selftest_questions import MAX_REQUESTS
from pipelines.errors import OutputError, UsageError
from pipelines.output.warc_writer import REQUEST_HEADERS, HeadersAsReceived, now, status_line
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from scrapy import Request

    from crawler.archives.warc_headers import Record

NAME: Final = "exchanges.warc.gz"
_NAME_ONE: Final = f"name the {NAME} that a self-test has written, or its folder"

_NOT_KEPT: Final = frozenset(
    {"set-cookie", "transfer-encoding", "content-length", "connection", "proxy-authenticate", "x-nid", "x-as"}
)
"""Headers of responses that are left out: those of the connection, and what tells who asked (the Wayback Machine names the
network that a request came from: `X-NID: T-MOBILE-AS21928`)."""
_MAX_FIELDS: Final = 1 << 16


class ExchangeFile:
    """The file while the self-test runs. A kill leaves whole records."""

    def __init__(self, path: Path, *, archive: str, page: str) -> None:
        """Make the file, and the folder that it is in. Raises UsageError if it is there already, or can't be made."""
        self.path = path
        self.answers = 0
        """Responses in the file."""
        if path.parent.exists() and not path.parent.is_dir():
            raise UsageError(f"{path}: {path.parent} is no folder; name another one with --folder")
        self._made = [folder for folder in path.parents if not folder.exists()]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("xb")
        except FileExistsError:
            raise UsageError(f"{path}: there is one already; name another folder with --folder") from None
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}; name another folder with --folder") from None
        self._writer = WARCWriter(self._file, gzip=True, warc_version="WARC/1.1")
        info = {
            "software": f"wayback-policies {__version__}",
            "format": "WARC File Format 1.1",
            "selftest-archive": archive,
            "selftest-page": page,
        }
        self._write(self._writer.create_warcinfo_record(path.name, info))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def discard(self) -> None:
        """Delete the closed file, and the folders that were made for it as far as nothing else is in them."""
        with suppress(OSError):
            self.path.unlink()
            for folder in self._made:
                folder.rmdir()

    def add(self, request: Request, response: Response) -> str:
        """Append a request and its response; return the identifier of the response's record."""
        date = {"WARC-Date": now()}
        headers = [(name, value) for name, value in header_pairs(response) if name.lower() not in _NOT_KEPT]
        headers.append(("Content-Length", str(len(response.body))))
        answer = self._writer.create_warc_record(
            request.url,
            "response",
            payload=BytesIO(response.body),
            length=len(response.body),
            http_headers=HeadersAsReceived(status_line(response.status), headers, protocol="HTTP/1.1"),
            warc_headers_dict=date,
        )
        identifier = str(answer.rec_headers.get_header("WARC-Record-ID"))
        self._write(answer)
        self.answers += 1
        parts = urlsplit(request.url)
        sent = [("Host", parts.netloc), *(pair for pair in header_pairs(request) if pair[0].lower() in REQUEST_HEADERS)]
        line = f"GET {request.url.partition(parts.netloc)[2] or '/'} HTTP/1.1"
        http = HeadersAsReceived(line, sent, is_http_request=True)
        facts = {**date, "WARC-Concurrent-To": identifier}
        self._write(self._writer.create_warc_record(request.url, "request", http_headers=http, warc_headers_dict=facts))
        return identifier

    def note(self, exchange: Exchange, identifier: str = "") -> None:
        """Append what is known of an exchange besides its records; `identifier` is that of its response."""
        facts = {"question": exchange.question, "failure": exchange.failure, "stored": exchange.stored}
        text = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in facts.items() if value).encode()
        fields = {"WARC-Date": now(), **({"WARC-Refers-To": identifier} if identifier else {})}
        self._write(
            self._writer.create_warc_record(
                exchange.url,
                "metadata",
                payload=BytesIO(text),
                length=len(text),
                warc_content_type="application/warc-fields",
                warc_headers_dict=fields,
            )
        )

    def _write(self, record: object) -> None:
        try:
            self._writer.write_record(record)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a file holds: the archive and the page asked about, the exchanges, and in words what of it can't be read."""

    archive: str
    page: str
    exchanges: tuple[Exchange, ...]
    damage: str = ""


def read_exchanges(path: Path) -> Recorded:
    """Return what a file holds, which may come from anybody, or the one in a folder.

    Raises UsageError for a file of another kind.
    """
    path = path / NAME if (path / NAME).is_file() else path
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe would be waited for without end
        raise UsageError(f"{path}: it is no file; {_NAME_ONE}")
    info: dict[str, str] = {}
    answers: dict[str, Response] = {}
    exchanges: list[Exchange] = []

    def take(record: Record) -> None:
        if record.kind == "warcinfo":
            info.update(_fields(record))
        elif record.kind == "response" and len(answers) < MAX_REQUESTS:
            answers[record.fields.get("warc-record-id", "")] = _response(record)
        elif record.kind == "metadata" and len(exchanges) < MAX_REQUESTS and not url_problem(record.url):
            exchanges.append(_exchange(record, answers))

    try:
        with path.open("rb") as file:
            damages = [found.damage for found in RecordReader[None](file, take).walk() if found.damage]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; {_NAME_ONE}") from None
    damage = str(damages[0]) if damages else ""
    if "selftest-archive" not in info or not exchanges:
        raise UsageError(f"{path}: {damage or f'no exchanges of a self-test in it; {_NAME_ONE}'}")
    return Recorded(info["selftest-archive"], info.get("selftest-page", ""), tuple(exchanges), damage)


def _exchange(record: Record, answers: Mapping[str, Response]) -> Exchange:
    """Return the exchange that a metadata record notes."""
    facts = _fields(record)
    answer = answers.get(record.fields.get("warc-refers-to", ""))
    failure = facts.get("failure", "") or ("" if answer else "its answer is not in the file")
    return Exchange(facts.get("question", ""), record.url, answer, failure, facts.get("stored", ""))


def _fields(record: Record) -> dict[str, str]:
    """Return the fields of a record of `application/warc-fields`."""
    lines = record.block.read_all(_MAX_FIELDS).decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _response(record: Record) -> Response:
    """Return a response as it came over the wire."""
    headers = Headers()
    for name, value in record.http.headers if record.http else ():
        if name.lower() not in _NOT_KEPT:
            headers.appendlist(name, value.encode("utf-8", "surrogateescape"))
    status = record.http.status if record.http and record.http.status else 0
    return Response(record.url, status=status, headers=headers, body=record.block.read_all(MAX_BODY + 1))
