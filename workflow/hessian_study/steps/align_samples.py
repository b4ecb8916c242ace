"""Align the gradients of the training samples with every resolved eigenvector."""

from dataclasses import replace

from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.store import open_artifact
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem


def main(job: Job) -> None:
    """Write the alignment_samples artifact, in float64: of all samples, whatever the view."""
    view = replace(parse_view(job.wildcards["view"]), sample_class=None)
    spectrum = open_artifact(job.input["spectrum"], "spectrum")
    job.save(align_samples(load_problem(job, view), spectrum), "alignment_samples")
