"""Script files: escaped data that come back unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.data_files import read_script, script

HOSTILE = ["</script><script>alert(1)</script>", "<!--", "]]>", "\u2028\u2029", "&lt;", '"\\', "\0"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_ends_the_script_or_the_line(text: str) -> None:
    file = script("n", [text])
    assert not {b"<", b">", b"&"} & {bytes([byte]) for byte in file}
    assert "\u2028" not in file.decode()
    assert file.count(b"\n") == 1
    assert read_script(file) == [text]


@given(st.recursive(st.none() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.lists))
def test_data_come_back(data: object) -> None:
    assert read_script(script("name", data)) == data


def test_lone_surrogates_do_not_stop_it() -> None:
    assert read_script(script("n", "\ud800")) == "?"


@pytest.mark.parametrize("file", [b"", b"alert(1)", b"PolicyReport.put(", b"PolicyReport.put(1,;\n", b"\xff"])
def test_other_files_are_refused(file: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON and Unicode errors are ValueErrors of their own
        read_script(file)
