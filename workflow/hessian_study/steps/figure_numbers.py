"""Write the numbers behind a figure of another run than the one that is drawn."""

from importlib import import_module

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write what the figure's layout says in numbers: (experiment, quantity, value)."""
    inputs = {
        kind: [open_artifact(path, kind) for path in paths] for kind, paths in job.input.items()
    }
    layout = import_module(f"hessian_boundary.figures.layouts.{job.settings['layout']}")
    save_table(layout.numbers(inputs, job.settings), job.output["csv"])
