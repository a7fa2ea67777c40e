"""What a kept memento looks like in the WARC file, read with warcio."""

from __future__ import annotations

import errno
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import pytest
from scrapy.http import Response
from warcio.archiveiterator import ArchiveIterator

from crawler.archives.playback import header_pairs
from crawler.archives.warc import replay
from crawler.archives.warc_records import read_payload
from pipelines.items import MIB, Memento
from pipelines.output.storage import LocalStorage
from pipelines.output.store import OutputStore
from pipelines.output.warc_damage import Damage
from pipelines.output.warc_writer import WarcStore, payload_digest

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"<p>What we know, and why.</p>"
REQUEST = (("User-Agent", "test/1 (+me@example.org)"), ("Accept-Encoding", "gzip"))


def memento(timestamp: str, url: str = "http://example.com/privacy", body: bytes = BODY, **headers: str) -> Memento:
    source = f"https://web.archive.org/web/{timestamp}id_/{url}"
    return Memento(timestamp, url, source, 200, (("Content-Type", "text/html"), *headers.items()), body, "wayback")


def records(path: Path) -> list[dict[str, Any]]:
    """Return the headers of each record, its first line and its body."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            line = record.http_headers.statusline if record.http_headers else ""
            http = dict(record.http_headers.headers) if record.http_headers else {}
            body = record.content_stream().read()
            found.append({**dict(record.rec_headers.headers), "line": line, "http": http, "body": body})
    return found


def test_write_response_and_request(tmp_path: Path) -> None:
    place = WarcStore(LocalStorage(tmp_path), "", software="test").append(memento("20150911043127"), request=REQUEST)
    info, response, request = records(tmp_path / place.file)
    assert (info["WARC-Type"], response["WARC-Type"], request["WARC-Type"]) == ("warcinfo", "response", "request")
    assert response["WARC-Target-URI"] == request["WARC-Target-URI"] == "http://example.com/privacy"
    assert response["WARC-Date"] == "2015-09-11T04:31:27Z"
    assert response["WARC-Payload-Digest"] == f"sha1:{payload_digest(BODY)}"
    assert (response["http"]["Content-Type"], response["body"]) == ("text/html", BODY)
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert (
        request["line"] == "/web/20150911043127id_/http://example.com/privacy HTTP/1.1"
    )  # warcio parts the method off
    assert request["http"] == {"Host": "web.archive.org", **dict(REQUEST)}
    assert request["WARC-Date"] > "2026"
    assert "WARC-Truncated" not in response


def test_write_stores_no_credentials(tmp_path: Path) -> None:
    secret = [
        ("Proxy-Authorization", "Basic cA=="),
        ("authorization", "Basic cA=="),
        ("Cookie", "a=b"),
        ("X-Api-Key", "k"),
    ]
    place = WarcStore(LocalStorage(tmp_path), "", software="test").append(
        memento("20150911043127"), request=(*secret, *REQUEST)
    )
    *_, request = records(tmp_path / place.file)
    assert request["http"] == {"Host": "web.archive.org", **dict(REQUEST)}


def test_write_identical_payload_is_revisit(tmp_path: Path) -> None:
    library = OutputStore(tmp_path, "", software="test").open()
    first, second = memento("20150911043127"), memento("20160911043127", "https://example.com/legal", Via="1.1 x")
    for each in (first, second, memento("20170101000000", body=b""), memento("20180101000000", body=b"")):
        library.store_memento(each)
    path = next((tmp_path / "warc").iterdir())
    kinds = [record["WARC-Type"] for record in records(path) if record["WARC-Type"] not in {"warcinfo", "request"}]
    assert kinds == ["response", "revisit", "response", "response"]
    revisit = next(record for record in records(path) if record["WARC-Type"] == "revisit")
    assert revisit["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert revisit["WARC-Refers-To-Target-URI"] == first.url
    assert revisit["WARC-Refers-To-Date"] == "2015-09-11T04:31:27Z"
    kept = library.stored_memento(second.key)
    assert kept is not None
    found = kept.read()
    assert found.body == BODY
    assert ("Via", "1.1 x") in found.headers


def test_write_truncated_body_is_marked(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    place = store.append(memento("20150911043127", body=b" " * MIB))
    store.append(memento("20160911043127", Warning='299 - "truncated by \\"length\\""'))
    cut = [
        record.get("WARC-Truncated") for record in records(tmp_path / place.file) if record["WARC-Type"] == "response"
    ]
    assert cut == ["length", "length"]


def test_write_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    path = tmp_path / store.append(memento("20150911043127")).file
    before = path.read_bytes()
    real = type(path).open

    class FullDisk:
        """A file that takes a few bytes, and then no more."""

        def __init__(self, stream: Any) -> None:
            self._stream, self._took = stream, False

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._stream.close()

        def write(self, data: bytes) -> int:
            if self._took:
                raise OSError(errno.ENOSPC, "No space left on device")
            self._took = True
            return int(self._stream.write(data[:10]))

    monkeypatch.setattr(type(path), "open", lambda self, *args, **kwargs: FullDisk(real(self, *args, **kwargs)))
    with pytest.raises(OSError, match="No space"):
        store.append(memento("20160911043127"))
    monkeypatch.undo()
    assert path.read_bytes() == before


ODD = (b"gr\xf6sse=1; path=/", "größe=1; path=/".encode(), b"\x1b[2J", b"a\x00b\r\nX-Injected: c", b"x" * 100_000)
"""Header values as archives replay them: bytes."""


def test_write_header_values_as_received(tmp_path: Path) -> None:
    response = Response("http://a.example", headers={"Set-Cookie": list(ODD)})
    kept = replace(memento("20150911043127", "http://example.com/ä ö"), headers=header_pairs(response))
    place = WarcStore(LocalStorage(tmp_path), "", software="test").append(kept, request=(("User-Agent", "t\xe4st"),))
    with gzip.open(tmp_path / place.file) as stream:
        lines = stream.read().split(b"\r\n")
    values = [line.partition(b": ")[2] for line in lines if line.startswith(b"Set-Cookie: ")]
    assert values == [*ODD[:3], b"a b  X-Injected: c", ODD[4]]
    assert b"User-Agent: t\xe4st" in lines
    assert [record["WARC-Type"] for record in records(tmp_path / place.file)] == ["warcinfo", "response", "request"]
    payload = read_payload(tmp_path / place.file, place.offset)
    assert payload
    assert payload.body == BODY
    again = replay(kept.source_url, payload, kept.timestamp, kept.url)
    assert len(header_pairs(again)) == len(ODD) + 2  # with those that say which memento it is


@pytest.mark.parametrize(
    ("lost", "used", "said"),
    [
        (
            69,
            59,
            "fetches 59 of them again, which captures were read from, with the redirects to those, and forgets the",
        ),
        (2, 2, "a crawl fetches them again"),
        (1, 1, "a crawl fetches it again"),
        (3, 0, "no capture was read from them"),
    ],
)
def test_damage_says_what_becomes_of_the_mementos(lost: int, used: int, said: str) -> None:
    assert said in Damage("a.warc.gz", 9, "the file is gone").mend(lost, used)


def test_write_request_for_a_part_of_a_file(tmp_path: Path) -> None:
    """A record of Common Crawl: the place that was read stands in the source, the bytes asked for in the request."""
    source = "https://data.commoncrawl.org/crawl-data/a.warc.gz#bytes=7-99"
    asked = (("Range", "bytes=7-99"), ("Cookie", "secret"))
    read = replace(memento("20150911043127"), source_url=source)
    place = WarcStore(LocalStorage(tmp_path), "", software="test").append(read, request=asked)
    _, response, request = records(tmp_path / place.file)
    assert response["WARC-Source-URI"] == source
    assert request["line"] == "/crawl-data/a.warc.gz HTTP/1.1"
    assert request["http"] == {"Host": "data.commoncrawl.org", "Range": "bytes=7-99"}
