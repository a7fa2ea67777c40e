"""The files of the report, and its data as script files, because a page opened from disk can't load JSON.

Data are escaped so that no archived text becomes markup. Texts and comparisons are named by the hash of their texts, and
written once.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.document import parse
from pipelines.kinds import KINDS, folder_of
from pipelines.measures import Change, change_between, measured_by
from pipelines.output.storage import TEMPORARY, open_storage
from pipelines.report.history import StepKind
from pipelines.report.line_links import line_links
from pipelines.report.worddiff import compare, lines_of
from pipelines.similarity.compared_text import ComparedText

if TYPE_CHECKING:
    from pipelines.document import Document
    from pipelines.output.location import Location
    from pipelines.report.history import Step
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

FORMAT = 5
"""Version of the data of texts and comparisons, part of their file names. Raise it with every change of the data."""

_FOLDERS = "|".join(map(re.escape, map(folder_of, KINDS)))
_TEXT_PATH = re.compile(rf"text/[a-z0-9.-]+/(?:{_FOLDERS})[0-9a-f-]+\.txt", re.ASCII)

# JSON inside a script element is unsafe only where it ends the element or a line: "</script", "<!--", U+2028 and U+2029.
_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})
_CALL = "PolicyReport.put("


def script(name: str, data: Any) -> bytes:
    """Return a script file that passes `data` to the page under `name`. Lone surrogates become question marks."""
    return f"{_CALL}{as_json(name)},{as_json(data)});\n".encode(errors="replace")


def read_script(file: bytes) -> Any:
    """Return the data of a script file. Raises ValueError for a file that `script` did not write."""
    text = file.decode()
    if not (text.startswith(_CALL) and text.endswith(");\n")):
        raise ValueError("not a data file of the report")
    return json.loads(f"[{text[len(_CALL) : -3]}]")[1]


def as_json(data: Any) -> str:
    """Return `data` as JSON that is safe inside a script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


@dataclass
class SiteFolder:
    """The folder OUTPUT_DIR/report. `kept` names the files of this build, `written` counts those that changed."""

    root: Location
    written: int = 0
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.storage = open_storage(self.root / "report").listed_once()

    def put(self, name: str, data: bytes) -> None:
        """Write a file if its content differs."""
        self.written += self.storage.write(name, data)
        self.kept.add(name)

    def has(self, name: str) -> bool:
        """Return whether a file named by its content exists, and keep it."""
        if name not in self.kept and self.storage.size(name) is None:
            return False
        self.kept.add(name)
        return True

    def sweep(self) -> None:
        """Delete the files of earlier builds that this build does not contain."""
        for name in [*self.storage.list("companies/"), *self.storage.entries("")]:
            is_ours = name.startswith(("companies/", "overview-data", "index.")) and name.endswith(
                (".html", ".js", TEMPORARY)
            )
            if is_ours and name not in self.kept:
                self.storage.delete(name)


class TextFiles:
    """The texts and comparisons of one company, as script files. `root` is the output folder."""

    def __init__(self, root: Location, folder: SiteFolder, slug: str, topics: Topics) -> None:
        self._root = root
        self._topics = topics
        self._site = folder
        self._folder = f"companies/{slug}"
        self._document = cache(self._read)

    def add(self, version: Version) -> str:
        """Write the lines of a version's text and their links; return the file's name, an empty one without the text."""
        name = _name(version)
        if version.is_withheld:
            return ""
        if self._site.has(f"{self._folder}/{name}.js"):
            return name
        document = self._document(version.path)
        if document is None:
            return ""
        data = [lines_of(document.title or "", document.body), list(line_links(document.body))]
        self._site.put(f"{self._folder}/{name}.js", script(name, data))
        return name

    def measure(self, before: Version, version: Version) -> Change | None:
        """Write the comparison of two versions; return the change, None without the text files."""
        name, by = _pair(before, version), measured_by(self._topics)
        path = f"{self._folder}/{name}.js"
        if self._site.has(path) and (known := _change_in(self._site.storage.read(path), by)):
            return known
        old, new = self._document(before.path), self._document(version.path)
        if old is None or new is None:
            return None
        change = change_between(ComparedText.of(old), ComparedText.of(new), self._topics)
        rows = compare(*(lines_of(document.title or "", document.body) for document in (old, new)))
        self._site.put(path, script(name, [rows, by, astuple(change)]))
        return change

    def difference(self, step: Step, steps: tuple[Step, ...]) -> str:
        """Return the name of the comparison that `measure` wrote; empty if it wrote none."""
        if step.kind is StepKind.WITHHELD:
            return ""
        name = _pair(steps[step.before - 1].version, step.version)
        return name if self._site.has(f"{self._folder}/{name}.js") else ""

    def _read(self, path: str) -> Document | None:
        """Read a text file; None if it is gone: a crawl that runs meanwhile may have renamed it."""
        if not _TEXT_PATH.fullmatch(path):
            return None
        try:
            return parse(open_storage(self._root).read(path).decode(errors="replace"))
        except FileNotFoundError:
            return None


def _name(version: Version) -> str:
    return f"{version.text_sha256[:16]}.{FORMAT}"


def _pair(before: Version, version: Version) -> str:
    return f"{before.text_sha256[:16]}-{_name(version)}"


def _change_in(file: bytes, by: str) -> Change | None:
    """Return the change from a comparison's file; None if the file is damaged or was measured otherwise."""
    try:
        _, measured, (name, *words, topics) = read_script(file)
        added, removed, moved = map(int, words)
        return Change(str(name), added, removed, moved, str(topics)) if measured == by else None
    except (ValueError, TypeError, IndexError):
        return None
