"""Values of the types that the schema wants, and what is said of others.

Some arrive as text: all of the command line's, and numbers that YAML 1.1 does not know.

Snakemake hands `--config 'alignment={grid_resolution: 60}'` over with the text "60" inside, and a
YAML file's `1e-3`, without a point, is text for the YAML that Snakemake reads. What the schema says
at that place decides whether it means a number.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsonschema

from hessian_boundary.wording.suggestion import suggestion
from hessian_study.configuration.error import TOP, ConfigurationError
from hessian_study.configuration.profiles import laid_over
from hessian_study.schema import Schema, alternatives, schema

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WITH_EXPONENT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
WORDS = {"true": True, "false": False, "null": None}
# JSON's names for what such a value can be; a whole number is a number too
NAMES = {bool: ("boolean",), int: ("integer", "number"), float: ("number", "integer")}
# JSON has one kind of number, in which 20.0 is an integer; for Python's functions it is none
_VALIDATOR = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


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


def check_schema(config: Mapping[str, Any], profile: str = "") -> None:
    """Compare with the closed schema; the message names the key and the nearest known one.

    `profile` is the one by which the configuration was changed.
    """
    error = jsonschema.exceptions.best_match(_VALIDATOR(schema()).iter_errors(config))
    if error is None:
        return
    place, problem, key = ".".join(map(str, error.absolute_path)), error.message, ""
    if error.validator == "type":
        problem = _wrong_type(error.validator_value, error.instance)
    if error.validator == "oneOf":
        problem = _none_fits(error.validator_value, error.instance)
    unknown, known = _unknown_keys(error)
    if unknown:
        key = min(unknown)
        problem = f"unknown key {key!r}; {suggestion(key, known)}"
    raise ConfigurationError(place or TOP, problem, key=key, profile=profile)


# JSON's types in words, each with an example of what to write
_TYPES = {
    "integer": ("a whole number", "20"),
    "number": ("a number", "0.5 or 1e-3"),
    "boolean": ("true or false", "true"),
    "string": ("text", "it in quotes"),
    "null": ("null", "null"),
    "array": ("a list", "[a, b]"),
    "object": ("keys with values", "{key: value}"),
}


def _unknown_keys(error: jsonschema.ValidationError) -> tuple[set[str], list[str]]:
    """Return the keys that no form of the value may have, and those that some form may."""
    forms = {"additionalProperties": [error.schema], "oneOf": error.validator_value}
    if error.validator not in forms or not isinstance(error.instance, Mapping):
        return set(), []
    known = [key for form in forms[error.validator] for key in form.get("properties", {})]
    return set(map(str, error.instance)) - set(known), known


def _none_fits(choices: Sequence[Mapping[str, Any]], found: Any) -> str:
    """Say what may stand there instead: a word, or a value of one of some types."""
    ways = [repr(choice["const"]) if "const" in choice else _in_words(choice) for choice in choices]
    return f"expected {' or '.join(ways)}, found {found!r}; write one of them"


def _in_words(choice: Mapping[str, Any]) -> str:
    words = _TYPES[choice["type"]][0]
    if needed := choice.get("required"):
        return f"{words} ({', '.join(needed)})"
    known = choice.get("properties")
    return f"{words} among {', '.join(known)}" if known else words


def _wrong_type(types: str | Sequence[str], found: Any) -> str:
    """Say what was expected, what was found, and what to write."""
    names = [types] if isinstance(types, str) else list(types)
    words, example = " or ".join(_TYPES[name][0] for name in names), _TYPES[names[0]][1]
    meant = plain_value(found) if isinstance(found, str) else found
    if isinstance(meant, float) and meant.is_integer() and "integer" in names:
        example = f"{meant:.0f}, without a point or an exponent"
    elif isinstance(found, str) and _VALIDATOR({"type": names}).is_valid(meant):
        example = f"{found}, without quotes"
    return f"expected {words}, found {found!r}; write {example}"
