"""The model and the training samples of a job's inputs, as the problem that a step is about."""

from dataclasses import replace

import torch

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.certificates.loss import certify_loss
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import losses_of, trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_study.configuration.views import View, parse_view
from hessian_study.jobs.job import Job

CPU = torch.device("cpu")


def load_problem(job: Job, view: View | None = None, device: torch.device | None = None) -> Problem:
    """Return the network of the job's input `model` with its training samples, in float64.

    Labels are the true ones, the loss is what the model's `hessian_loss` says. `view` may choose a
    stored epoch, the samples of one class, and the parameters of one layer; without `device`, the
    job's own is taken.

    Raises ValueError for an epoch without a checkpoint, a class without samples, a layer that is
    none, for inputs that do not fit together, and when the mean of the loss per sample is not the
    loss that was trained.
    """
    view = view or View()
    device = device or resolve_device(job.device)
    model = open_artifact(job.input["model"], "model")
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    per_sample, trained = losses_of(model, y)
    problem = Problem(
        trained_module(model, torch.float64, device, view.epoch),
        x.to(device, torch.float64),
        y.to(device),
        per_sample,
    )
    if model.attrs["status"] != "diverged":
        certify_loss(problem, trained)
    if view.layer is not None:
        problem = problem.of_layer(view.layer)
    return problem if view.sample_class is None else problem.of_class(view.sample_class)


def load_whole_problem(job: Job) -> Problem:
    """Return the problem of a job's view with the samples of all classes, whatever the view says.

    Raises as `load_problem`.
    """
    return load_problem(job, replace(parse_view(job.wildcards["view"]), sample_class=None))


def has_diverged(job: Job) -> bool:
    """Tell whether the training of a job's input `model` diverged."""
    return open_artifact(job.input["model"], "model").attrs["status"] == "diverged"
