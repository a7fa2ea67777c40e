"""Values of settings: pure functions of what `-s`, a settings module or Scrapyd gives. Each raises ValueError."""

from __future__ import annotations

import logging
import math
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from crawler.companies import check_language
from pipelines.catalog.connection_remedy import with_remedy
from pipelines.catalog.database import URL_FORMS, first_line, missing_driver, parsed
from pipelines.errors import OutputError
from pipelines.installation import install_command
from pipelines.output.location import ObjectLocation, location_of
from pipelines.output.storage import open_storage
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.output.location import Location

_TRUE_OR_FALSE: Final = {"0", "1", "true", "false", "True", "False"}
"""The texts that Scrapy's `getbool` reads."""
_SQLITE: Final = b"SQLite format 3\0"
"""The first bytes of a database (sqlite.org/fileformat.html, section 1.3.1)."""
_CONNECT_SECONDS: Final = 10


def number(*, least: float = 0, most: float = math.inf, whole: bool = False) -> Callable[[Any], None]:
    """Return a check for a number from `least` to `most`."""
    kind = "a whole number" if whole else "a number"
    limits = f"{kind}, {least:.12g} or more" if most == math.inf else f"{kind} from {least:g} to {most:g}"

    def check(value: Any) -> None:
        if not isinstance(value, (int, float, str)) or isinstance(value, bool) or not str(value).isascii():
            raise ValueError(f"write {limits}")
        try:
            read = int(value) if whole else float(value)
        except (ValueError, OverflowError):
            raise ValueError(f"write {limits}") from None
        if not math.isfinite(read) or not least <= read <= most or (isinstance(value, float) and read != value):
            raise ValueError(f"write {limits}")

    return check


def check_flag(value: Any) -> None:
    """Check a truth value, as Scrapy reads it."""
    if not (isinstance(value, (bool, int)) and value in {0, 1}) and str(value) not in _TRUE_OR_FALSE:
        raise ValueError("use 1 or 0")


def one_of(*words: str) -> Callable[[Any], None]:
    """Return a check for one of some words."""

    def check(value: Any) -> None:
        if value not in words:
            raise ValueError(f"use {' or '.join(words)}")

    return check


def check_languages(value: Any) -> None:
    """Check a list of ISO 639-1 codes, with commas between."""
    for code in value.split(",") if isinstance(value, str) and value else value or ():
        check_language(str(code).strip())


def check_text(value: Any) -> None:
    """Check text, which may be empty."""
    if not isinstance(value, str):
        raise ValueError("write text, in quotes")  # noqa: TRY004 - a wrong value, not a wrong call


def check_web_address(value: Any) -> None:
    """Check the address of a folder on the Web; empty for none."""
    check_text(value)
    if not value:
        return
    try:
        url = urlsplit(value)
        is_one = url.scheme in {"http", "https"} and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_one = False
    if not is_one or not value.isascii() or re.search(r"[\s<>\"?#@]", value):
        raise ValueError("write an address as https://example.org/policies, without a password, ? or #")


def check_server(value: Any) -> None:
    """Check the address of a server, which can't be left empty."""
    check_web_address(value)
    if not value:
        raise ValueError("names no server; write https://host")


def check_parquet(value: Any) -> None:
    """Check where the columnar index of Common Crawl is: paths and addresses, with commas between; empty for none."""
    check_text(value)
    for part in filter(None, map(str.strip, value.split(","))):
        if part.startswith(("http://", "https://")):
            continue
        path = _path(part, "file")
        if not path.exists():
            raise ValueError(f"{part:.200}: no such file or folder; name Parquet files, a folder or a list of them")
    if value and (missing := [name for name in ("duckdb", "fsspec") if find_spec(name) is None]):
        raise ValueError(f"needs {' and '.join(missing)}: {install_command('commoncrawl')}")


def check_log_level(value: Any) -> None:
    """Check the name or number of a level."""
    names = logging.getLevelNamesMapping()
    if not isinstance(value, int) and value not in names:
        raise ValueError(f"use one of {', '.join(names)}")


def check_file_to_write(value: Any) -> None:
    """Check the path of a file that can be created; empty for none."""
    if not value:
        return
    path = _path(value, "file")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError("can't be written; name a file in a folder that exists and can be written")


