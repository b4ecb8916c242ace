"""The text of a configuration file: is it YAML, and does it say everything once?"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from hessian_study.configuration.error import ConfigurationError


def check_file(path: str) -> None:
    """Raise ConfigurationError, with the line, for what is no YAML and for a key that stands twice.

    YAML itself would let the second of two equal keys silently replace the first.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: expected YAML, found: {error}") from error
    for key, first in _repeated(root):
        raise ConfigurationError(
            f"{path}, line {key.start_mark.line + 1}: expected every key once, found {key.value!r} "
            f"again, after line {first.start_mark.line + 1}; put both under one"
        )


def _repeated(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield (key, the same key before it) of all mappings at and below a node."""
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _repeated(part)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value in seen:
                yield key, seen[key.value]
            seen[key.value] = key
            yield from _repeated(value)
