"""The columns of exports, read from the annotations of a dataclass's fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable

Value: TypeAlias = str | int | float | bool | datetime | None

TYPES: Final[dict[object, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    datetime: "datetime",
}
"""Names of Python types in Table Schema (Frictionless)."""


@dataclass(frozen=True, slots=True)
class About:
    """The description of a field in one line, and its unit; stands in the field's `Annotated`."""

    description: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is one of the values of TYPES; `required` columns are never empty."""

    name: str
    type: str
    description: str
    unit: str
    required: bool

    @property
    def whole(self) -> str:
        """Description and unit in one line."""
        return f"{self.description} (unit: {self.unit})" if self.unit else self.description


def columns_of(record: type) -> tuple[Column, ...]:
    """Return the columns of a dataclass: the fields annotated with an About, in order."""
    hints = get_type_hints(record, include_extras=True).items()
    return tuple(_column(name, *get_args(hint)) for name, hint in hints if get_origin(hint) is Annotated)


def _column(name: str, kind: Any, about: About) -> Column:
    kinds = get_args(kind) or (kind,)  # `str | None` has two
    return Column(
        name=name,
        type=next(TYPES[each] for each in kinds if each is not NoneType),
        description=about.description,
        unit=about.unit,
        required=NoneType not in kinds,
    )


def plain(value: Value) -> str | int | float | None:
    """Return a value for formats without a date type: a moment as `2015-06-30T12:00:00Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def json_line(record: object, columns: Iterable[Column]) -> bytes:
    """Return the columns of a record as a line of JSON."""
    row = {column.name: plain(getattr(record, column.name)) for column in columns}
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
