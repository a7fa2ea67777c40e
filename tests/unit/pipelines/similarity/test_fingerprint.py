from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.similarity.dates import words_without_dates
from pipelines.similarity.fingerprint import (
    NEAR_BITS,
    SIMHASH_BITS,
    Fingerprint,
    NearIndex,
    bands,
    distance,
    fingerprint,
    from_bands,
    near,
    strip_link_targets,
    text_sha256,
)
from tests.support.commands import ROOT

POLICY = """We collect your name, your address and your e-mail address when you order. We use them to send what you ordered
and to bill you. We share them with the companies that carry parcels for us, and with nobody else. Our server keeps the
address of every visitor for a week, then deletes it. You may ask what we know about you, have it corrected, or have it
deleted, by writing to the address below. We will answer within a month. Cookies keep you signed in, and do nothing else."""


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("see [our terms](https://a.example/terms) now", "see [our terms] now"),
        ('[terms](https://a.example/ "Terms of (use) \\(all\\)") x', "[terms] x"),
        (r"[t](https://a.example/a\(b\)c) x", "[t] x"),
        ("[t](https://a.example/a_(b)) x", "[t] x"),
        ("[t](https://a.example/a b) x", "[t] x"),
        ('[t](https://a.example/ "two\nlines") x', "[t] x"),
        (r"[[1]](https://a.example/x\[1\]\\) x", "[[1]] x"),
        ("[](https://a.example/logo) x", "[] x"),
        ("[t]() x", "[t] x"),
        ("\n[\n\n## H\n\n](https://a.example/1)\n", "\n[\n\n## H\n\n]\n"),
        (
            "mail <mailto:a@b.example>, see <https://a.example/_x_>",
            "mail [mailto:a@b.example], see [https://a.example/_x_]",
        ),
        ("1 < 2 and [brackets] (and more) <b> < a href=x>", "1 < 2 and [brackets] (and more) <b> < a href=x>"),
        ("[t](https://a.example/ never closed", "[t](https://a.example/ never closed"),
    ],
)
def test_without_link_targets(markdown, text):
    assert strip_link_targets(markdown) == text


def test_text_sha256_ignores_link_targets():
    before = "Read [this](https://web.archive.org/web/2020id_/https%3A//a.example/x?nonce=1) and <https://a.example/>."
    after = (
        "Read [this](https://web.archive.org/web/2021id_/https%3A//a.example/x?nonce=2) and [https://a.example/](/)."
    )
    assert text_sha256("Privacy", before) == text_sha256("Privacy", after)


@pytest.mark.parametrize(
    ("title", "body"),
    [("Privacy", "Read [these](https://a.example/)."), ("Privacy!", "Read [this](https://a.example/)."), ("", "")],
)
def test_text_sha256_of_other_changes_differs(title, body):
    assert text_sha256("Privacy", "Read [this](https://a.example/).") != text_sha256(title, body)


def test_text_sha256_definition():
    # Computed with sha256sum; the catalogs of earlier runs depend on it.
    assert text_sha256("T", "a [b](c)\n") == "2225685c78cea9a878396af1b83a23be718db55513bd40d309371cf7cbce3c87"


@pytest.mark.parametrize(
    "date",
    ["31 January 2020", "January 31st, 2020", "31. Januar 2020", "1er janvier 2020", "5 de mayo de 2020",
     "2020-01-31", "31.1.2020", "01/31/20", "2020年1月31日", "Dec 2019", "1999-2020", "2018, 2019", "24 maja 2018",
     "10:45", "10:45:30", "24 мая 2018"],
)  # fmt: skip
def test_words_without_dates_date_is_zero(date):
    assert words_without_dates(f"Updated: {date}. © x".casefold()) == ["updated", "0", "x"]


@pytest.mark.parametrize("words", ["you may use it", "section 3 2 1", "port 8080", "192 168 10 20", "30 days", "12345"])
def test_words_without_dates_keeps_other_numbers(words):
    assert words_without_dates(words) == words.split()


def test_words_without_dates_keeps_addresses_and_phone_numbers():
    assert words_without_dates("10.20.30.40 and 555-12-3456") == ["10", "20", "30", "40", "and", "555", "12", "3456"]


def test_fingerprint_equal_but_for_dates():
    before = fingerprint("Privacy", f"{POLICY}\n\nLast updated: January 31st, 2019. © 2008-2019 Acme")
    after = fingerprint("Privacy", f"{POLICY}\n \nLast updated: 2 February 2020.  © 2008-2020 ACME")
    assert before == after


