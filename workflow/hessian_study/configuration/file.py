"""The text of configuration files: is it YAML, does it say everything once, and which says what?"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hessian_boundary.runtime.own_modules import is_file_name
from hessian_study.configuration.error import TOP, ConfigurationError
from hessian_study.project import work_folder

# keys that may name a file of the user's code; what stands below the others is not looked at
CODE_KEYS = ("generator", "layout", "training", "name", "architecture.name")
NOT_LOOKED_AT = ("parameters",)


def check_file(path: str | Path) -> None:
    """Raise ConfigurationError, with the line, for what is no YAML and for a key that stands twice.

    YAML itself would let the second of two equal keys silently replace the first; so would JSON.
    """
    for key, first in _repeated(_composed(Path(path))):
        raise ConfigurationError(
            "",
            f"{path}, line {key.start_mark.line + 1}: expected every key once, found {key.value!r} "
            f"again, after line {first.start_mark.line + 1}; put both under one",
        )


def in_its_file(
    error: ConfigurationError, files: Sequence[str | Path], command_line: Mapping[str, Any]
) -> ConfigurationError:
    """Return the error with the file that its key stands in: of several the last, which wins.

    `files` are the configuration files in the order in which they are read; `command_line` is what
    `--config` says, and wins over all. A key that is missing at the top is missed in the last file.
    """
    if not error.place:
        return error
    if (error.place, error.key) == (TOP, "") and files:
        error.file = str(files[-1])
        return error
    contents = {str(file): yaml.safe_load(_text(Path(file))) for file in files}
    sources = {"--config": command_line, **dict(reversed(contents.items()))}
    place = [] if error.place == TOP else error.place.split(".")
    changes = ["profiles", error.profile, "changes"] if error.profile else []
    exact = [*place, *([error.key] if error.key else [])]
    for path in ([*changes, *exact], exact, *(place[:end] for end in range(len(place), 0, -1))):
        for name, content in sources.items():
            if path != changes and stands_in(content, path):
                error.file = name
                return error
    return error


def check_values(value: Any, place: Sequence[str] = ()) -> None:
    """Refuse what JSON does not have: names that are no text, and dates.

    YAML reads no, yes, on, off, null and numbers as something else than text, in names as well.
    """
    where = ".".join(place) or TOP
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise ConfigurationError(
                    where,
                    f"expected names that are text, found {key!r} ({type(key).__name__}); write it "
                    "in quotes (YAML takes no, yes, on, off, null and numbers for something else)",
                )
            check_values(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            check_values(part, (*place, str(number)))
    elif not isinstance(value, str | int | float | None):
        raise ConfigurationError(
            where,
            f"expected text, a number, true, false, null, or lists and keys of these, found "
            f"{value!r} ({type(value).__name__}); write it in quotes",
        )


def with_own_files(
    config: Mapping[str, Any], files: Sequence[str | Path], command_line: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the configuration with names of files of code relative to the folder of the results.

    As written they are relative to the file that they stand in: of `files` the last that has them.
    What the command line says is relative to the folder of the results already.
    """
    contents = [(Path(file).resolve(), yaml.safe_load(_text(Path(file)))) for file in files]

    def moved(place: Sequence[str], value: Any) -> Any:
        if isinstance(value, list):
            return [moved((*place, str(i)), part) for i, part in enumerate(value)]
        if isinstance(value, Mapping):
            return {
                key: part if key in NOT_LOOKED_AT else moved((*place, key), part)
                for key, part in value.items()
            }
        keys = [key for key in place[-2:] if not key.isdigit()][-1:]
        if not isinstance(value, str) or not is_file_name(value) or not {*keys} & {*CODE_KEYS}:
            return value
        said = [file for file, content in contents if stands_in(content, place)]
        here = stands_in(command_line, place) or not said
        folder = work_folder() if here else said[-1].parent
        return os.path.relpath(folder / value, work_folder().resolve())

    return {key: moved((key,), value) for key, value in config.items()}


def stands_in(content: Any, path: Sequence[str]) -> bool:
    """Tell whether a parsed file has something at a path of keys and of numbers in lists."""
    for key in path:
        if isinstance(content, list) and key.isdigit() and int(key) < len(content):
            content = content[int(key)]
        elif isinstance(content, Mapping) and key in content:
            content = content[key]
        else:
            return False
    return True


def _composed(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(_text(path))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError("", f"{path}: expected YAML in UTF-8, found: {error}") from error


def _text(path: Path) -> str:
    """Return YAML as it stands, and JSON so that it is YAML, which has no tabs."""
    text = path.read_text(encoding="utf-8")
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.expandtabs()


def _repeated(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield (key, the same key before it) of all mappings at and below a node."""
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _repeated(part)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):  # other keys are refused later
                if key.value in seen:
                    yield key, seen[key.value]
                seen[key.value] = key
            yield from _repeated(value)
