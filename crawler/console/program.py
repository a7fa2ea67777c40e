"""The program's name as the user called it, for messages that name a command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = "wayback-policies"
"""Our own name, an entry point of the installed package; the commands are Scrapy's and ours alike."""


def command_line(command: str) -> str:
    """Return what the user types for a command: `wayback-policies crawl`, or `scrapy crawl` if Scrapy's name was used."""
    program = PROGRAM if Path(sys.argv[0]).stem == PROGRAM else "scrapy"
    return f"{program} {command}"
