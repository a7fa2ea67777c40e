"""The Parquet files of Common Crawl's columnar index, here or on its data server, each read by ranges of bytes.

`COMMONCRAWL_PARQUET` names them: folders, files, and lists of files (`cc-index-table.paths.gz`), here or on the data
server. A line of a list is a name below the data server's address, or an address there. No other host is asked, and no
redirect is followed.
"""

from __future__ import annotations

import gzip
import logging
import re
from dataclasses import dataclass
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from socket import gaierror
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from pipelines.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crawler.archives.commoncrawl_crawls import CrawlChoice

logger = logging.getLogger(__name__)

NO_FILE: Final = "no Parquet file of the crawls chosen; see crawls= and COMMONCRAWL_PARQUET"
MAX_LIST: Final = 16 << 20
"""Bytes of a list of files, unpacked. That of a crawl has 300 lines for each of its three subsets."""
MAX_FILES: Final = 100_000
SECONDS: Final = 60
"""Seconds without a byte after which an answer of the data server has failed."""

TRIES: Final = 4
"""Requests for one range, with longer and longer waits between them."""

_BUSY: Final = frozenset({403, 429, 500, 502, 503, 504})
_ENDING: Final = ".parquet"
_NAME: Final = re.compile(
    r"(?:[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,199}/){0,12}[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,199}\.parquet"
)
_CRAWL: Final = re.compile(r"crawl=(CC-MAIN-[0-9-]{4,9})/")
_LEFT_OUT: Final = "subset=robotstxt/"
_TOTAL: Final = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]{1,15})")
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
_PART: Final = 206


class BadFile(ArchiveError):
    """A file of the columnar index that can't be read; the message names it, the cause and the remedy."""


