"""Values that arrive as text: all of the command line's, and numbers that YAML 1.1 does not know.

Snakemake hands `--config 'alignment={grid_resolution: 60}'` over with the text "60" inside, and a
YAML file's `1e-3`, without a point, is text for the YAML that Snakemake reads. What the schema says
at that place decides whether it means a number.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hessian_study.configuration.profiles import laid_over
from hessian_study.schema import Schema, alternatives

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WITH_EXPONENT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
WORDS = {"true": True, "false": False, "null": None}
# JSON's names for what such a value can be; a whole number is a number too
NAMES = {bool: ("boolean",), int: ("integer", "number"), float: ("number", "integer")}


def with_command_line(
    config: Mapping[str, Any], command_line: Mapping[str, Any], schema: Schema
) -> dict[str, Any]:
    """Return the configuration with what `--config` says, read as YAML 1.2 reads plain text.

    Snakemake has read some of it as numbers; where the schema wants text they are text again.
    """
    return laid_over(config, _read(command_line, [schema], schema, plain_value, str))


def with_exponents(config: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the configuration with numbers such as `1e-3` for texts that look like them.

    They stay text where the schema wants text. Parameters of generators and architectures, of which
    it says nothing, are numbers.
    """
    return _read(config, [schema], schema, _exponent, lambda number: number)


def plain_value(text: str) -> Any:
    """Return what a plain text means in YAML 1.2: a number, true, false, null, or itself."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text


def _exponent(text: str) -> Any:
    return float(text) if WITH_EXPONENT.fullmatch(text) else text


def _read(
    value: Any,
    schemas: list[Schema],
    root: Schema,
    read: Callable[[str], Any],
    write: Callable[[float], Any],
) -> Any:
    """Go through a value and the schemas of its place, which are alternatives.

    `read` turns text into a number, `write` a number into text; what the schema wants is taken.
    """
    schemas = [one for schema in schemas for one in alternatives(schema, root)]
    if isinstance(value, Mapping):
        return {k: _read(v, _below(schemas, k), root, read, write) for k, v in value.items()}
    if isinstance(value, list):
        inner = [schema["items"] for schema in schemas if "items" in schema]
        return [_read(part, inner, root, read, write) for part in value]
    meant, wanted = read(value) if isinstance(value, str) else value, _types(schemas)
    fits = wanted.intersection(NAMES.get(type(meant), ("null",)))
    if not wanted or fits or "string" not in wanted or meant is None:
        return meant
    return value if isinstance(value, str) else write(value)


def _below(schemas: list[Schema], key: str) -> list[Schema]:
    """Return what the schemas say of the value of a key; where they say nothing, nothing."""
    found = [s.get("properties", {}).get(key, s.get("additionalProperties")) for s in schemas]
    return [schema for schema in found if isinstance(schema, Mapping)]


def _types(schemas: list[Schema]) -> set[str]:
    """Return the types that the schemas allow, in JSON's names; a value of a list is text."""
    named = [s.get("type", "string" if {"enum", "const"} & s.keys() else []) for s in schemas]
    return {name for one in named for name in ([one] if isinstance(one, str) else one)}
