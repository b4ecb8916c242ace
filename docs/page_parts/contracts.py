"""The variables of every kind of array artifact, from the schema that they are checked with."""

from hessian_boundary.artifacts.schema import KINDS
from page_parts.markdown import table

NUMBERS = {"f": "floating point", "i": "whole numbers", "T": "text"}


def artifact_contracts() -> str:
    """Return a section with a table for each kind of artifact."""
    return "\n".join(f"### {kind}\n\n{_variables(kind)}" for kind in KINDS)


def _variables(kind: str) -> str:
    rows = [
        (f"`{name}`", ", ".join(dims).replace("...", "…"), NUMBERS[dtype])
        for name, (dims, dtype) in KINDS[kind].items()
    ]
    return table(("variable", "dimensions", "holds"), rows)
