"""The spectrum and the gradients of a small network, each the plain way."""

import torch

from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

OPTIONS = CurvatureOptions(method="dense")


def dense_spectrum(module, x, y):
    return compute_spectrum(Problem(module, x, y, cross_entropy_per_sample), OPTIONS)


def whole_gradients(module, x):
    """Whole gradients (n, p) of the predicted label, by one backward pass per sample."""
    rows = []
    for sample in x:
        logits = module(sample[None])
        loss = cross_entropy_per_sample(logits, logits.argmax(1))[0]
        parts = torch.autograd.grad(loss, list(module.parameters()))
        rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows).numpy()
