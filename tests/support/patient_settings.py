"""The project's settings, with time for a page to be converted on a busy machine."""

from crawler.settings import *  # noqa: F403 - as docs/settings.md has it

CONVERSION_SECONDS = 120
