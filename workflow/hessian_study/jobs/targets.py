"""A look at what is asked for, before Snakemake says that it does not know how to make it."""

from collections.abc import Callable, Iterable
from typing import Any

from snakemake.exceptions import WorkflowError

from hessian_study.configuration.error import ConfigurationError


def check_before_planning(workflow: Any, check: Callable[[Iterable[str]], None]) -> None:
    """Call `check` with the targets before Snakemake looks for the jobs that make them.

    Rules are read before Snakemake knows the targets, and it has no hook in between. In a version
    of another inside its own message has to do.
    """
    build = getattr(workflow, "_build_dag", None)
    if build is None:
        return

    def check_and_build() -> None:
        try:
            check(workflow.dag_settings.targets)
        except ConfigurationError as error:
            raise WorkflowError(str(error)) from error
        build()

    workflow._build_dag = check_and_build
