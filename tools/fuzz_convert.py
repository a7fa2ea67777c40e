"""Throw damaged pages at the converter for a while, and keep those that break it.

    python tools/fuzz_convert.py MINUTES FOLDER [--seed N] [--pages GLOB ...]

Pages are the fixtures (and any others given), cut, spliced, doubled, nested and sprinkled with marks, bytes and charsets;
every one must end in a document that reads back, or in a ConversionError, within SECONDS of processor time. What does
not is written to FOLDER, with what went wrong. Exit status 1 if there was any.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from pipelines.convert import convert_html  # noqa: E402
from pipelines.document import parse  # noqa: E402
from pipelines.errors import ConversionError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 10
FIXTURES = ROOT / "tests" / "fixtures" / "convert"
TAGS = (
    b"<p>", b"</p>", b"<div>", b"</div>", b"<table>", b"<tr>", b"<td>", b"</table>", b"<ul>", b"<ol start=0>", b"<li>",
    b"<b>", b"</b>", b"<i>", b"<a href='//x'>", b"<a href='javascript:1'>", b"</a>", b"<pre>", b"</pre>", b"<br>", b"<hr>",
    b"<blockquote>", b"<dl><dt>", b"<dd>", b"<svg>", b"<math>", b"<template>", b"<noscript>", b"<style>", b"<script>",
    b"<!--", b"-->", b"<![CDATA[", b"<select><option>", b"<form>", b"<frameset>", b"<base href='http://['>", b"<title>",
    b"<h1>", b"<h2>", b"<article>", b"<section hidden>", b"<img src=x>", b"<textarea>", b"<plaintext>", b"<abbr title=x>",
)  # fmt: skip
SCRAPS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"&nbsp;", b"&#0;", b"&#xD800;", b"&#x110000;", b"&notit;", b"\xa0", b"\x80",
    b"*", b"_", b"1. ", b"- ", b"+ ", b"|", b"](", b"[", b"\\", b"\r", b"\t", b"\x0c", "\u2028\u202e\u200b".encode(),
    "漢字かな".encode(), b"\x1b$B", b"<meta charset=utf-16>", b"<meta charset=shift_jis>", b"<meta charset=x-user-defined>",
)  # fmt: skip
TYPES = ("text/html", "text/html; charset=utf-8", "text/html; charset=iso-8859-1", "text/plain", "text/html; charset=gbk",
         "application/xhtml+xml", "text/html; charset=utf-16", "", "text/html; charset=\x00")  # fmt: skip


def cut(rng: random.Random, page: bytes, _: bytes) -> bytes:
    start, end = sorted(rng.sample(range(len(page) + 1), 2))
    return page[:start] + page[end:]


def splice(rng: random.Random, page: bytes, other: bytes) -> bytes:
    return page[: rng.randrange(len(page))] + other[rng.randrange(len(other)) :]


def sprinkle(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    for _ in range(rng.randrange(1, 40)):
        at = rng.randrange(len(page) + 1)
        page = page[:at] + rng.choice(TAGS if rng.random() < 0.7 else SCRAPS) + page[at:]
    return page


def nest(rng: random.Random, page: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(page) + 1)
    return page[:at] + rng.choice(TAGS) * rng.choice((10, 300, 3000)) + page[at:]


def repeat(rng: random.Random, page: bytes, _: bytes) -> bytes:
    start = rng.randrange(len(page))
    piece = page[start : start + rng.randrange(1, 2000)]
    return page[:start] + piece * rng.randrange(2, 30) + page[start:]


def flip(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    data = bytearray(page)
    for _ in range(rng.randrange(1, 50)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def recode(rng: random.Random, page: bytes, _: bytes) -> bytes:
    charset = rng.choice(("utf-16", "utf-16-be", "cp1252", "shift_jis", "euc-kr", "gbk", "koi8-r", "utf-7"))
    return page.decode("utf-8", "replace").encode(charset, "replace")


def pack(rng: random.Random, page: bytes, _: bytes) -> bytes:
    packed = gzip.compress(page, 1)
    return packed if rng.random() < 0.5 else packed[: rng.randrange(len(packed))]


CHANGES: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    cut, splice, sprinkle, sprinkle, nest, repeat, flip, recode, pack,
)  # fmt: skip


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor's time: a busy machine is no finding
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def problem(page: bytes, content_type: str) -> str:
    """Return what is wrong with how a page is converted, or an empty string."""
    try:
        with limit(SECONDS):
            document = convert_html(
                page,
                url="http://a.example/p",
                timestamp="20150101000000",
                domain="a.example",
                content_type=content_type,
            )
    except ConversionError:
        return ""
    except BaseException as error:  # noqa: BLE001 - any other is a finding
        return f"{type(error).__name__}: {error}"
    if parse(document.text) != parse(parse(document.text).text) or parse(document.text).text != document.text:
        return "does not read back"
    try:
        document.text.encode()
    except UnicodeEncodeError as error:
        return f"can't be written: {error}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    files = [*FIXTURES.rglob("*.html"), *FIXTURES.rglob("*.html.gz"), *options.pages]
    pages = [gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files]
    pages = [page for page in pages if page]
    rng, tried, found = random.Random(options.seed), 0, 0  # noqa: S311 - repeatable, not secret
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        page = rng.choice(pages)
        for _ in range(rng.randrange(1, 5)):
            page = rng.choice(CHANGES)(rng, page or b"x", rng.choice(pages))[:2_000_000]
        content_type = rng.choice(TYPES)
        tried += 1
        if wrong := problem(page, content_type):
            found += 1
            options.folder.mkdir(parents=True, exist_ok=True)
            (options.folder / f"{options.seed}-{tried}.html").write_bytes(page)
            note = {"content_type": content_type, "wrong": wrong}
            (options.folder / f"{options.seed}-{tried}.json").write_text(json.dumps(note) + "\n")
            print(f"{options.seed}-{tried}: {wrong}", flush=True)
    print(f"{tried} pages tried, {found} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
