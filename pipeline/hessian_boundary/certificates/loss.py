"""Is the loss that curvature is taken of the one that was trained?"""

import torch

from hessian_boundary.certificates.certificate import Certificate, certify
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.problem import Problem

# the textbook form of the cross-entropy loses digits where samples are confident
TOLERANCE = 1e-6


def certify_loss(problem: Problem, trained: Loss, batch_size: int = 1024) -> Certificate:
    """Compare the mean of the loss per sample with the loss of all samples that was trained.

    Raises CertificateError when they differ.
    """
    with torch.no_grad():
        parts = [problem.network(x.clone()).detach() for x, _ in problem.batches(batch_size)]
        logits = torch.cat(parts)
        mine = float(problem.loss(logits, problem.y).mean())
        theirs = float(trained(logits, problem.y))
    error = abs(mine - theirs) / max(abs(theirs), 1.0)
    return certify(
        "the loss",
        0.0 if mine == theirs else error,
        TOLERANCE,
        f"the training loss {theirs:.8g}",
        f"{mine:.8g} as the mean of the loss per sample",
        "give the two forms of the loss the same meaning",
    )
