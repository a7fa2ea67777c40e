"""urlkeys: the SURT (sort-friendly URI reordering transform) by which CDX indexes name and sort pages. Pure.

The rules are those of the Internet Archive's canonicaliser, as its CDX server's README and recorded answers show them:
host and path as in Google's Safe Browsing specification ("Canonicalization"), then everything in lower case, without
`www`, default port, user name, session ids, fragment and trailing slash, with sorted arguments.
tests/integration/test_surt.py compares the keys with those of internetarchive/surt.
"""

from __future__ import annotations

import re
import socket
from typing import Final

from crawler.archives.argument_order import sorted_arguments
from crawler.archives.percent_escapes import escaped, unescaped
from crawler.archives.session_ids import without_path_sessions, without_query_sessions
from pipelines.untrusted import MAX_URL, url_problem

_SPACE: Final = " \x0b\x0c"
_SCHEME: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_REPEATED_SCHEME: Final = re.compile(rb"(?:https?://)+(?=https?://)")
_PARTS: Final = re.compile(rb"([^:]+):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?")
"""Scheme, authority, path, query (RFC 3986, appendix B)."""
_DEFAULT_PORTS: Final = {b"http": 80, b"https": 443}
_MAX_PORT: Final = 65_535

_MAX_IDNA: Final = 512
"""Characters of a host that is tried as IDNA, which takes the square of a label's length in time. A name has 253."""
_NUMERIC_HOST: Final = re.compile(rb"0[0-7]*(?:\.[0-7]+){0,3}|[1-9][0-9]*(?:\.[0-9]+){0,3}|[0-9]+")
_WWW: Final = re.compile(r"www[0-9]*\.")


def urlkey_of(url: str) -> str:
    """Return the urlkey of a URL or host; the URL itself if it has none or can't be used (pipelines.untrusted).

    A key is no longer than MAX_URL, as the catalog's index requires.
    """
    address = url if "//" in url else f"http://{url}"
    if url_problem(address):
        return url
    try:
        key = surt(address)
    except ValueError:
        return url
    return key if len(key) <= MAX_URL else url  # a percent sign that encodes nothing becomes three characters


def surt(url: str) -> str:
    """Return the SURT of any URL: `http://www.Example.com:80/A/?b&a#c` becomes `com,example)/a?a&b`.

    The time it takes is linear in the URL's length, the sort of the arguments aside. Raises ValueError if the URL is
    empty, has an impossible port, or can't be encoded.
    """
    if url.startswith("filedesc"):  # the header of an ARC file
        return url
    scheme, host, port, path, query = _split(url)
    name = _host(host)
    tail = _path(path, has_host=bool(name)) + _query(query)
    tail = f"/{tail}" if (name and not tail.startswith("/")) or tail.startswith("?") else tail
    if not name:
        return f"{scheme.decode()}:{tail}"
    shown = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme.lower()) else ""
    return f"{','.join(reversed(name.split('.')))}{shown}){tail}"


def _split(url: str) -> tuple[bytes, bytes, int, bytes, bytes]:
    """Return scheme (http if there is none), host, port, path and query as they are. Raises ValueError."""
    text = url.replace("\t", "").replace("\n", "").replace("\r", "").strip(_SPACE).encode()
    if not text:
        raise ValueError("no URL")
    if not _SCHEME.match(text):
        text = b"http://" + text
    repeated = _REPEATED_SCHEME.match(text)
    parts = _PARTS.match(text, repeated.end() if repeated else 0)
    scheme, authority, path, query = parts.groups(b"") if parts else (b"", b"", b"", b"")
    host, port = _host_and_port(authority)
    if not host and scheme.startswith(b"http"):  # `http:/example.com/path`, and without a scheme `//example.com/path`
        host, slash, rest = path.lstrip(b"/").partition(b"/")
        path = slash + rest or (path and b"/")
    return scheme, host, port, path, query


def _host_and_port(authority: bytes) -> tuple[bytes, int]:
    """Return the host, without the brackets of an IPv6 address, and the port, or 0. Raises ValueError."""
    named = authority.rpartition(b"@")[2].rstrip(b":")
    _, bracket, bracketed = named.partition(b"[")
    host, _, port = (bracketed.partition(b"]")) if bracket else named.partition(b":")
    port = port.partition(b":")[2] if bracket else port
    if not port:
        return host, 0
    if not port.isdigit() or int(port) > _MAX_PORT:
        raise ValueError(f"impossible port {port[:20].decode(errors='replace')}")
    return host, int(port)


def _host(host: bytes) -> str:
    """Return a host in lower case, in ASCII, with numbers as an IPv4 address, without `www`; empty if it has only dots."""
    name = _idna(unescaped(host)).strip(b".").replace(b"..", b".")
    if _NUMERIC_HOST.fullmatch(name):
        name = _ipv4(name)
    shown = escaped(name)
    www = _WWW.match(shown)
    return shown[www.end() :] if www else shown


def _idna(host: bytes) -> bytes:
    """Return a host as the domain name system has it (IDNA 2003), or as it is if it can't have it."""
    text = host.decode("utf-8", "ignore")
    if len(text) > _MAX_IDNA:
        return host
    try:
        return text.encode("idna")
    except UnicodeError:
        return host


def _ipv4(host: bytes) -> bytes:
    """Return the address that up to four numbers stand for: one alone modulo 2**32, several as inet_aton(3) reads them."""
    if b"." not in host:
        return socket.inet_ntoa((int(host) % (1 << 32)).to_bytes(4)).encode()
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode())).encode()
    except OSError:
        return host


def _path(path: bytes, *, has_host: bool) -> str:
    plain = unescaped(path)
    text = without_path_sessions(escaped(_without_dots(plain) if has_host else plain))
    return text[:-1] if len(text) > 1 and text.endswith("/") else text


def _without_dots(path: bytes) -> bytes:
    """Return a path without empty and `.` segments; `..` takes the one before it away, or stays if there is none."""
    while b"/./" in path:
        path = path.replace(b"/./", b"/")
    path = path.removesuffix(b"/.")
    if b"/.." in path:
        path = _without_parents(path)
    while b"//" in path:
        path = path.replace(b"//", b"/")
    return path or b"/"


def _without_parents(path: bytes) -> bytes:
    kept: list[bytes] = []
    append, pop = kept.append, kept.pop
    for segment in path.split(b"/")[1:]:
        if segment == b".." and kept:
            pop()
        else:
            append(segment)
    return b"/" + b"/".join(kept)


def _query(query: bytes) -> str:
    """Return the arguments sorted by name and value, with a question mark; empty if there are none."""
    text = without_query_sessions(escaped(unescaped(query)))
    return f"?{sorted_arguments(text)}" if text else ""
