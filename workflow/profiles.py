"""What a profile changes in the rest of the configuration."""

from collections.abc import Mapping
from typing import Any

from workflow.configuration_error import check_known


def with_changes(config: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """Return the configuration with the `changes` of a profile in place of what stands there.

    Mappings are gone into, anything else is replaced whole. Raises ConfigurationError for a change
    of something that is not there.
    """
    changes = config["profiles"][profile]["changes"]
    return _merged(config, changes, f"profiles.{profile}.changes")


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any], place: str) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        check_known(place, key, old)
        inner = isinstance(value, Mapping) and isinstance(old[key], Mapping)
        merged[key] = _merged(old[key], value, f"{place}.{key}") if inner else value
    return merged