class ByteSource(Protocol):
    """A file that is read by ranges."""

    @property
    def name(self) -> str:
        """Its path or address."""

    def size(self) -> int:
        """Return its number of bytes. Raises OSError."""

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`. Raises OSError."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)


class _NoRedirect(HTTPRedirectHandler):
    """Makes an error of a redirect, which may lead to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


def opener(proxies: Mapping[str, str], user_agent: str) -> OpenerDirector:
    """Return what opens addresses of the data server: without redirects, through the proxies of each scheme."""
    made = build_opener(_NoRedirect, ProxyHandler(dict(proxies)))
    made.addheaders = [("User-Agent", user_agent)]
    return made


class RemoteFile:
    """A file on the data server.

    `wait` is called before each request with the number of times that it has failed: for the budget, then for longer and
    longer. It raises OSError when the run ends.
    """

    def __init__(self, address: str, opened_by: OpenerDirector, wait: Callable[[int], None]) -> None:
        self.name = address
        self._opener = opened_by
        self._wait = wait
        self._size: int | None = None

    @classmethod
    def unopened(cls, address: str) -> RemoteFile:
        """Return the file of an address that is not going to be read."""
        return cls(address, OpenerDirector(), lambda _: None)

    def size(self) -> int:
        if self._size is None:
            self._ranged(0, 1)
        return self._size or 0

    def read(self, start: int, end: int) -> bytes:
        data = self._ranged(start, end)
        if len(data) != end - start:
            raise OSError(f"{len(data)} bytes of {end - start}")
        return data

    def read_whole(self, most: int) -> bytes:
        """Return the file's bytes. Raises OSError, for more than `most` too."""

        def read(answer: Any) -> bytes:
            data: bytes = answer.read(most + 1)
            if len(data) > most:
                raise _Final(f"more than {most} bytes")
            return data

        return self._asked({}, read)

    def _ranged(self, start: int, end: int) -> bytes:
        def read(answer: Any) -> bytes:
            total = _TOTAL.fullmatch(answer.headers.get("Content-Range", ""))
            if answer.status != _PART or total is None:
                raise _Final(f"HTTP {answer.status} without the range asked for")
            self._size = int(total[1])
            data: bytes = answer.read(end - start)
            return data

        return self._asked({"Range": f"bytes={start}-{end - 1}"}, read)

    def _asked(self, headers: Mapping[str, str], read: Callable[[Any], bytes]) -> bytes:
        """Return what an answer is read as; ask again TRIES times in all after what may pass. Raises OSError."""
        failures = 0
        while True:
            self._wait(failures)
            try:
                with self._opener.open(Request(self.name, headers=dict(headers)), timeout=SECONDS) as answer:  # noqa: S310 - below the data server's address
                    return read(answer)
            except (OSError, HTTPException) as error:
                if isinstance(error, HTTPError):
                    error.close()
                failures += 1
                if failures == TRIES or not _may_pass(error):
                    raise OSError(_in_words(error)) from error
                logger.warning("%s: %s; asked again (try %d of %d)", self.name, _in_words(error), failures + 1, TRIES)


class _Final(OSError):
    """A failure that another try would repeat."""


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.code in _BUSY
    return not isinstance(error, _Final)


def _in_words(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    reason = getattr(error, "reason", None) or error
    return "host not found" if isinstance(reason, gaierror) else str(reason) or type(error).__name__


class ColumnsFiles:
    """The files that COMMONCRAWL_PARQUET names, in order: those of the crawls chosen, without those of robots.txt files."""

    def __init__(self, spec: str, data: str, choice: CrawlChoice, remote: Callable[[str], RemoteFile]) -> None:
        """Take the setting, the data server's address, the crawls chosen, and what makes a file of an address there."""
        self._parts = [part.strip() for part in spec.split(",") if part.strip()]
        self._data = data
        self._choice = choice
        self._remote = remote

    def find(self) -> list[ByteSource]:
        """Return the files. Raises BadFile for a list that can't be read or has what it may not have."""
        found = {file.name: file for part in self._parts for file in self._of(part) if self._is_wanted(file.name)}
        if len(found) > MAX_FILES:
            raise BadFile(f"COMMONCRAWL_PARQUET: more than {MAX_FILES} files; name fewer crawls")
        return list(found.values())

    def check(self) -> None:
        """Raise BadFile for what can be seen to be wrong without a request: a list on this machine, an address, no file."""
        is_remote, names = False, list[str]()
        for part in self._parts:
            if _WEB.match(part):
                self._on_server(part, part)
                is_remote = True
            else:
                names += [file.name for file in self._of(part) if self._is_wanted(file.name)]
        if not names and not is_remote:
            raise BadFile(NO_FILE)

    def _is_wanted(self, name: str) -> bool:
        match = _CRAWL.search(name)
        return _LEFT_OUT not in name and (match is None or self._choice.has(match[1]))

    def _of(self, part: str) -> Iterator[ByteSource]:
        if _WEB.match(part):
            address = self._on_server(part, part)
            yield from [self._remote(address)] if part.endswith(_ENDING) else self._listed(part, self._fetched(address))
            return
        path = Path(part)
        if path.is_dir():
            yield from (LocalFile(each) for each in sorted(path.rglob(f"*{_ENDING}")) if each.is_file())
        elif path.name.endswith(_ENDING):
            yield LocalFile(path)
        else:
            yield from self._listed(part, _unpacked(part, self._read(path)))

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(MAX_LIST + 1)
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror or error}; name another list of files") from error

    def _fetched(self, address: str) -> bytes:
        try:
            return _unpacked(address, self._remote(address).read_whole(MAX_LIST))
        except OSError as error:
            raise BadFile(f"{address}: {error}; the next run asks again") from error

    def _listed(self, source: str, text: bytes) -> Iterator[ByteSource]:
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
            name = line.strip()
            if not name or name.startswith("#"):
                continue
            where = f"{source}:{number}"
            if _WEB.match(name):
                yield self._remote(self._on_server(name, where))
            elif Path(name).is_absolute():
                yield LocalFile(Path(name))
            elif _NAME.fullmatch(name):
                yield self._remote(f"{self._data}/{name}")
            else:
                raise BadFile(
                    f"{where}: {name!r:.80} names no Parquet file; write one a line, as Common Crawl's lists do"
                )

    def _on_server(self, address: str, where: str) -> str:
        rest = address.removeprefix(f"{self._data}/")
        if rest == address or not re.fullmatch(r"[A-Za-z0-9_.=/-]+", rest) or "/." in f"/{rest}":
            raise BadFile(f"{where}: {address!r:.80} is not below {self._data}; see COMMONCRAWL_DATA_URL")
        return address


def _unpacked(source: str, data: bytes) -> bytes:
    """Return the text of a list, which may be packed with gzip. Raises BadFile."""
    try:
        text = gzip.GzipFile(fileobj=BytesIO(data)).read(MAX_LIST + 1) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError) as error:
        raise BadFile(f"{source}: damaged ({error}); get it again") from error
    if len(text) > MAX_LIST:
        raise BadFile(f"{source}: more than {MAX_LIST} bytes; this is no list of files")
    return text
