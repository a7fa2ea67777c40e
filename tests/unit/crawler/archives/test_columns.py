"""Common Crawl's columnar index: which files are read, of which hosts, how often, and what is answered from them."""

from __future__ import annotations

import gzip
import random
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.http import Response

from crawler.archives.base import Match, Query
from crawler.archives.columns_archive import NOT_IN_COLUMNS, ColumnarArchive
from crawler.archives.columns_files import BadFile, ColumnsFiles, LocalFile, RemoteFile, opener
from crawler.archives.columns_index import RESUME_KEY, ColumnsIndex
from crawler.archives.columns_query import range_of, rows_of
from crawler.archives.commoncrawl import POLITE
from crawler.archives.commoncrawl_addresses import Sites
from crawler.archives.commoncrawl_crawls import read_choice
from crawler.archives.playback import Absence
from pipelines.errors import OutputError
from pipelines.items import Fate
from tests.support.commoncrawl_client import archive_at, fetched, listed
from tests.support.commoncrawl_double import CommonCrawlDouble, eight_years, parquet
from tests.support.service import WARC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipelines.items import Capture

pytest.importorskip("duckdb")
pytest.importorskip("fsspec")
DOMAINS = ("larkfield.example", "wolkenwerft.example")
DATA = "https://data.commoncrawl.org"
KEEP = "subset=warc/part-0.parquet"


class Counted(LocalFile):
    """A local file that counts the bytes read of it."""

    read_bytes = 0

    def read(self, start: int, end: int) -> bytes:
        type(self).read_bytes += end - start
        return super().read(start, end)


@pytest.fixture(scope="module")
def double() -> CommonCrawlDouble:
    return CommonCrawlDouble(WARC, crawl_of=eight_years)


