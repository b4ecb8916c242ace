"""The weight of each class in the loss, from what an experiment says of it."""

import torch
from torch import Tensor

from hessian_boundary.training.options import LossOptions


def class_weights(options: LossOptions, y: Tensor, classes: int) -> tuple[float, ...]:
    """Return one weight for each class; none where all samples count alike without smoothing.

    "balanced": w_c = n / (C n_c) for training labels y (n,), n_c of class c, as in scikit-learn.

    Raises ValueError for another number of weights than classes, and for "balanced" where a class
    has no sample.
    """
    weights = options.class_weights
    if weights is None:
        return (1.0,) * classes if options.label_smoothing else ()
    if isinstance(weights, str):
        counts = torch.bincount(y, minlength=classes)
        if not counts.all():
            raise ValueError(
                f"expected training samples of all {classes} classes for `class_weights: "
                f"balanced`, found none of class {int((counts == 0).nonzero()[0])}; write a list "
                f"of {classes} weights"
            )
        return tuple((len(y) / (classes * counts.double())).tolist())
    if len(weights) != classes:
        raise ValueError(
            f"expected a class weight for each of {classes} classes, found {len(weights)}: "
            f"{list(weights)}; write `class_weights` as a list of {classes}, or `balanced`"
        )
    return tuple(map(float, weights))
