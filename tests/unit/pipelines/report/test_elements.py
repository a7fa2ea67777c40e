"""Markup of our own as nested lists."""

from __future__ import annotations

import pytest

from pipelines.report.elements import elements_of


def test_elements_of_row() -> None:
    markup = ' <tr class="a"><td>1 &lt; 2</td><td><a href="x?a&amp;b">y</a> z</td><td></td></tr>\n'
    link = ["a", {"href": "x?a&b"}, "y"]
    assert elements_of(markup) == ["tr", {"class": "a"}, ["td", {}, "1 < 2"], ["td", {}, link, " z"], ["td", {}]]


@pytest.mark.parametrize("markup", ["", "text", "<tr></tr><tr></tr>", "<tr><td></tr>", "<tr>", "</tr>"])
def test_elements_of_anything_else(markup: str) -> None:
    with pytest.raises(ValueError, match=r"element|ends nothing"):
        elements_of(markup)
