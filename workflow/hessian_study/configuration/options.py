"""Do the options of a generator or an architecture fit the function that takes them?

The function's signature is read from its source: importing it would import its libraries, each
time Snakemake looks at the workflow.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from hessian_study.configuration.error import ConfigurationError, check_known


def check_options(
    place: str,
    file: Path,
    function: str,
    options: Mapping[str, Any],
    *,
    leading: int = 0,
    given: Collection[str] = (),
) -> None:
    """Raise ConfigurationError for an option that the function does not take, or one it lacks.

    The first `leading` parameters and those in `given` are passed besides the options. Not checked
    are a function that is not defined in the file itself, and a file that is missing or no Python.
    """
    definition = _definition(file, function)
    if definition is None:
        return
    found = [*_parameters(definition.args)][leading:]
    parameters = {name: needed for name, needed in found if name not in given}
    if definition.args.kwarg is None:
        for option in options:
            check_known(place, option, parameters)
    missing = [name for name, needed in parameters.items() if needed and name not in options]
    if missing:
        raise ConfigurationError(
            place,
            f"expected {', '.join(map(repr, missing))}, which "
            f"{file.stem}.{function}() has no default for, found {sorted(options)}",
        )


def parameter_names(file: Path, function: str) -> list[str]:
    """Return the names of a function's parameters; none where it is not defined in the file."""
    definition = _definition(file, function)
    return [name for name, _ in _parameters(definition.args)] if definition else []


def _definition(file: Path, function: str) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, FileNotFoundError):
        return None  # it stops the steps that import it, which say where, and no others
    named = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
    return named[-1] if named else None


def _parameters(arguments: ast.arguments) -> Iterator[tuple[str, bool]]:
    """Yield the name of each parameter and whether it has no default."""
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    for index, argument in enumerate(positional):
        yield argument.arg, index < without
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield argument.arg, default is None
