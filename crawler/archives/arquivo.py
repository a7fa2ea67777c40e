"""Arquivo.pt, the Portuguese web archive: pywb's CDX server, playback without its frame, limits that are never exceeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crawler.archives.base import Pace
from crawler.archives.playback_urls import read_playback_address
from crawler.archives.pywb import PywbArchive

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE: Final = "https://arquivo.pt/wayback"
REPLAY: Final = "https://arquivo.pt/noFrame/replay/"
"""Prefix of playback: below BASE, a page comes in a frame (arquivo/pwa-technologies wiki, "APIs")."""

MOST_CALLS: Final = 250
"""Requests a minute to the CDX server that an address may send. One that sends more is blocked for good (same wiki)."""
MOST_PLAYBACKS: Final = 400
"""The same for mementos."""
_SHARE: Final = 0.8
"""Share of a limit that is used: the archive counts arrivals, and others may share the address."""

PACE: Final = Pace(_SHARE * MOST_CALLS, _SHARE * MOST_PLAYBACKS / 60, is_absolute=True)


class ArquivoArchive(PywbArchive):
    """Arquivo.pt, or a server like it at `base`."""

    pace = PACE

    def __init__(self, base: str = BASE, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(base, headers=headers)
        self.name = "arquivo" if base == BASE else f"arquivo+{base}"
        self._framed = f"{base}/"
        if base == BASE:
            self.playback_prefix = REPLAY

    def playback_target(self, address: str) -> tuple[str, str] | None:
        """Return timestamp and URL of a playback address, with the frame or without. Redirects lead to either."""
        return super().playback_target(address) or (
            None if address.startswith(f"{self.base}/cdx?") else read_playback_address(self._framed, address)
        )
