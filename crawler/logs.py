"""Log lines that name the capture and leave its bytes out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import logformatter

from crawler.errors import OutputError
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure

QUIET = (
    "scrapy.utils.log",
    "scrapy.crawler",
    "scrapy.middleware",
    "scrapy.addons",
    "scrapy.core.engine",
    "py.warnings",
)
"""Loggers that tell a user of this program nothing below WARNING."""


EXPLAINED = ("scrapy.core.scraper", "scrapy.core.engine", "scrapy.utils.signal", "scrapy.pqueues")
"""Loggers that print a traceback for whatever was raised, which for an OutputError the run's last line explains."""


def be_quiet() -> None:
    """Keep QUIET loggers quiet. By filters: Scrapy sets the levels of its loggers anew when it configures logging."""
    for name in QUIET:
        logging.getLogger(name).addFilter(_matters)
    for name in EXPLAINED:
        logging.getLogger(name).addFilter(_is_unexplained)


def _is_unexplained(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], OutputError))


def _matters(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's, with items shortened to their capture."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:  # noqa: ARG002
        message = "%(domain)s %(timestamp)s %(url)s: %(fate)s %(cause)s"
        return {"level": logging.DEBUG, "msg": message, "args": _facts(item)}

    def item_error(
        self,
        item: Any,
        exception: BaseException,
        response: Response | Failure | None,  # noqa: ARG002
        spider: Spider,  # noqa: ARG002
    ) -> LogFormatterResult:
        args = {**_facts(item), "cause": f"{type(exception).__name__}: {exception}"}
        return {"level": logging.ERROR, "msg": "%(domain)s %(timestamp)s %(url)s: %(cause)s", "args": args}


def _facts(item: Any) -> dict[str, Any]:
    capture = item.capture
    return {
        "domain": item.domain,
        "timestamp": capture.timestamp,
        "url": printable(capture.original),
        "fate": getattr(item, "fate", ""),
        "cause": printable(getattr(item, "cause", "")),
    }
