"""The little of JSON Schema (2020-12) that the API is declared in: what is written into the document is what is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

INT: Final[Schema] = {"type": "integer"}
BOOL: Final[Schema] = {"type": "boolean"}
STR: Final[Schema] = {"type": "string"}
DATE: Final[Schema] = {"type": "string", "format": "date"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
COUNTS: Final[Schema] = {"type": "object", "additionalProperties": INT}
LARGEST: Final = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259 6)
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}
_WORDS: Final = {"string": "文字", "integer": "整数", "boolean": "true 或 false", "object": "对象", "array": "数组"}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def whole(least: int = 0, most: int = LARGEST, default: int | None = None) -> Schema:
    return {**INT, "minimum": least, "maximum": most, **({} if default is None else {"default": default})}


def words(longest: int, shortest: int = 0) -> Schema:
    return {**STR, "maxLength": longest, **({"minLength": shortest} if shortest else {})}


def one_of(*values: str) -> Schema:
    return {**STR, "enum": list(values)}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(fields: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object of exactly these fields."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def leaf(item: Schema) -> Schema:
    """One page of a list: ``next`` is what to ask ``after`` for, null at the end."""
    return record({"data": array(item), "next": maybe(INT)})


def faults(schema: Schema, value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """(where, what is wrong in Chinese) of a value against a schema of this module."""
    kind = schema["type"]
    fits = isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))
    if not fits:
        yield at, f"应当是{_WORDS[kind]}"
    elif kind == "object":
        yield from _faults_within(schema, value, at)
    elif kind == "string":
        if len(value) < schema.get("minLength", 0):
            yield at, "不能空着"
        if len(value) > schema.get("maxLength", len(value)):
            yield at, f"最多 {schema['maxLength']} 个字"
        if "enum" in schema and value not in schema["enum"]:
            yield at, f"只能是 {'、'.join(schema['enum'])}"
    elif kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield at, f"应当在 {schema['minimum']} 到 {schema['maximum']} 之间"


def _faults_within(schema: Schema, value: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    fields = schema["properties"]
    for name in schema["required"]:
        if name not in value:
            yield f"{at}/{name}", "没有给出"
    for name, each in value.items():
        if name in fields:
            yield from faults(fields[name], each, f"{at}/{name}")
        else:
            yield f"{at}/{name[:40]}", "没有这一项"
