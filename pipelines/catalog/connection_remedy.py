"""The remedy for a server that can't be connected to, by the words of its client: PostgreSQL's, Redis's, Dask's."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = "start the server, or check host and port"
_REMEDIES: Final = {
    r"connection refused|no route to host|network is unreachable|host is down|timed out|timeout expired": _ADDRESS,
    r"(?:socket|connecting to) \S*/.*no such file": "start the server, or check the path of its socket",
    r"resolve host|name or service not known|nodename nor servname|in name resolution|no address associated": (
        "check the host's name (an @ in a password is written %40)"
    ),
    r"authentication failed|no password supplied|role .* does not exist": (
        "check user name and password; what is special in them is percent-encoded (@ as %40)"
    ),
    r"no pg_hba\.conf entry": "the server lets this user in from elsewhere only; see its pg_hba.conf",
    r"database .* does not exist": "make the database, or check its name",
    r"too many clients|connection slots": "wait for other programs to end, or raise the server's max_connections",
    r"is (?:starting up|shutting down)|in recovery mode": "try again in a moment",
}
"""What clients and servers say, as regular expressions without regard to case, and what to do. The first one holds."""


def with_remedy(reason: str) -> str:
    """Return why a connection failed, with what to do; the reason alone if none of the known ones is in it."""
    found = next((remedy for words, remedy in _REMEDIES.items() if re.search(words, reason, re.IGNORECASE)), "")
    return "; ".join(filter(None, (reason, found)))
