"""A target whose module takes longer to import than the tests' time limit for a page."""

import os
import time

time.sleep(2.5)


def perform(html: bytes, **_: str) -> object:
    time.sleep(float(html) if html[:1].isdigit() else 0.0)
    return os.getpid()
