"""The help of commands at each width of the terminal."""

from __future__ import annotations

import argparse

from crawler.console.help_formatter import HelpFormatter


def test_line_of_help_that_ends_with_a_colon_is_no_heading() -> None:
    for width in range(40, 100):
        parser = argparse.ArgumentParser(
            "p", formatter_class=lambda prog, width=width: HelpFormatter(prog, width=width), add_help=False
        )
        group = parser.add_argument_group("Changes")
        group.add_argument("--only", help="one of: a, b; with commas between: a,b (default: a)")
        said = parser.format_help()
        assert said.count("==") == said.count("Usage\n=====\n") * 2 + said.count("Changes\n=======\n") * 3 == 5
        assert "one of: a, b; with commas between: a,b (default: a)" in " ".join(said.split())
