"""Script files: escaped data that come back unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.data_files import read_script, script

HOSTILE = ["</script><script>alert(1)</script>", "<!--", "]]>", "\u2028\u2029", "&lt;", '"\\', "\0"]


@pytest.mark.parametrize("text", HOSTILE)
def test_script_escapes_script_and_line_ends(text: str) -> None:
    file = script("n", [text])
    assert not {b"<", b">", b"&"} & {bytes([byte]) for byte in file}
    assert "\u2028" not in file.decode()
    assert file.count(b"\n") == 1
    assert read_script(file) == [text]


@given(st.recursive(st.none() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.lists))
def test_read_script_round_trip(data: object) -> None:
    assert read_script(script("name", data)) == data


def test_script_lone_surrogates() -> None:
    assert read_script(script("n", "\ud800")) == "?"


@pytest.mark.parametrize("file", [b"", b"alert(1)", b"PolicyReport.put(", b"PolicyReport.put(1,;\n", b"\xff"])
def test_read_script_refuses_other_files(file: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON and Unicode errors are ValueErrors of their own
        read_script(file)
