"""YAML with the line of every value: text, lists and mappings only, bounded in size and depth.

Scalars are read as they are written, so that `languages: [no]` is Norwegian and not false.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml
from yaml.reader import Reader

from pipelines.errors import CompaniesError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from pipelines.errors import UsageError

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same nodes, ten times slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_BYTES = 16 << 20
"""Bytes of the largest file read; a list of 10,000 companies is about one million."""
MAX_DEPTH = 16
"""Depth of nested lists and mappings; a companies file needs four."""

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Step: TypeAlias = "str | int"
"""A mapping's key or a list's index. A sequence of them is the location of a value, as pydantic's `loc`."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a file is for: its setting, its error, and what to write in place of an empty or a too deep one."""

    setting: str
    fault: Callable[[str, int | None, str], UsageError]
    empty: str
    deep: str


COMPANIES: Final = Form(
    "COMPANIES_FILE", CompaniesError, "start it with `companies:` and a list", "a company is a flat mapping with lists"
)


@dataclass(frozen=True, slots=True)
class LocatedYaml:
    """A parsed file: its values as `plain`, and the line of each by its location."""

    form: Form
    path: str
    root: yaml.Node
    plain: Plain

    def line_of(self, loc: Sequence[Step]) -> int:
        """Return the line, from 1, of the value at `loc`, or of the last value on the path to it that exists."""
        node, line = self.root, self.root.start_mark.line
        for step in loc:
            found = _follow(node, step)
            if found is None:
                break
            node, line = found
        return line + 1

    def error(self, loc: Sequence[Step], problem: str) -> UsageError:
        return self.form.fault(self.path, self.line_of(loc), problem)


def read(path: str | PathLike[str], form: Form = COMPANIES) -> LocatedYaml:
    """Read one YAML document. Raises the form's error for any fault of the file or of the YAML in it."""
    where = str(Path(path))
    return parse(text_of_file(where, form), where, form)


def parse(text: str, where: str, form: Form) -> LocatedYaml:
    """Parse one YAML document that stands in the file `where`. Raises the form's error."""
    try:
        _refuse_expansion(where, text, form)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(where, text, error, form) from error
    if root is None:
        raise form.fault(where, None, f"the file is empty; {form.empty}")
    return LocatedYaml(form, where, root, _plain(where, root, form))


def text_of_file(path: str, form: Form) -> str:
    """Return the text of a file, without its byte order mark. Raises the form's error."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = f"can't be read ({error.strerror}); name a file with -s {form.setting}="
        raise form.fault(path, None, problem) from error
    if len(data) > MAX_BYTES:
        raise form.fault(path, None, f"larger than {MAX_BYTES >> 20} MiB; split it into several files")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise form.fault(path, line, "not UTF-8; save the file as UTF-8") from error


def _refuse_expansion(path: str, text: str, form: Form) -> None:
    """Refuse YAML that could make the node graph larger than the file, or deeper than the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise form.fault(path, line, f"nested too deeply; {form.deep}")
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise form.fault(path, line, "YAML anchors, aliases and tags (&, *, !) are refused; write values out")


def _syntax_error(path: str, text: str, error: yaml.YAMLError, form: Form) -> UsageError:
    remedy = "mend it, or quote the value if it has special characters"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return form.fault(path, error.problem_mark.line + 1, f"not valid YAML ({error.problem}); {remedy}")
    # A ReaderError: a character YAML does not allow. libyaml counts bytes, PyYAML characters: look for it again.
    found = Reader.NON_PRINTABLE.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else None
    return form.fault(path, line, f"not valid YAML (a control character); {remedy}")


def _plain(path: str, node: yaml.Node, form: Form) -> Plain:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item, form) for item in node.value]
    result: dict[str, Plain] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise form.fault(path, line, "a key must be a word; put text that starts with [ or { in quotes")
        if key.value in result:
            raise form.fault(path, line, f"key {key.value!r:.80} stands twice in this mapping; remove one")
        result[key.value] = _plain(path, value, form)
    return result


def _follow(node: yaml.Node, step: Step) -> tuple[yaml.Node, int] | None:
    """Return the value one step further, and the line (from 0) of its key or of itself."""
    if isinstance(node, yaml.MappingNode):
        return next(((value, key.start_mark.line) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line
    return None
