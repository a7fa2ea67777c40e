"""The rates of an archive's services: its own pace, and the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crawler.archives.base import LISTING, PLAYBACK

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from crawler.archives.base import Pace


def rates_of(settings: BaseSettings, pace: Pace) -> dict[str, float]:
    """Return the rate of each service of an archive, in requests a second; 0 for no limit.

    An archive's own pace goes before the settings of the project. One that the user sets goes before it, unless it
    `is_absolute`: then the lower of the two holds.
    """
    own = {LISTING: pace.calls_per_minute, PLAYBACK: pace.playbacks_per_second}
    return {
        service: _rate(settings, name, own[service], is_absolute=pace.is_absolute) / seconds
        for service, (name, seconds) in _SETTINGS.items()
    }


_SETTINGS: Final = {LISTING: ("CDX_CALLS_PER_MINUTE", 60), PLAYBACK: ("PLAYBACK_CALLS_PER_SECOND", 1)}
"""The setting of each service's rate, and the seconds of its unit."""
_PROJECT: Final = 20
"""Priority of the project's own settings.py: one of higher priority is the user's."""


def _rate(settings: BaseSettings, name: str, own: float | None, *, is_absolute: bool) -> float:
    given = settings.getfloat(name)
    if own is None:
        return given
    if (settings.getpriority(name) or 0) <= _PROJECT:
        return own
    return min(own, given or own) if is_absolute else given