def check_file(value: Any) -> None:
    """Check the path of a file. Whether it can be read is found out by whoever reads it."""
    _path(value, "file")


def check_optional_file(value: Any) -> None:
    """Check the path of a file, which is empty for none."""
    if value:
        check_file(value)


def check_folder(value: Any) -> None:
    """Check the path of a folder, which may be missing, or the address of one in an object store."""
    location = location_of(value) if isinstance(value, str) else None
    if isinstance(location, ObjectLocation):
        if find_spec("obstore") is None:
            raise ValueError(f"needs obstore: {install_command('s3')}")
        return
    path = _path(value, "folder")
    try:
        found = next(each for each in (path, *path.parents) if os.path.lexists(each))
    except (OSError, StopIteration):
        return
    if not found.is_dir():
        raise ValueError(f"can't write here: {found} is no folder; name another OUTPUT_DIR")


def check_optional_folder(value: Any) -> None:
    """Check the path of a folder, which is empty for none."""
    if value:
        _path(value, "folder")


def _path(value: Any, what: str) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError(f"names no {what}" + ("; write . for the current one" if what == "folder" else ""))
    path = Path(value)
    if "\0" in str(path):
        raise ValueError(f"no path of a {what}: it contains a NUL")
    if str(path).startswith("~"):
        raise ValueError("the shell leaves ~ as it is here; write the whole path")
    return path


def check_readable(location: Location) -> None:
    """Check that an object store answers. Raises ValueError. What is missing in a folder is told by whoever reads it."""
    try:
        open_storage(location).check_readable()
    except (OSError, OutputError) as error:
        raise ValueError(str(error)) from None


def make_writable(location: Location) -> None:
    """Make a folder for output if it is missing. Raises ValueError if nothing can be written to it, or to its bucket."""
    if isinstance(location, Path):
        make_folder(location, "OUTPUT_DIR")
        return
    try:
        open_storage(location).check_writable()
    except (OSError, OutputError) as error:
        raise ValueError(f"can't write here: {error}") from None


def make_folder(path: Path, setting: str) -> None:
    """Make the folder that a setting names if it is missing. Raises ValueError if nothing can be written to it."""
    remedy = f"see {setting}"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"can't write here: {error.strerror}; {remedy}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ValueError(f"can't write here: no permission, or the disk is read-only; {remedy}")


def check_catalog_url(value: Any) -> None:
    """Check the address of a database: its form, its driver, and for SQLite its file. Empty is catalog.db in OUTPUT_DIR."""
    if not isinstance(value, (str, sa.URL)):
        raise ValueError(f"write {URL_FORMS['sqlite']} or {URL_FORMS['postgresql']}")  # noqa: TRY004 - a wrong value
    if not value:
        return
    try:
        url = parsed(value)  # type: ignore[arg-type]
        dialect = url.get_backend_name()
        if dialect not in URL_FORMS:
            raise ValueError(f"{dialect} can't hold the catalog; write {' or '.join(URL_FORMS.values())}")
        url.get_dialect().import_dbapi()
    except ArgumentError as error:
        raise ValueError(f"{first_line(error)}; write {' or '.join(URL_FORMS.values())}") from None
    except SQLAlchemyError as error:
        raise ValueError(f"{first_line(error)}; write {URL_FORMS[dialect]}") from None
    except ImportError as error:
        raise ValueError(missing_driver(error, str(value))) from None
    if dialect == "sqlite" and url.database:
        check_sqlite(Path(url.database))


def check_sqlite(path: Path) -> None:
    """Check a file that is, or becomes, a SQLite database."""
    try:
        if not path.exists():
            if not path.parent.is_dir():
                raise ValueError(f"no folder {path.parent}; make it, or name another file")
            return
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise ValueError(f"can't be opened ({error.strerror}); name a file for the catalog") from None
    if start not in {b"", _SQLITE}:
        raise ValueError("file is not a database; name another file for the catalog")


def connect(url: str) -> None:
    """Connect to the catalog's database server. Raises ValueError with the driver's reason, without passwords."""
    engine = sa.create_engine(parsed(url), connect_args={"connect_timeout": _CONNECT_SECONDS})
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        raise ValueError(redacted(f"can't use this as the catalog: {with_remedy(first_line(error))}", url)) from None
    finally:
        engine.dispose()
