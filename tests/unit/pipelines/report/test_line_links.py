"""The links of the report's lines: where they stand, and which become links."""

from __future__ import annotations

from pipelines.report.line_links import line_links
from pipelines.report.worddiff import lines_of

BODY = """One [a](http://x.example/) [plain] and [b](https://y.example/?q=\\(1\\)).


  * [no](javascript:hacked=1) [nor](file:///etc/passwd) [mail](mailto:me@x.example) <https://z.example>
[blank](data:text/html,x)
"""


def test_line_links_name_line_bracket_and_address() -> None:
    assert list(line_links(BODY)) == [
        (1, 0, "http://x.example/"),
        (1, 2, "https://y.example/?q=(1)"),
        (2, 0, ""),
        (2, 1, ""),
        (2, 2, "mailto:me@x.example"),
        (2, 3, "https://z.example"),
        (3, 0, ""),
    ]
    lines = lines_of("T", BODY)
    assert lines[1].split("[")[3].startswith("b]")
    assert lines[2].split("[")[3].startswith("mail]")


def test_line_links_leave_out_what_is_no_address() -> None:
    quotes = '[a](http://x.example/"><script>) [b](http://x.example/' + "y" * 3000 + ") [c](HTTPS://ok.example)"
    assert [target for _, _, target in line_links(quotes)] == ["", "", "HTTPS://ok.example"]
