"""What is wrong with a WARC file of the output folder, in words."""

from __future__ import annotations

from typing import NamedTuple

from pipelines.quantity import quantity


class Damage(NamedTuple):
    """What is wrong with a WARC file; the records that end within its first `size` bytes may be whole."""

    file: str
    size: int
    reason: str

    def what(self, lost: int) -> str:
        """Return in words what is wrong, and how many mementos are lost with it."""
        have = "has its record or body" if lost == 1 else "have their records or bodies"
        return f"{self.reason}; {quantity(lost, 'memento')} {have} in what is gone"

    @staticmethod
    def mend(lost: int, used: int) -> str:
        """Return what becomes of the mementos lost; captures were read from `used` of them.

        The others are home pages and redirects. A crawl asks for those again that lead to what it fetches.
        """
        if not used:
            return "no capture was read from them: a crawl forgets those that it does not need"
        if used == lost:
            return f"a crawl fetches {'it' if lost == 1 else 'them'} again"
        return (
            f"a crawl fetches {used:,} of them again, which captures were read from, with the redirects to those, "
            "and forgets the others"
        )
