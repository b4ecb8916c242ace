"""The keys of config.yaml, from the schema that it is checked with."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hessian_study.schema import DEFAULT, PARTIAL, schema
from page_parts.markdown import table

Entry = Mapping[str, Any]


def configuration_keys() -> str:
    """Return a section per top-level key that has keys of its own, after a table of the others.

    The column `default` says what holds where a key is left out; one that must not be is `needed`.
    """
    found = schema()
    sections, single = [], []
    for name, entry in found["properties"].items():
        rows = list(_rows(entry, name, found["$defs"], required=name in found["required"]))
        if len(rows) == 1:
            single += rows
        else:
            sections.append(f"### {name}\n\n{_table(rows[1:])}")
    return "\n".join([_table(single), *sections])


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    return table(("key", "value", "default", "what it is"), rows)


def _rows(
    entry: Entry, path: str, definitions: Entry, required: bool
) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for a key, and rows for the keys below it."""
    entry = _resolved(entry, definitions)
    what = entry.get("description", "")
    yield f"`{path}`", _value(entry), "needed" if required else _default(entry), what
    if entry.get(PARTIAL):  # its keys stand in the section that it is laid over
        return
    forms = [_resolved(entry[key], definitions) for key in ("then", "else") if key in entry]
    for choice in (entry, *entry.get("oneOf", ()), *forms):
        needed = choice.get("required", ())
        for name, below in choice.get("properties", {}).items():
            yield from _rows(below, f"{path}.{name}", definitions, name in needed)
        below = choice.get("additionalProperties")
        if isinstance(below, Mapping):
            yield from _rows(below, f"{path}.NAME", definitions, required=False)


def _resolved(entry: Entry, definitions: Entry) -> Entry:
    """Return a schema with what it refers to."""
    if "$ref" not in entry:
        return entry
    return {**definitions[entry["$ref"].rsplit("/", 1)[1]], **entry}


def _default(entry: Entry) -> str:
    """Show a default; that of a section is what its keys have."""
    value = entry.get(DEFAULT, {})
    return "" if value == {} else f"`{json.dumps(value).strip(chr(34))}`"


def _value(entry: Entry) -> str:
    """Say in a few words what a value may be."""
    if "oneOf" in entry:
        return " or ".join(_value(choice) for choice in entry["oneOf"])
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    kind = entry.get("type", "")
    kinds = kind if isinstance(kind, list) else [kind]
    words = " or ".join(KINDS.get(kind, str(kind)) for kind in kinds)
    if kind == "object" and entry.get("required"):
        words += " of " + ", ".join(f"`{name}`" for name in entry["required"])
    if kind == "array" and "items" in entry:
        words = f"list: {_value(entry['items'])}"
    bounds = [f"{sign} {entry[name]}" for name, sign in BOUNDS.items() if name in entry]
    return ", ".join([words, *bounds])


KINDS = {
    "object": "keys", "array": "list", "string": "text", "integer": "whole number",
    "number": "number", "boolean": "true or false", "null": "`null`",
}  # fmt: skip
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
