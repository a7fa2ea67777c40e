"""The file of a list of one's own, extended in place so that nobody sees half of it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.company_list.addition import extended
from pipelines import located_yaml
from pipelines.errors import CompaniesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.company_list.addition import Entry, Extended

_BOM: Final = b"\xef\xbb\xbf"


def add_entry(path: Path, entry: Entry) -> Extended:
    """Add an entry to a file, which is made if it is missing. Raises CompaniesError if that can't be done."""
    target = Path(os.path.realpath(path))
    try:
        with _replacement(target) as temporary:
            is_there = target.exists()
            if is_there and not target.is_file():
                raise CompaniesError(str(path), None, "no file; name a file with -s COMPANIES_FILE=")
            text = located_yaml.text_of_file(str(target), located_yaml.COMPANIES) if is_there else ""
            has_bom = is_there and target.read_bytes()[:3] == _BOM
            made = extended(text, str(path), entry)
            temporary.write_bytes(_BOM * has_bom + made.text.encode())
            if is_there:
                shutil.copymode(target, temporary)
            temporary.replace(target)
    except OSError as error:
        problem = f"can't be written ({error.strerror}); name a file in a folder that exists and can be written"
        raise CompaniesError(str(path), None, problem) from error
    return made


@contextmanager
def _replacement(target: Path) -> Iterator[Path]:
    """Give an empty file beside `target` that is to take its place at the end. Nobody else adds to the list meanwhile."""
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.touch(exist_ok=False)
    except FileExistsError:
        problem = (
            f"another command adds to it just now; if none does, delete {temporary}, which one that was killed left"
        )
        raise CompaniesError(str(target), None, problem) from None
    try:
        yield temporary
    except BaseException:  # once it has taken its place, a file of that name is another command's
        temporary.unlink(missing_ok=True)
        raise
