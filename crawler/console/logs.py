"""Log lines: without passwords, without the bytes of a capture, without Scrapy's own start-up messages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import logformatter

from crawler.archives.failures import in_words
from pipelines.errors import OutputError
from pipelines.redaction import redacted
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure

QUIET_LOGGERS = (
    "scrapy.utils.log",
    "scrapy.crawler",
    "scrapy.middleware",
    "scrapy.addons",
    "scrapy.core.engine",
    "py.warnings",
    "alembic.runtime.migration",
    "alembic.runtime.plugins",
)
"""Loggers whose records below WARNING mean nothing to a user of this program."""


TRACEBACK_LOGGERS = ("scrapy.core.scraper", "scrapy.core.engine", "scrapy.utils.signal", "scrapy.pqueues")
"""Loggers that print a traceback of every exception. For an OutputError the run's last line says enough."""


class RedactedRecord(logging.LogRecord):
    """A log record without passwords, from any logger to any handler: the last line of defence."""

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        try:
            return redacted(super().getMessage())
        except (TypeError, ValueError, KeyError):  # logging would print the arguments as they are
            return redacted(f"{self.msg} {self.args}")

    @property
    def exc_text(self) -> str | None:
        """The formatted traceback, which a handler's formatter sets."""
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = text and redacted(text)


def configure_loggers() -> None:
    """Redact all records, and filter loggers. Levels won't do: Scrapy resets them when it configures logging."""
    logging.setLogRecordFactory(RedactedRecord)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).addFilter(_is_warning)
    for name in TRACEBACK_LOGGERS:
        logging.getLogger(name).addFilter(_needs_traceback)


def _needs_traceback(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], OutputError))


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's formatter, with items shortened to their capture."""

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
        args = {**_facts(item), "cause": in_words(exception)}
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
