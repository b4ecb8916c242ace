"""Draw one of the paper's figures, or one of the user's."""

from importlib import import_module

from hessian_boundary.artifacts.store import open_artifact, save_figure, save_table
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the figure that the settings describe as PDF and PNG, and its numbers as CSV."""
    inputs = {
        kind: [open_artifact(path, kind) for path in paths] for kind, paths in job.input.items()
    }
    layout = import_module(f"hessian_boundary.figures.layouts.{job.settings['layout']}")
    images = {kind: path for kind, path in job.output.items() if kind != "csv"}
    save_figure(layout.draw(inputs, job.settings), images)
    save_table(layout.numbers(inputs, job.settings), job.output["csv"])
