"""The help of commands as Scrapy prints it."""

from __future__ import annotations

from scrapy.commands import ScrapyHelpFormatter


class HelpFormatter(ScrapyHelpFormatter):
    """Scrapy's formatter for help with colons in it. Scrapy's own takes each line that ends with one for a heading."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Return the lines of an option's help, with a space after a colon at a line's end: the width decides where."""
        return [f"{line} " if line.endswith(":") else line for line in super()._split_lines(text, width)]
