"""Escapes of URLs: the fast ways give what the plain one gives, and no form makes them read a text often."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.surt import FORMS
from crawler.archives import percent_escapes
from crawler.archives.percent_escapes import escaped, unescaped

PIECES = (
    *(
        b"%",
        b"%%",
        b"25",
        b"%25",
        b"3",
        b"%3",
        b"33",
        b"41",
        b"%3D",
        b"%3d",
        b"=",
        b"\n",
        b"\r",
        b"%0A",
        b"%0d",
        b"\xff",
    ),
    *(
        b"%ff",
        b"%F5",
        b"2",
        b"5",
        b"z",
        b"\\",
        b"\\x",
        b"%5c",
        b"\xc3\xa9",
        b" ",
        b"#",
        b"A",
        b"%" * 33,
        b"3" * 33,
        b"%3" * 33,
    ),
)
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join), st.binary(max_size=40))
EVERY_OCTET = b"".join(b"%%%02X" % octet for octet in range(256))


def plainly_unescaped(data: bytes) -> bytes:
    while (once := unquote_to_bytes(data)) != data:
        data = once
    return data


@given(TEXTS)
@example(EVERY_OCTET)
@example(EVERY_OCTET + b"%%3341%zz=")
@example(b"%" + b"25" * 99 + b"41")
@example(b"%%%33333333" * 3)
def test_unescaped_is_repeated_unquoting(data: bytes) -> None:
    assert unescaped(data) == plainly_unescaped(data)


@given(TEXTS)
def test_unescaped_from_the_end_is_the_same(data: bytes) -> None:
    for block in (1, 4, len(data) + 1):
        assert percent_escapes._unescaped_from_the_end(data, block) == plainly_unescaped(data)


@given(TEXTS.map(lambda text: text * 8))
@example(EVERY_OCTET + b"%%3341%zz=")
def test_unescaped_at_once_is_the_same(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(percent_escapes, "_MANY", 0)
        assert unescaped(data) == plainly_unescaped(data)


@given(TEXTS)
@example(bytes(range(256)))
def test_escaped_is_undone_by_unquoting(data: bytes) -> None:
    text = escaped(data)
    assert unquote_to_bytes(text) == data.lower()
    assert text == text.lower()
    assert all("!" <= character <= "~" and character != "#" for character in text)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_is_read_often(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passes are few, and what is then read octet by octet is at most the text, so that the time is linear."""
    read = []
    done = percent_escapes._unescaped_from_the_end
    monkeypatch.setattr(
        percent_escapes, "_unescaped_from_the_end", lambda data, block: (read.append(len(data)), done(data, block))[1]
    )
    for size in (1_000, 16_000):
        url = FORMS[form](size).encode()
        assert unescaped(url) == unescaped(unescaped(url))
        assert sum(read) <= 2 * len(url)
        read.clear()