@pytest.fixture(scope="module")
def columns(double: CommonCrawlDouble, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return double.write_columns(tmp_path_factory.mktemp("columns"))


@pytest.fixture(scope="module")
def whole(columns: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColumnsIndex]:
    """Return an index of all files. Tests only ask it."""
    index = built(tmp_path_factory.mktemp("index") / "columns.db", list(map(LocalFile, columns)), *DOMAINS)
    yield index
    index.close()


def built(path: Path, files: Sequence[Any], *domains: str) -> ColumnsIndex:
    index = ColumnsIndex(path)
    index.build(files, domains, lambda: False)
    return index


def asked(index: ColumnsIndex, query: Query, choice: str = "") -> list[Capture]:
    """Return the captures of a listing, through the archive's own requests."""
    archive = ColumnarArchive(read_choice(choice), Sites(), POLITE, spec="x", index_file=index_path(index))
    found: list[Capture] = []
    key: str | None = None
    while True:
        request = archive.listing_request(query, key)
        body, key = index.answer(request.url)
        page = archive.read_listing(Response(request.url, body=body, headers={RESUME_KEY: key}, request=request), query)
        found += page.captures
        if not (key := page.resume_key):
            return found


def index_path(index: ColumnsIndex) -> Any:
    return index  # only its name is wanted


@pytest.mark.parametrize(
    "query",
    [
        Query("larkfield.example", Match.DOMAIN),
        Query("larkfield.example", Match.DOMAIN, "2010", "2012"),
        Query("larkfield.example", Match.DOMAIN, filter="urlkey:.*privacy.*"),
        Query("www.larkfield.example", Match.EXACT),
        Query("http://www.larkfield.example/privacy", Match.PREFIX),
        Query("wolkenwerft.example", Match.HOST),
        Query("kunden.wolkenwerft.example", Match.DOMAIN),
        Query("quillbox.example", Match.DOMAIN),
    ],
    ids=str,
)
def test_columns_list_what_the_index_lists(query: Query, double: CommonCrawlDouble, whole: ColumnsIndex) -> None:
    found = asked(whole, query)
    with double.served() as url:
        expected = listed(archive_at(url), query)
    if "quillbox" in query.url:
        assert found == []  # it was not asked for
    else:
        assert sorted((*each.key, each.locator) for each in found) == sorted(
            (*each.key, each.locator) for each in expected
        )
        assert found


def test_rows_are_paged(whole: ColumnsIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = asked(whole, Query("larkfield.example", Match.DOMAIN))
    monkeypatch.setattr("crawler.archives.columns_index.PAGE_ROWS", 3)
    assert asked(whole, Query("larkfield.example", Match.DOMAIN)) == at_once
    with pytest.raises(OutputError, match="no place in the index"):
        whole.answer("columns://index/rows?url=a.example&matchType=exact&after=x")


def test_each_file_is_read_once_for_each_domain(columns: list[Path], tmp_path: Path) -> None:
    files = [Counted(path) for path in columns]
    built(tmp_path / "columns.db", files, DOMAINS[0]).close()
    first, Counted.read_bytes = Counted.read_bytes, 0
    assert first > 0
    built(tmp_path / "columns.db", files, DOMAINS[0]).close()
    assert Counted.read_bytes == 0
    index = built(tmp_path / "columns.db", files, *DOMAINS)
    assert Counted.read_bytes > 0
    assert asked(index, Query(DOMAINS[1], Match.DOMAIN))
    index.close()


def test_stopped_run_goes_on_with_the_next_file(columns: list[Path], whole: ColumnsIndex, tmp_path: Path) -> None:
    index = ColumnsIndex(tmp_path / "columns.db")
    stops = iter([False, True])
    index.build([Counted(path) for path in columns], DOMAINS, lambda: next(stops))
    index.close()
    Counted.read_bytes = 0
    built(tmp_path / "columns.db", [Counted(columns[0])], *DOMAINS).close()
    assert Counted.read_bytes == 0
    index = built(tmp_path / "columns.db", list(map(Counted, columns)), *DOMAINS)
    assert asked(index, Query(DOMAINS[0], Match.DOMAIN)) == asked(whole, Query(DOMAINS[0], Match.DOMAIN))
    index.close()


def test_only_row_groups_that_can_have_the_domain_are_read(tmp_path: Path) -> None:
    place = {"filename": "crawl-data/a/b.warc.gz", "offset": "1", "length": "2", "mime": "text/html", "status": "200"}
    rows = [
        {"urlkey": f"example,a{n:04})/privacy", "url": f"http://a{n:04}.example/privacy", "digest": f"{n:032}", **place}
        | {"timestamp": "20250101000000"}
        for n in range(4000)
    ]
    path = tmp_path / "many.parquet"
    path.write_bytes(parquet(rows, group=200))
    Counted.read_bytes = 0
    index = built(tmp_path / "columns.db", [Counted(path)], "a0777.example")
    assert len(asked(index, Query("a0777.example", Match.DOMAIN))) == 1
    index.close()
    assert Counted.read_bytes < path.stat().st_size
    Counted.read_bytes = 0
    built(tmp_path / "columns.db", [Counted(path)], "other.test").close()  # the statistics say that it is not there
    assert Counted.read_bytes < path.stat().st_size


def test_damaged_file_is_named_and_the_others_are_read(columns: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1<html>PAR1")
    foreign = tmp_path / "foreign.parquet"
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet as pq  # noqa: PLC0415

    pq.write_table(pa.table({"x": [1]}), foreign)
    gone = tmp_path / "gone.parquet"
    index = built(tmp_path / "c.db", [LocalFile(bad), LocalFile(foreign), *map(LocalFile, columns)], *DOMAINS)
    assert [problem.partition(": ")[0] for problem in index.problems] == [str(bad), str(foreign)]
    assert index.problems[0].endswith("the next run reads it again")
    assert "\n" not in "".join(index.problems)
    assert asked(index, Query(DOMAINS[0], Match.DOMAIN))
    index.build([LocalFile(gone)] * 5, DOMAINS, lambda: False)
    assert index.problems[-1] == "2 more files not asked for after that"
    index.close()


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("url_surtkey", [7], "column url_surtkey has type INT64, not BYTE_ARRAY"),  # was read as a file without rows
        ("url", [["http://acme.example/"]], "no column url"),
        ("warc_record_offset", [1.0], "column warc_record_offset has type DOUBLE, not INT32"),
        ("fetch_time", ["2025"], "column fetch_time has type BYTE_ARRAY, not INT64"),
        ("content_digest", None, "no column content_digest"),
    ],
)
def test_file_of_other_columns_is_named_and_not_done(column: str, values: Any, says: str, tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet as pq  # noqa: PLC0415

    row = {"urlkey": "example,acme)/", "url": "http://acme.example/", "digest": "A" * 32, "timestamp": "20250101000000",
           "filename": "crawl-data/a/b.warc.gz", "offset": "1", "length": "2", "mime": "text/html", "status": "200"}  # fmt: skip
    path = tmp_path / "other.parquet"
    path.write_bytes(parquet([row]))
    table = pq.read_table(path).drop_columns([column])
    pq.write_table(table if values is None else table.append_column(column, pa.array(values)), path)
    index = built(tmp_path / "columns.db", [LocalFile(path)], "acme.example")
    assert index.problems == [f"{path}: {says}; name files of Common Crawl's columnar index"]
    path.write_bytes(parquet([row]))
    index.build([LocalFile(path)], ["acme.example"], lambda: False)
    assert len(asked(index, Query("acme.example", Match.DOMAIN))) == 1
    index.close()


def test_file_with_any_flipped_bytes_is_read_or_named(tmp_path: Path) -> None:
    rows = [
        {"urlkey": "example,acme)/", "url": f"http://acme.example/{number}", "digest": "A" * 32, "mime": "text/html",
         "timestamp": "20250101000000", "filename": "crawl-data/a/b.warc.gz", "offset": "1", "length": "2", "status": "200"}
        for number in range(9)
    ]  # fmt: skip
    good, path, dice = parquet(rows), tmp_path / "flipped.parquet", random.Random(2)  # noqa: S311 - dice of a test
    for _ in range(40):
        data = bytearray(good)
        for _ in range(5):
            data[dice.randrange(4, len(data) - 8)] = dice.randrange(256)
        path.write_bytes(data)
        with suppress(BadFile):
            list(rows_of(LocalFile(path), [range_of("acme.example")]))


def test_hostile_rows_are_counted(tmp_path: Path) -> None:
    place = {"filename": "crawl-data/a/b.warc.gz", "offset": "1", "length": "2", "mime": "text/html", "status": "200"}
    good = {"urlkey": "example,acme)/privacy", "url": "http://acme.example/privacy", "digest": "A" * 32, **place}
    rows = [
        good | {"timestamp": "20250101000000"} | fault
        for fault in (
            {},
            {"filename": "../../etc/passwd.warc.gz"},
            {"filename": "https://evil.example/a.warc.gz"},
            {"offset": "-5"},
            {"url": "http://acme.example/\n"},
            {"url": "http://bank.example/privacy"},
        )
    ]
    path = tmp_path / "hostile.parquet"
    path.write_bytes(parquet(rows))
    index = built(tmp_path / "columns.db", [LocalFile(path)], "acme.example")
    (capture,) = asked(index, Query("acme.example", Match.DOMAIN))
    assert capture.original == good["url"]
    assert dict(index.unusable) == {f"{path}: record at no usable place": 5}
    index.close()


def test_redirect_to_a_domain_that_was_not_read_says_so(whole: ColumnsIndex, tmp_path: Path) -> None:
    """Common Crawl may well have it: the files were read for the listed domains alone."""
    archive = ColumnarArchive(read_choice(""), Sites(), POLITE, spec="x", index_file=tmp_path)
    request = archive.snapshot_request("20200101000000", "https://buyer.example/privacy")
    found = archive.classify(
        request, Response(request.url, body=whole.answer(request.url)[0], headers={"Content-Type": "text/x-ndjson"})
    )
    assert isinstance(found, Absence)
    assert (found.fate, found.cause) == (Fate.MISSING, NOT_IN_COLUMNS)


def test_damaged_database_is_made_anew(columns: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "index" / "columns.db"
    built(path, list(map(LocalFile, columns)), *DOMAINS).close()
    path.write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    index = built(path, list(map(LocalFile, columns)), *DOMAINS)
    assert asked(index, Query(DOMAINS[0], Match.DOMAIN))
    index.close()


# Files


def no_wait(failures: int) -> None:
    assert failures < 4


def files(spec: str, data: str = DATA, choice: str = "") -> ColumnsFiles:
    return ColumnsFiles(
        spec, data, read_choice(choice), lambda address: RemoteFile(address, opener({}, "test"), no_wait)
    )


def test_files_of_a_list(tmp_path: Path) -> None:
    path = tmp_path / "cc-index-table.paths.gz"
    lines = [
        f"cc-index/table/cc-main/warc/crawl=CC-MAIN-{crawl}/{name}"
        for crawl in ("2024-10", "2025-30")
        for name in (KEEP, "subset=robotstxt/part-0.parquet")
    ]
    path.write_bytes(gzip.compress("\n".join([*lines, "", "# a note", f"{DATA}/own/x.parquet"]).encode()))
    assert [each.name for each in files(str(path)).find()] == [
        f"{DATA}/{lines[0]}",
        f"{DATA}/{lines[2]}",
        f"{DATA}/own/x.parquet",
    ]
    assert [each.name for each in files(str(path), choice="2025").find()] == [
        f"{DATA}/{lines[2]}",
        f"{DATA}/own/x.parquet",
    ]


def test_files_of_a_folder_and_of_several_places(columns: list[Path]) -> None:
    folder = columns[0].parents[2]
    assert [each.name for each in files(str(folder)).find()] == sorted(map(str, columns))
    assert len(files(f"{columns[0]}, {columns[1]},{columns[0]}").find()) == 2
    crawl = columns[0].parents[1].name.removeprefix("crawl=")
    assert [each.name for each in files(str(folder), choice=crawl).find()] == [str(columns[0])]


@pytest.mark.parametrize(
    "line",
    [
        "https://evil.example/a.parquet",
        "http://data.commoncrawl.org/a.parquet",
        "https://data.commoncrawl.org.evil.example/a.parquet",
        "https://data.commoncrawl.org@evil.example/a.parquet",
        "https://data.commoncrawl.org/../a.parquet",
        "https://data.commoncrawl.org/a.parquet?x",
        "../a.parquet",
        "a/../../b.parquet",
        "s3://commoncrawl/a.parquet",
        "file:a.parquet",
        "a.warc.gz",
        "<html>",
    ],
)
def test_list_never_leads_to_another_host(line: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"a/{KEEP}\n{line}\n")
    with pytest.raises(BadFile, match="list:2: "):
        files(str(path)).find()
    with pytest.raises(BadFile, match="list:2: "):
        files(str(path)).check()


def test_list_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(b"x" * 100)[:-20])
    with pytest.raises(BadFile, match="damaged"):
        files(str(path)).find()
    path.write_bytes(gzip.compress(b"\n" * (17 << 20)))
    with pytest.raises(BadFile, match="no list of files"):
        files(str(path)).find()


def test_what_is_seen_to_be_wrong_without_a_request(columns: list[Path], tmp_path: Path) -> None:
    files(f"{DATA}/crawl-data/CC-MAIN-2025-33/cc-index-table.paths.gz").check()
    files(str(columns[0])).check()
    with pytest.raises(BadFile, match="no Parquet file of the crawls chosen"):
        files(str(tmp_path)).check()
    with pytest.raises(BadFile, match="no Parquet file of the crawls chosen"):
        files(str(columns[0]), choice="2031").check()
    with pytest.raises(BadFile, match=r"is not below https://data.commoncrawl.org"):
        files("https://evil.example/a.parquet").check()


@pytest.fixture
def remote(double: CommonCrawlDouble) -> Iterator[tuple[CommonCrawlDouble, str, str]]:
    crawl = double.crawls[0]
    with double.served() as url:
        double.asked.clear()
        yield double, url, f"crawl-data/{crawl}/cc-index-table.paths.gz"
        double.faults.clear()


def test_remote_files_are_read_by_ranges(remote: tuple[CommonCrawlDouble, str, str], tmp_path: Path) -> None:
    double, url, name = remote
    found = files(f"{url}/{name}", url).find()
    assert [each.name.rpartition("/subset=")[2][:4] for each in found] == ["warc", "craw"]
    double.faults = {"/cc-index/": deque([(503, {}, b""), None, (302, {"Location": "http://127.0.0.2/"}, b"")])}
    index = built(tmp_path / "columns.db", found[:1], *DOMAINS)
    assert index.problems == [f"{found[0].name}: HTTP 302; the next run reads it again"]
    index.build(found, DOMAINS, lambda: False)
    assert len(index.problems) == 1
    assert asked(index, Query(DOMAINS[0], Match.DOMAIN))
    index.close()


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ((200, {}, b"PAR1" * 10), "HTTP 200 without the range asked for"),
        ((404, {}, b""), "HTTP 404"),
        ((206, {}, b"x"), "HTTP 206 without the range asked for"),
    ],
)
def test_remote_file_that_is_not_had(
    fault: Any, cause: str, remote: tuple[CommonCrawlDouble, str, str], tmp_path: Path
) -> None:
    double, url, name = remote
    source = files(f"{url}/{name}", url).find()[0]
    double.faults = {"/cc-index/": deque([fault] * 9)}
    index = built(tmp_path / "columns.db", [source], *DOMAINS)
    assert index.problems == [f"{source.name}: {cause}; the next run reads it again"]
    index.close()


