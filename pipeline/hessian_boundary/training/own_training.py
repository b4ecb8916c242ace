"""A function that people write in place of the loop: `train(network, data, seed)`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.copies import copy_network
from hessian_boundary.networks.evaluation import eval_logits
from hessian_boundary.runtime.own_code import own_function
from hessian_boundary.runtime.own_files import only_reading
from hessian_boundary.training.history import Training

FUNCTION = "train"
PROBED = 4  # samples whose logits are compared
ALIKE = 1e-3  # of the largest logit: another device rounds otherwise


@dataclass(frozen=True)
class TrainingData:
    """What there is to train on; all of it is where the network is.

    x_train (n, feature…) float32 and y_train (n,) int64, the labels that the experiment names;
    x_validation, y_validation likewise, perhaps of no sample; `classes` is their number.
    """

    x_train: Tensor
    y_train: Tensor
    x_validation: Tensor
    y_validation: Tensor
    classes: int


def train_by_own_function(network: nn.Module, file: str, data: TrainingData, seed: int) -> Training:
    """Train `network` in place by the function `train` of a file.

    It is called with a copy of the network, in training mode, and returns a network with the same
    parameters and buffers: that copy, mostly. Their values are taken over.

    Raises ValueError for a file without it, and for a result that is no such network.
    """
    with only_reading([], f"the training {file!r}", "no files", "make them part of the data set"):
        function, place = own_function(file, FUNCTION)
        result = function(copy_network(network).train(), data, seed)
    if not isinstance(result, nn.Module):
        raise ValueError(
            f"expected the trained network from `train` in {place}, found {type(result).__name__}; "
            "end it with `return network`"
        )
    _check_alike(network, result, place)
    with torch.no_grad():
        network.load_state_dict(result.state_dict())
    _check_taken_over(network, result, data.x_train[:PROBED], place)
    values = [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]
    finite = all(bool(tensor.isfinite().all()) for tensor in values)
    none = np.empty(0, np.float32)
    return Training(none, none, diverged=not finite)


def _check_alike(expected: nn.Module, found: nn.Module, place: str) -> None:
    """Refuse a network whose parameters or buffers are not those of the one that was given."""
    ours, theirs = (_kinds(module) for module in (expected, found))
    for name in [*ours, *theirs]:
        if ours.get(name) != theirs.get(name):
            raise ValueError(
                f"expected the parameters and buffers of the network that `train` in {place} was "
                f"given, {name} {_said(ours.get(name))}, found {name} {_said(theirs.get(name))}; "
                "train the network as it is, and change its architecture in its own file"
            )


def _check_taken_over(network: nn.Module, result: nn.Module, x: Tensor, place: str) -> None:
    """Refuse a result that is another network than the one with its parameters and buffers."""
    trainable = [{n for n, p in m.named_parameters() if p.requires_grad} for m in (network, result)]
    if other := sorted(trainable[0] ^ trainable[1]):
        raise ValueError(
            f"expected the parameters to train that the network of `train` in {place} has, found "
            f"another `requires_grad` for {', '.join(other[:5])}; freeze in the file of the "
            "architecture, and put back what is frozen for a while"
        )
    converted(result, x.device)  # it may have been left on another one
    mine, theirs = eval_logits(network, x.clone()), eval_logits(result, x.clone())
    if not mine.isfinite().all() or not theirs.isfinite().all():
        return  # a training that diverged
    if mine.shape != theirs.shape or (mine - theirs).abs().max() > ALIKE * theirs.abs().max():
        raise ValueError(
            f"expected the network that `train` in {place} returns to give the logits of its "
            "parameters and buffers, found others: it holds something else that training changed; "
            "register that as a buffer (persistent, so that a state_dict has it)"
        )


def _kinds(module: nn.Module) -> dict[str, tuple[Any, ...]]:
    return {name: (tuple(t.shape), t.dtype) for name, t in module.state_dict().items()}


def _said(kind: tuple[Any, ...] | None) -> str:
    return "missing" if kind is None else f"of shape {kind[0]} and {kind[1]}"
