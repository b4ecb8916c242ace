"""Which artifacts a layout of figures draws: its module says so in `ARTIFACTS`.

Read from the syntax tree, since importing the module would load matplotlib whenever Snakemake
reads the rules.
"""

import ast

from hessian_study.project import LAYOUTS


def artifacts_of(layout: str) -> tuple[str, ...]:
    """Return the kinds of artifacts a layout needs of each of its experiments.

    Raises ValueError when the layout's module does not say.
    """
    file = LAYOUTS / f"{layout}.py"
    for statement in ast.parse(file.read_bytes()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ARTIFACTS":
            return tuple(ast.literal_eval(statement.value))
    raise ValueError(
        f"expected a line `ARTIFACTS = (...)` in {file.name}, found none; name the kinds of "
        "artifacts that its function `draw` is given"
    )