def test_each_further_try_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The waits between them are minutes."""
    address = "http://no-such-host.invalid/x.parquet"
    with caplog.at_level("WARNING"), pytest.raises(OSError, match=r"^host not found$"):
        RemoteFile(address, opener({}, "test"), no_wait).size()
    assert caplog.messages == [f"{address}: host not found; asked again (try {n} of 4)" for n in (2, 3, 4)]


def test_list_on_the_server_that_is_missing(remote: tuple[CommonCrawlDouble, str, str]) -> None:
    _, url, _ = remote
    with pytest.raises(BadFile, match="HTTP 404; the next run asks again"):
        files(f"{url}/crawl-data/none/cc-index-table.paths.gz", url).find()


def test_capture_of_the_columns_is_fetched_as_any(
    double: CommonCrawlDouble, whole: ColumnsIndex, tmp_path: Path
) -> None:
    page = next(each for each in asked(whole, Query(DOMAINS[0], Match.DOMAIN)) if each.statuscode == "200")
    with double.served() as url:
        assert fetched(archive_at(url), page.timestamp, page.original, page.locator).timestamp == page.timestamp
    archive = ColumnarArchive(read_choice(""), Sites(), POLITE, spec="x", index_file=tmp_path)
    request = archive.snapshot_request(page.timestamp, page.original)
    assert request.url.startswith("columns://index/rows?")
    body, _ = whole.answer(request.url)
    response = Response(request.url, body=body, headers={"Content-Type": "text/x-ndjson"}, request=request)
    assert archive.classify(request, response) is None
    following = archive.next_request(request, response)
    assert following is not None
    assert following.url.startswith("https://data.commoncrawl.org/crawl-data/")
