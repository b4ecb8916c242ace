"""The directions of the logits f that a loss feels.

Cross-entropy, with class weights and smoothed labels too, is the same when all logits of a sample
grow alike. Such a direction w has wᵀ ∂ℓ/∂f = 0 and wᵀ ∂²ℓ/∂f² = 0 at every sample.
"""

import torch
from torch import Tensor

from hessian_boundary.losses.derivatives import logit_curvature, logit_slope
from hessian_boundary.networks.problem import Problem

AT_A_TIME = 2**24  # numbers of ∂²ℓ/∂f², C² of each sample
# Of a direction's slopes and curvatures beside those of the direction that is felt most.
ROUND_OFF = 1e-14


def felt_logits(problem: Problem) -> Tensor:
    """Return orthonormal directions (d, C), one at least, beside which the loss feels none.

    They are those of the slopes and curvatures of all samples whose singular values are not
    round-off; all C where these are not finite.
    """
    classes = problem.classes
    triangle = torch.empty(0, classes, dtype=problem.dtype, device=problem.device)
    for x, y in problem.batches(max(1, AT_A_TIME // classes**2)):
        logits = problem.network(x).detach()
        slopes = logit_slope(problem.loss, y)(logits)
        curvatures = logit_curvature(problem.loss, logits, y).flatten(0, 1)
        triangle = torch.linalg.qr(torch.cat([triangle, slopes, curvatures]), mode="r").R
    if not triangle.isfinite().all():
        return torch.eye(classes).to(triangle)
    _, sizes, directions = torch.linalg.svd(triangle, full_matrices=False)
    return directions[: max(1, int((sizes > ROUND_OFF * sizes[0]).sum()))]
