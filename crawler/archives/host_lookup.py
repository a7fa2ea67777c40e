"""Why a host has no address: its name is unknown, or the resolver can't tell now. Scrapy has one error for both."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

_UNKNOWN: Final = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
}
"""Answers of getaddrinfo(3) that are final. EAI_AGAIN and EAI_FAIL are the resolver's own trouble."""
_SECONDS: Final = 10.0


async def is_unknown_host(host: str) -> bool:
    """Whether the resolver says that there is no such host. False if it does not answer, or knows the host by now."""
    try:
        async with asyncio.timeout(_SECONDS):
            await asyncio.get_running_loop().getaddrinfo(host, None)
    except socket.gaierror as error:
        return error.errno in _UNKNOWN
    except UnicodeError:  # a label that no host can have
        return True
    except (OSError, TimeoutError):
        return False
    return False
