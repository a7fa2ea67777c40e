"""Where an output folder is: a local folder, or a prefix in a bucket of an object store that speaks S3."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final, Self
from urllib.parse import urlsplit

from pipelines.errors import OutputError, UsageError

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
"""The beginning of a URL. A scheme has two letters at least: `C:/` is a drive."""
_URL: Final = re.compile(r"s3://(?P<bucket>[^/]*)(?:/(?P<prefix>.*))?", re.DOTALL)
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
"""As S3 has it (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)."""
MAX_PREFIX: Final = 512
"""Bytes of a prefix in UTF-8: a key has 1,024 at most, and the names below the prefix need the others."""
_EXAMPLE: Final = "write s3://bucket/prefix"
ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Environment variables that name the server, as obstore reads them: the first that is set holds."""
_PORTS: Final = {"http": 80, "https": 443}
_AMAZON: Final = ".amazonaws.com"
"""The end of Amazon's hosts, of each region. A name of a bucket is given once in all of them."""


@dataclass(frozen=True, slots=True)
class ObjectLocation:
    """A prefix in a bucket; an empty one is the whole bucket. `spool_dir` is the setting SPOOL_DIR, which may be empty."""

    bucket: str
    prefix: str = ""
    spool_dir: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (f"s3://{self.bucket}", self.prefix)))

    def __truediv__(self, name: str) -> Self:
        """Return a location below this one."""
        below = PurePosixPath(self.prefix, name).as_posix()
        return type(self)(self.bucket, below, self.spool_dir)

    @property
    def endpoint(self) -> str:
        """The server's address as given, empty for that of Amazon."""
        return next(filter(None, map(os.environ.get, ENDPOINTS)), "")

    @property
    def spool(self) -> Path:
        """The local folder of this location: for files that are appended to, and for indexes of WARC archives."""
        return self._spool_for(plain_endpoint(self.endpoint))

    @property
    def former_spools(self) -> tuple[Path, ...]:
        """The folders that earlier releases may have used: these named them by the address as it was spelled."""
        plain = plain_endpoint(self.endpoint)
        found = dict.fromkeys(map(self._spool_for, (self.endpoint, *_spellings(plain))))
        return tuple(path for path in found if path != self._spool_for(plain))

    def _spool_for(self, endpoint: str) -> Path:
        whole = sha256(f"{endpoint} {self}".encode(errors="surrogatepass")).hexdigest()[:16]
        return spool_folder(self.spool_dir) / f"{self.bucket}-{whole}"


Location = Path | ObjectLocation


def plain_endpoint(endpoint: str) -> str:
    """Return one spelling for all of a server's address. Amazon's are all one store, and so are empty.

    It has a lower-case scheme and host, no port that is the scheme's default, no user, and no slash at its end. What is
    no address stays as it is.
    """
    scheme, host, port = _parts(endpoint)
    if not host:
        return endpoint
    if host.endswith(_AMAZON):
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port == _PORTS[scheme] else f"{scheme}://{shown}:{port}"


def _parts(endpoint: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address; no host if it is none, or has a path."""
    try:
        url = urlsplit(endpoint.strip())
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:
        return "", "", 0
    is_one = url.scheme in _PORTS and not url.path.strip("/")
    return url.scheme, host if is_one else "", port or _PORTS.get(url.scheme, 0)


def _spellings(plain: str) -> tuple[str, ...]:
    """Return usual spellings of an address that `plain_endpoint` has returned."""
    scheme, host, port = _parts(plain)
    if not host:
        return (plain,)
    with_port = plain if port != _PORTS[scheme] else f"{plain}:{port}"
    return plain, f"{plain}/", with_port, f"{with_port}/"


def spool_folder(given: str) -> Path:
    """Return SPOOL_DIR; if it is empty, a folder in the user's cache, which the next run finds from any folder."""
    if given:
        return Path(given).resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(cache or Path("~/.cache").expanduser()) / "wayback-policies" / "spool"


def location_of(value: str | Path, spool_dir: str = "") -> Location:
    """Return what OUTPUT_DIR names. Raises ValueError with the remedy, without what could be a password."""
    if isinstance(value, Path):
        return value
    scheme = _SCHEME.match(value)
    if not scheme:
        return Path(value)
    if scheme[1] != "s3":
        raise ValueError(f"{scheme[1]}: is not supported; write s3://bucket/prefix, or the path of a folder")
    url = _URL.fullmatch(value)
    if not url:
        raise ValueError(f"names no bucket; {_EXAMPLE}")
    if "@" in url["bucket"]:
        raise ValueError(f"the key stands in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; {_EXAMPLE}")
    if not _BUCKET.fullmatch(url["bucket"]):
        raise ValueError(f"names no bucket (3 to 63 of a-z, 0-9, - and .); {_EXAMPLE}")
    return ObjectLocation(url["bucket"], _prefix(url["prefix"] or ""), spool_dir)


def _prefix(given: str) -> str:
    """Return a prefix without slashes at its end. Raises ValueError."""
    prefix = given.rstrip("/")
    parts = prefix.split("/") if prefix else []
    if {"", ".", ".."} & set(parts) or not prefix.isprintable() or set("?#\\") & set(prefix):
        raise ValueError(f"a prefix has no empty part, no ., .., ?, #, \\ nor control characters; {_EXAMPLE}")
    if len(prefix.encode(errors="surrogatepass")) > MAX_PREFIX:
        raise ValueError(f"the prefix has more than {MAX_PREFIX} bytes")
    return prefix


def named_location(value: str | Path, spool_dir: str = "") -> Location:
    """Return what a caller names as a folder. Raises OutputError."""
    try:
        return location_of(value, spool_dir)
    except ValueError as error:
        raise OutputError(str(error)) from None


def resolved(location: Location) -> Location:
    """Return a location that stays the same when the working directory changes."""
    return location.resolve() if isinstance(location, Path) else location


def local_folder(location: Location) -> Path:
    """Return the folder on this machine that caches of a location are kept in."""
    return location if isinstance(location, Path) else location.spool


def check_catalog(location: Location, catalog_url: str) -> None:
    """Raise UsageError for files in an object store with a catalog in SQLite, which would stay on this machine."""
    if isinstance(location, ObjectLocation) and (not catalog_url or catalog_url.startswith("sqlite")):
        raise UsageError(
            f"OUTPUT_DIR={location}: files in an object store need a catalog on a server; set "
            "CATALOG_URL=postgresql+psycopg://host/database"
        )
