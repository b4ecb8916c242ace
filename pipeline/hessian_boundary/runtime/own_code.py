"""Functions that people write: a data set's `generate`, an architecture's `build`, and others."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hessian_boundary.runtime.own_modules import (
    OwnFinder,
    file_of,
    is_file_name,
    module_of,
    package_of,
)


def full_name(package: str, name: str) -> str:
    """Return how a configured name is imported: a file's name as it is, others in their package.

    Raises ValueError for what is neither a file nor the plain name of a module.
    """
    if is_file_name(name):
        return name
    if not name.isidentifier():
        raise ValueError(
            f"expected the name of a module of {package}, or of a file that ends in .py, found "
            f"{name!r}; correct that name"
        )
    return f"{package}.{name}"


def own_module(name: str) -> ModuleType:
    """Import a module by its name, or a file by its path, which ends in .py.

    A path is relative to the current folder. The file may import what lies beside it, as
    `import blocks` or as `from .blocks import block`. Raises ValueError for a file that is missing,
    and, with file and line, for one that is no Python.
    """
    try:
        return import_module(_of_file(name) if is_file_name(name) else name)
    except SyntaxError as error:
        raise ValueError(
            f"expected Python in {error.filename}, found in line {error.lineno}: {error.msg}; "
            "correct that line"
        ) from error


def own_function(name: str, function: str) -> tuple[Callable[..., Any], str]:
    """Return the function of a module or file, with the file's name for messages.

    Raises ValueError as `own_module` does, and for a module without that function.
    """
    found = own_module(name)
    file = getattr(found, "__file__", None)
    # folder/file.py: enough to find it, and the same wherever the project lies
    place = "/".join(Path(file).parts[-2:]) if file and not is_file_name(name) else name
    value = getattr(found, function, None)
    if not callable(value):
        what = "no such name" if value is None else f"{type(value).__name__} {value!r}"
        raise ValueError(
            f"expected a function `{function}` in {place}, found {what}; define "
            f"`def {function}(…):` there"
        )
    return value, place


def _of_file(path: str) -> str:
    """Return the module of a file, ready to be imported."""
    module = module_of(path)
    if not Path(path).is_file():
        raise ValueError(
            f"expected a file {path} in {Path.cwd()}, found none; correct its name in the "
            "configuration, or write the file"
        )
    if not any(isinstance(finder, OwnFinder) for finder in sys.meta_path):
        sys.meta_path.append(OwnFinder())
    before = getattr(sys.modules.get(module), "__file__", None)
    if before not in (None, str(file_of(module, Path.cwd()))):  # of another current folder
        package = package_of(module)
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]
    return module