def test_fingerprint_one_more_word_differs():
    before, after = fingerprint("Privacy", POLICY), fingerprint("Privacy", POLICY + " Really.")
    assert before.dateless_sha256 != after.dateless_sha256


def test_fingerprint_small_change_is_near():
    rng = random.Random(1)  # noqa: S311 - any texts will do
    words = [f"word{rng.randrange(800)}" for _ in range(3000)]
    before = fingerprint("", " ".join(words))
    words[1500] = "other"
    after = fingerprint("", " ".join(words))
    assert before.dateless_sha256 != after.dateless_sha256
    assert near(before, after)


def test_fingerprint_unrelated_texts_are_not_near():
    rng = random.Random(2)  # noqa: S311 - any texts will do
    texts = [" ".join(f"word{rng.randrange(800)}" for _ in range(500)) for _ in range(40)]
    prints = [fingerprint("", text) for text in texts]
    assert min(distance(a, b) for i, a in enumerate(prints) for b in prints[:i]) > 2 * NEAR_BITS


@pytest.mark.parametrize("body", ["", "one", "one two three four", "\ud800 lone surrogate", "隐私政策说明我们如何收集"])
def test_fingerprint_short_and_odd_texts(body):
    assert 0 <= fingerprint("", body).simhash < 1 << SIMHASH_BITS
    assert len(text_sha256("", body)) == 64


def test_fingerprint_is_stable_across_processes():
    code = (
        f"from pipelines.similarity.fingerprint import fingerprint; print(fingerprint('Privacy', {POLICY!r}).simhash)"
    )
    other = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert {int(each) for each in other} == {fingerprint("Privacy", POLICY).simhash}


def test_fingerprint_is_stable_across_machines():
    # Written down once: catalogs of earlier runs hold such numbers.
    assert fingerprint("Privacy", POLICY) == Fingerprint(
        simhash=0xE6735B44CE7A4A1C,
        dateless_sha256="3e7f34ba5d2df4f5e4636c1156cd7bb3a76054fc6ed976fb6c35161c081b20b1",
    )


@given(st.integers(0, (1 << SIMHASH_BITS) - 1))
def test_bands_cover_simhash(simhash):
    assert from_bands(bands(simhash)) == simhash


@given(st.integers(0, (1 << SIMHASH_BITS) - 1), st.sets(st.integers(0, SIMHASH_BITS - 1), max_size=NEAR_BITS))
def test_bands_near_simhashes_share_one(simhash, flipped):
    other = simhash ^ sum(1 << bit for bit in flipped)
    assert near(Fingerprint(simhash, "a"), Fingerprint(other, "b"))
    assert any(a == b for a, b in zip(bands(simhash), bands(other), strict=True))


def test_index_earliest_near_document():
    index = NearIndex()
    index.add("far", Fingerprint(0xFFFF_FFFF_0000_0000, "a"))
    index.add("first", Fingerprint(0b0011, "b"))
    index.add("second", Fingerprint(0b0001, "c"))
    assert index.earliest(Fingerprint(0b0000, "d")) == "first"
    assert index.earliest(Fingerprint(0b1_1111_0000, "e")) is None
    assert index.earliest(Fingerprint(0xFFFF_FFFF_0000_0007, "f")) == "far"


@given(
    st.lists(st.integers(0, (1 << SIMHASH_BITS) - 1), max_size=20),
    st.sets(st.integers(0, SIMHASH_BITS - 1), max_size=5),
)
def test_index_equals_pairwise_comparison(simhashes, flipped):
    prints = [Fingerprint(simhash, "") for simhash in [*simhashes, sum(1 << bit for bit in flipped), 0]]
    index = NearIndex()
    for number, print_ in enumerate(prints[:-1]):
        index.add(str(number), print_)
    expected = next((str(n) for n, other in enumerate(prints[:-1]) if near(prints[-1], other)), None)
    assert index.earliest(prints[-1]) == expected


@pytest.mark.parametrize(
    "unit", ["[", "(", "](", "](](a)", "](\\", "](a(b", "](a)(", "<a:", "]()", "1 .,/-", "2020-", "may 1 of "]
)
def test_fingerprint_work_is_linear(unit):
    """Count what the patterns match on: no clock. A pattern that backtracked would not come back at all."""
    text = unit * (2_000_000 // len(unit))
    assert len(strip_link_targets(text)) <= len(text)
    assert fingerprint("", text) == fingerprint("", text)
