"""Draw one of the paper's figures."""

from importlib import import_module

from pipeline.artifacts import open_artifact, save_figure
from workflow.job import Job

# input of a figure's rule -> kind of its artifacts
KINDS = {
    "datasets": "dataset",
    "models": "model",
    "spectra": "spectrum",
    "samples": "alignment_samples",
    "grids": "alignment_grid",
}


def main(job: Job) -> None:
    """Write the figure that the settings name, as PDF and PNG."""
    inputs = {
        name: [open_artifact(path, KINDS[name]) for path in paths]
        for name, paths in job.input.items()
    }
    module = import_module(f"pipeline.figures.{job.settings['figure']}")
    save_figure(module.draw(inputs, job.settings), job.output)
