"""Functions that people write: the `generate` of a data set, the `build` of an architecture."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def own_module(name: str) -> ModuleType:
    """Import a module by its name. Raises ValueError, with file and line, for what is no Python."""
    try:
        return import_module(name)
    except SyntaxError as error:
        raise ValueError(
            f"expected Python in {error.filename}, found in line {error.lineno}: {error.msg}; "
            "correct that line"
        ) from error


def own_function(module: str, function: str) -> tuple[Callable[..., Any], str]:
    """Return a module's function of that name, with the file's name for messages.

    Raises ValueError as `own_module` does, and for a module without it.
    """
    found = own_module(module)
    file = getattr(found, "__file__", None)
    # folder/file.py: enough to find it, and the same wherever the project lies
    place = "/".join(Path(file).parts[-2:]) if file else module
    value = getattr(found, function, None)
    if not callable(value):
        what = "no such name" if value is None else f"{type(value).__name__} {value!r}"
        raise ValueError(
            f"expected a function `{function}` in {place}, found {what}; define "
            f"`def {function}(…):` there"
        )
    return value, place
