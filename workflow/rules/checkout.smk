# Several checkouts can share one Python environment, which holds the packages of one of them. Without
# this check the others would silently run that one's code.
import sys
from importlib.util import find_spec
from pathlib import Path

checkout = Path(str(workflow.current_basedir)).resolve().parents[1]

if {"{", "}"} & set(str(checkout)):
    raise WorkflowError(
        f"expected a project folder without braces in its path, found {checkout}; rename the "
        "folder: Snakemake takes what stands in braces for a wildcard"
    )

for package in ("pipeline/hessian_boundary", "workflow/hessian_study"):
    source = find_spec(Path(package).name)
    installed = source is not None and source.origin is not None
    found = Path(source.origin).resolve().parent if installed else "nothing"
    if found != checkout / package:
        raise WorkflowError(
            f"expected Python to import {checkout / package}, found {found}; "
            f"run `pip install -e .` in {checkout}, with {sys.executable}"
        )
