"""Damaged PDFs: whatever the bytes, there is text or a ConversionError, and soon."""

from __future__ import annotations

import random
import re
import time

import pytest

from pipelines.convert import convert_html
from pipelines.errors import ConversionError
from tests.support.pdf_files import Pdf, column, glyphs, line

TEXT = "We collect your name and your address to provide the service that you asked for, and keep them for a year."
HEBREW = glyphs(40, 300, ".םש ןוגכ ,Google LLC לש (3.1 ףיעס ואר) ישיא")
PAGE = "".join([line(40, 770, "Example Inc."), *column(40, 740, TEXT, 40), *column(320, 740, TEXT, 40), HEBREW])
WHOLE = bytes(Pdf([PAGE, f"q 0.9 0 0 0.9 0 0 cm {PAGE} Q /Fm Do"], forms={"Fm": PAGE}, title="Privacy"))


def convert(body: bytes) -> str:
    try:
        return convert_html(body, url="http://a.com/b.pdf", timestamp="20150612233820", domain="a.com").body
    except ConversionError as error:
        return f"{type(error).__name__}: {error}"


def flipped(chance: random.Random) -> bytes:
    body = bytearray(WHOLE)
    for _ in range(chance.choice([1, 10, 200])):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def cut(chance: random.Random) -> bytes:
    return WHOLE[: chance.randrange(5, len(WHOLE))]


def without_some(chance: random.Random) -> bytes:
    start = chance.randrange(len(WHOLE))
    return WHOLE[:start] + WHOLE[start + chance.choice([1, 20, 500]) :]


def with_other_numbers(chance: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+", WHOLE))
    body = WHOLE
    for match in sorted(chance.sample(numbers, 3), key=re.Match.start, reverse=True):
        body = body[: match.start()] + chance.choice([b"0", b"-1", b"2147483647", b"99999999999"]) + body[match.end() :]
    return body


@pytest.mark.parametrize("damage", [flipped, cut, without_some, with_other_numbers])
def test_damaged(damage):
    found = [convert(damage(random.Random(number))) for number in range(25)]  # noqa: S311
    assert not [each for each in found if re.match(r"ConversionError|MemoryError", each)], "each has a cause of its own"
    if damage is not cut:
        assert any("We collect your name" in each for each in found)


HOSTILE = {
    "forms that draw each other": Pdf(["/F0 Do"], forms={f"F{n}": f"/F{n + 1} Do /F{n + 1} Do" for n in range(12)}),
    "one letter anywhere": Pdf(["".join(line(n * 7 % 600, n * 13 % 780, "x", 1 + n % 40) for n in range(3000))]),
    "marks alone": Pdf([glyphs(40, 700, "\u05b8" * 3000)]),
    "marks and a letter": Pdf([glyphs(40, 700, "\u05d0" + "\u05b8" * 3000)]),
    "brackets": Pdf([glyphs(40, 700, "\u05d0" + "([{" * 1000)]),
    "a line without an end": Pdf([line(40, 700, "x" * 20_000, 0.1)]),
    "no size": Pdf([line(40, 700, "We keep your name.", 0), line(40, 600, "We keep.", -10)]),
    "far away": Pdf([line(1e30, -1e30, "We keep your name."), line(40, 700, "We keep your name.", 1e20)]),
    "holes": Pdf([line(40, 700, "\x10" * 3000), line(40, 600, "a\x10b" * 1000)], to_unicode={16: "0000", 97: "0061"}),
    "hyphens": Pdf(["".join(line(40, 700 - n % 600, "a-" * 50) for n in range(1000))]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name):
    started = time.process_time()
    assert isinstance(convert(bytes(HOSTILE[name])), str)
    assert time.process_time() - started < 8, "CONVERSION_SECONDS is 10"
