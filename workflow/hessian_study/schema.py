"""The schema of a configuration: what may stand at a place, and what is meant without it."""

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from hessian_study.project import SCHEMA

Schema = Mapping[str, Any]
# keys of the schema's own: a default, and a section whose keys are laid over another's
DEFAULT, PARTIAL = "default", "partial"


@cache
def schema() -> Schema:
    """Return the closed schema that every configuration is compared with."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def alternatives(part: Schema, root: Schema) -> Iterator[Schema]:
    """Yield the schemas that a value may follow, without references and `oneOf`."""
    if "$ref" in part:
        yield from alternatives(referred(part, root), root)
    elif "oneOf" in part:
        for one in part["oneOf"]:
            yield from alternatives(one, root)
    else:
        yield part


def referred(part: Schema, root: Schema) -> Schema:
    """Return the part of the schema that another one refers to."""
    place = root
    for key in part["$ref"].removeprefix("#/").split("/"):
        place = place[key]
    return place


def with_defaults(value: Any, part: Schema, root: Schema) -> Any:
    """Return a value with the schema's `default` of every key that it does not have.

    Sections marked `partial` stay as they are: another section says the rest.
    """
    if not isinstance(value, Mapping):
        return value
    filled = dict(value)
    for one in alternatives(part, root):
        known = one.get("properties", {})
        for key, below in known.items():
            if DEFAULT in below:
                filled.setdefault(key, copy.deepcopy(below[DEFAULT]))
        for key in filled:
            below = known.get(key, one.get("additionalProperties"))
            if isinstance(below, Mapping) and not below.get(PARTIAL):
                filled[key] = with_defaults(filled[key], below, root)
    return filled
