"""Which form of the loss: one may lose the curvature's digits where samples are surely wrong."""

from dataclasses import replace

import torch

from hessian_boundary.certificates.certificate import TOLERANCE
from hessian_boundary.certificates.curvature import Probes
from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.losses.per_sample import KEEPING_DIGITS
from hessian_boundary.networks.problem import Problem

# A logit may be so much larger than that of the label: σ(m) (1 − σ(m)) has 10 digits there.
SURELY_WRONG = 12.0
BATCH = 1024


def with_digits(problem: Problem) -> Problem:
    """Return the problem, its loss in the other form where the given one loses H's digits.

    ∂²ℓ/∂f² of a sample that is wrong with confidence is tiny, and the loss as gradients need it
    rounds it off. Mostly that is invisible beside other samples, and beside the curvature of f;
    where a random product shows it, `losses.KEEPING_DIGITS` has the form to take.

    Raises CertificateError when the loss has no finite, symmetric second derivative.
    """
    other = next((form for loss, form in KEEPING_DIGITS.items() if loss is problem.loss), None)
    if other is None or not _surely_wrong(problem):
        return problem
    precise = replace(problem, loss=other)
    probes = Probes.of(precise)
    error = probes.error_of(plain_products(problem, probes.v[None])[0])
    return problem if error <= TOLERANCE[problem.dtype] else precise


def _surely_wrong(problem: Problem) -> bool:
    with torch.no_grad():
        return any(
            bool((logits.amax(1) - logits.gather(1, y[:, None])[:, 0] > SURELY_WRONG).any())
            for x, y in problem.batches(BATCH)
            for logits in (problem.network(x.clone()),)
        )
