"""Log lines: no password in any of them, whoever writes it."""

from __future__ import annotations

import logging
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from crawler.console.logs import RedactedRecord

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, StringIO]]:
    """Yield a logger as it is in a crawl, and what a plain handler writes of it."""
    before, text = logging.getLogRecordFactory(), StringIO()
    logger, handler = logging.getLogger("other.peoples"), logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.setLogRecordFactory(RedactedRecord)
    logger.addHandler(handler)
    yield logger, text
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


def test_redacted_record_hides_passwords(written: tuple[logging.Logger, StringIO]) -> None:
    logger, text = written
    logger.warning("asking %s, %(no)s", "http://me:s3cret@archive/web/")
    logger.warning("asking %s for %d", "http://me:s3cret@archive/web/", 3)
    logger.warning("settings: %(settings)s", {"settings": {"MAIL_PASS": "s3cret"}})
    logger.error("lost", exc_info=ValueError("no connection to postgresql://me:s3cret@db/x"))
    assert "asking %s, %(no)s ('http://***@archive/web/',)" in text.getvalue()
    assert "asking http://***@archive/web/ for 3" in text.getvalue()
    assert "ValueError: no connection to postgresql://***@db/x" in text.getvalue()
    assert "s3cret" not in text.getvalue()
