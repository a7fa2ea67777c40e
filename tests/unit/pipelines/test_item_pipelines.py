"""The item pipelines: what is half is no document, whoever cut it."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from scrapy.exceptions import DropItem

from pipelines.convert.pool import ConversionPool
from pipelines.document import Document
from pipelines.errors import (
    ConversionCrashed,
    ConversionError,
    ConversionTimedOut,
    NeedsScript,
    NoArticle,
    PoolLost,
    UnreadablePdf,
)
from pipelines.item_pipelines import Convert, Converted, Item, failure
from pipelines.items import MIB, Answer, Capture, Fate, Memento, Snapshot

URL = "http://example.com/privacy"
CAPTURE = Capture("com,example)/privacy", "20150911043127", URL, "text/html", "200", "A", "1", "wayback")
PAGE = b"<title>Privacy</title><p>What we know, and why." + b" We keep it." * 99


def memento_of(body: bytes, **headers: str) -> Memento:
    return Memento(CAPTURE.timestamp, URL, "http://archive/", 200, tuple(headers.items()), body, "wayback")


def converted(body: bytes, **headers: str) -> Item:
    """Return what Convert makes of a page."""

    async def convert() -> Item:
        step = Convert(ConversionPool(workers=1, timeout=120, memory_limit=1 << 30))
        try:
            return await step.process_item(Snapshot("example.com", CAPTURE, memento_of(body, **headers)))
        finally:
            await step.close_spider()

    return asyncio.run(convert())


@pytest.mark.parametrize(
    ("body", "headers", "cause"),
    [
        (PAGE, {"Warning": '299 - "truncated by \\"length\\""'}, "cut when it was captured (WARC-Truncated: length)"),
        (PAGE.ljust(MIB), {}, "cut when it was captured (at exactly 1 MiB)"),
        (gzip.compress(PAGE, mtime=0)[:-30], {}, "page cut short"),
    ],
)
def test_convert_incomplete_page_is_cut_short(body: bytes, headers: dict[str, str], cause: str) -> None:
    answer = converted(body, **headers)
    assert isinstance(answer, Answer)
    assert (answer.fate, answer.cause, answer.text_sha256) == (Fate.CUT_SHORT, cause, None)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (UnreadablePdf("the PDF has no text (a scan?)"), "unreadable pdf: the PDF has no text (a scan?)"),
        (ConversionError("'x' is not an absolute URL"), "conversion error: 'x' is not an absolute URL"),
        (ConversionCrashed(f"{URL} of 20150101000000: KeyError: 'x'"), "conversion crashed: KeyError: 'x'"),
        (ConversionTimedOut(f"{URL} of 20150101000000: not converted within 10 s"), "conversion timed out"),
        (NoArticle("the page has no text"), "no article"),
    ],
)
def test_failure_keeps_the_message(error: ConversionError, cause: str) -> None:
    assert failure("example.com", memento_of(b""), error)[1] == cause


def test_failure_log_line_names_the_capture_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    failure("example.com", memento_of(b""), NeedsScript("the page's text is fetched by a script"))
    failure("example.com", memento_of(b""), ConversionCrashed(f"{URL} of 20150911043127: KeyError: 'x'"))
    about = f"example.com: {URL} of 20150911043127"
    assert caplog.messages == [f"{about}: the page's text is fetched by a script", f"{about}: KeyError: 'x'"]


def test_failure_page_that_needs_a_script_is_no_other_page() -> None:
    assert failure("example.com", memento_of(b""), NeedsScript("a shell")) == (
        Fate.NEEDS_SCRIPT,
        "the archived page is filled in by a script",
    )
    assert Fate.NEEDS_SCRIPT.is_final
    assert not Fate.NEEDS_SCRIPT.is_lost


def test_convert_does_not_repeat_a_conversion() -> None:
    document = Document("example.com", "2015-09-11", URL, "Privacy", "We keep it.\n")
    memento = memento_of(b"")
    step = Convert(None)  # type: ignore[arg-type]  # a pool would be used
    item = asyncio.run(step.process_item(Snapshot("example.com", CAPTURE, memento, document=document)))
    assert item == Converted(Snapshot("example.com", CAPTURE, memento), document)


def test_page_that_the_pool_could_not_take_stays_open_without_a_line() -> None:
    class Lost:
        async def convert(self, *_: object, **__: object) -> Document:
            raise PoolLost("the scheduler is away")

    memento = memento_of(PAGE)
    with pytest.raises(DropItem, match="the scheduler is away") as caught:
        asyncio.run(Convert(Lost()).process_item(Snapshot("example.com", CAPTURE, memento)))  # type: ignore[arg-type]
    assert caught.value.log_level == "DEBUG"
