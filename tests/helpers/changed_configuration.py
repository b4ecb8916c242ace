"""The tiny configuration with one value changed."""

from typing import Any

from helpers.tiny_study import tiny_config


def changed(path: str, value: Any) -> dict[str, Any]:
    config = tiny_config()
    *parents, key = path.split("/")
    section: Any = config
    for parent in parents:
        section = section[parent]
    section[key] = value
    return config
