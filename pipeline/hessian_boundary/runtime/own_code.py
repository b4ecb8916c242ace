"""Functions that people write: the `generate` of a data set, the `build` of an architecture."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def own_function(module: str, function: str) -> tuple[Callable[..., Any], str]:
    """Import a module and return its function of that name, with the file's name for messages.

    Raises ValueError, with file and line, for what is no Python and for a module without it.
    """
    try:
        found = import_module(module)
    except SyntaxError as error:
        raise ValueError(
            f"expected Python in {error.filename}, found in line {error.lineno}: {error.msg}; "
            "correct that line"
        ) from error
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
