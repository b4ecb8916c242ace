"""What a layout of figures draws and can draw: its module says so in constants.

    ARTIFACTS = ("dataset", "alignment_grid")   kinds of artifacts, of each of its experiments
    NEEDED, TAKEN = ("eigenvectors",), ()       settings it cannot do without, and others it takes
    ALL_EIGENVECTORS = True                     it takes `eigenvectors: all`
    EXPERIMENTS, FEATURES = 1, 2                how many it draws, and of how many input features
    QUANTITIES = ("x", "y")                     settings that name a measure or a key

Only the first is required: what a module does not say is not checked. They are read from the syntax
tree, since importing the module would load matplotlib whenever Snakemake reads the rules.
"""

import ast
from collections.abc import Iterator
from typing import Any

from hessian_study.project import LAYOUTS, source_file

NAMES = (
    *("ARTIFACTS", "NEEDED", "TAKEN", "ALL_EIGENVECTORS", "EXPERIMENTS", "FEATURES"),
    "QUANTITIES",
)


def artifacts_of(layout: str) -> tuple[str, ...]:
    """Return the kinds of artifacts a layout needs of each of its experiments.

    None for a file that is no Python or missing: the figure's own job imports it, and says where.

    Raises ValueError when the layout's module does not say.
    """
    said = declared(layout)
    if said is None:
        return ()
    if "ARTIFACTS" not in said:
        raise ValueError(
            f"expected a line `ARTIFACTS = (...)` in {source_file(LAYOUTS, layout).name}, found "
            "none; name the kinds of artifacts that its function `draw` is given"
        )
    if isinstance(said["ARTIFACTS"], str):
        raise ValueError(
            f"expected a tuple ARTIFACTS in {source_file(LAYOUTS, layout).name}, found the text "
            f"{said['ARTIFACTS']!r}; write a comma behind it: ({said['ARTIFACTS']!r},)"
        )
    return tuple(said["ARTIFACTS"])


def declared(layout: str) -> dict[str, Any] | None:
    """Return what a layout's module says of itself, by name.

    None for a file that is missing or no Python.

    Raises ValueError for one of `NAMES` that is not written out, with the line.
    """
    file = source_file(LAYOUTS, layout)
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, FileNotFoundError):
        return None
    found = {}
    for name, value in _assigned(tree):
        try:
            found[name] = ast.literal_eval(value)
        except ValueError as error:
            raise ValueError(
                f"expected {name} written out in {file.name}, line {value.lineno}, found "
                f"`{ast.unparse(value)}`; the file is read without being run"
            ) from error
    return found


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, value) of every assignment to one of `NAMES`, alone or beside others."""
    pairs: list[tuple[ast.expr, ast.expr]]
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            pairs = [(statement.target, statement.value)]
        elif isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            else:
                pairs = [(target, value)]
        else:
            continue
        for name, part in pairs:
            if (written := ast.unparse(name)) in NAMES:
                yield written, part
