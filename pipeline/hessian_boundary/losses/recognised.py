"""Losses of the user's own that are one of those here, written otherwise.

The usual form of the cross-entropy loses the slope of confident samples (`per_sample`). So whoever
gives it as a function, by PyTorch's name or by hand, gets the form that keeps it.
"""

from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedCrossEntropy,
    WeightedSquaredError,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.runtime.device import is_out_of_memory

# Standard deviations of the logits that functions are compared at, up to where softmax weights that
# are cut or shifted by the smallest usual constants, 1e-15, stand out.
SCALES = (1.0, 5.0, 25.0)
ROWS = 60  # of logits for each scale, and of each label two at least
ALONE = 20  # of them, whose loss is taken without the others, too
SAME = 1e-11  # relative difference of values that is round-off
MOST_CLASSES = 300  # the logits to compare at are as many as the square of the classes

# loss here -> the same with label smoothing and class weights
KNOWN: dict[Loss, type[WeightedCrossEntropy] | type[WeightedSquaredError]] = {
    cross_entropy_per_sample: WeightedCrossEntropy,
    squared_error_per_sample: WeightedSquaredError,
}


def recognised(loss: Loss, classes: int) -> Loss:
    """Return the loss here that a function equals for so many classes, or the function itself.

    It is told by its name, with label smoothing and class weights; else by its values (class
    weights are then what it is a multiple of, 0 of a label that it ignores). One that looks at
    other samples of its batch is not recognised, nor is a function of many classes.
    """
    if is_known(loss):
        return loss
    return _by_name(loss, classes) or _by_values(loss, classes) or loss


def is_known(loss: Loss) -> bool:
    """Tell whether a loss is one of those here, whose slope keeps its digits."""
    return any(loss is known or isinstance(loss, kind) for known, kind in KNOWN.items())


def is_cross_entropy(loss: Loss) -> bool:
    """Tell whether a recognised loss is a cross-entropy."""
    return loss is cross_entropy_per_sample or isinstance(loss, WeightedCrossEntropy)


def _by_name(loss: Loss, classes: int) -> Loss | None:
    names = ("reduction", "label_smoothing", "weight")
    if type(loss) is nn.CrossEntropyLoss and loss.ignore_index == -100:  # no one's own forward pass
        given = {name: getattr(loss, name) for name in names}
    elif isinstance(loss, partial) and loss.func is F.cross_entropy and not loss.args:
        given = loss.keywords
    else:
        return None
    if given.get("reduction") != "none" or given.keys() - set(names):
        return None
    smoothing, weights = given.get("label_smoothing", 0.0), given.get("weight")
    if not smoothing and weights is None:
        return cross_entropy_per_sample
    weights = [1.0] * classes if weights is None else weights.tolist()
    return WeightedCrossEntropy(smoothing, tuple(weights))


def _by_values(loss: Loss, classes: int) -> Loss | None:
    return by_values(loss, *examples(classes)) if classes <= MOST_CLASSES else None


def by_values(loss: Loss, logits: Tensor, labels: Tensor) -> Loss | None:
    """Return the loss here, times a weight for each class, of the same values at logits (m, C)."""
    try:
        loss = on_cpu(loss)
        with torch.no_grad():
            found = loss(logits, labels)
            rows = range(0, len(labels), max(1, len(labels) // ALONE))
            alone = torch.cat([loss(logits[k : k + 1], labels[k : k + 1]) for k in rows])
    except Exception as error:  # whatever a function of the user's does with other logits
        if is_out_of_memory(error):
            raise
        return None
    if found.shape != labels.shape or alone.shape != (len(rows),):
        return None
    if not bool(((alone - found[rows]).abs() <= SAME * (1 + found[rows].abs())).all()):
        return None
    for known, weighted in KNOWN.items():
        expected = known(logits, labels)
        weights = _multiples(found, expected, labels, logits.shape[1])
        scaled = expected.new_tensor(weights)[labels] * expected
        if bool(((found - scaled).abs() <= SAME * (1 + expected.abs())).all()):
            return known if set(weights) == {1.0} else weighted(0.0, tuple(weights))
    return None


def on_cpu(loss: Loss) -> Loss:
    """Return a loss whose own tensors, if it is a module, are on the CPU."""
    return deepcopy(loss).cpu() if isinstance(loss, nn.Module) else loss


def _multiples(found: Tensor, expected: Tensor, labels: Tensor, classes: int) -> list[float]:
    """Return what `found` is a multiple of `expected` by, for each class, 1 but for round-off."""
    products, squares = found * expected, expected.square()
    chosen = [labels == label for label in range(classes)]
    weights = [float(products[some].sum() / squares[some].sum()) for some in chosen]
    return [1.0 if abs(weight - 1) < SAME else weight for weight in weights]


def examples(classes: int) -> tuple[Tensor, Tensor]:
    """Return logits (m, C) of several sizes, and every label (m,) for each size, on the CPU.

    On a GPU a function that cannot take one of the labels would end the whole process.
    """
    draw = torch.Generator().manual_seed(0)
    repeats = max(2, ROWS // classes)
    parts = [
        scale * torch.randn(repeats * classes, classes, generator=draw).double() for scale in SCALES
    ]
    labels = torch.arange(classes).repeat(repeats * len(SCALES))
    return torch.cat(parts), labels
