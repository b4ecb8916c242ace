"""Is the loss that curvature is taken of the one that was trained?"""

import torch

from hessian_boundary.certificates.certificate import Certificate, certify
from hessian_boundary.networks.losses import Loss
from hessian_boundary.networks.problem import Problem

# the textbook form of the cross-entropy loses digits where samples are confident
TOLERANCE = 1e-6


def certify_loss(problem: Problem, trained: Loss, batch_size: int = 1024) -> Certificate:
    """Compare the mean of the loss per sample with the loss of a mini-batch that was trained.

    Raises CertificateError when they differ.
    """
    mine = theirs = 0.0
    with torch.no_grad():
        for x, y in problem.batches(batch_size):
            logits = problem.network(x.clone())
            mine += float(problem.loss(logits, y).sum())
            theirs += float(trained(logits, y)) * len(y)
    mine, theirs = mine / problem.samples, theirs / problem.samples
    error = abs(mine - theirs) / max(abs(theirs), 1.0)
    return certify(
        "the loss",
        0.0 if mine == theirs else error,
        TOLERANCE,
        f"the training loss {theirs:.8g}",
        f"{mine:.8g} as the mean of the loss per sample",
        "give the two forms of the loss the same meaning",
    )
