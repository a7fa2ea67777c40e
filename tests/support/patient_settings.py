"""The project's settings with a conversion time limit for a busy machine."""

from crawler.settings import *  # noqa: F403 - as docs/settings.md has it

CONVERSION_SECONDS = 120
