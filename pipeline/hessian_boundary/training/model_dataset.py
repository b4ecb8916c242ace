"""The model artifact: what a training made, and what it takes to rebuild the network."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.data.dataset import class_count, samples_of
from hessian_boundary.networks.evaluation import accuracy
from hessian_boundary.networks.parameters import norms, parameter_layers, parameter_vector
from hessian_boundary.networks.stored import network_variables, parameter_numbers
from hessian_boundary.training.history import Training
from hessian_boundary.training.options import LossOptions, TrainingOptions


def model_dataset(
    module: nn.Module,
    training: Training,
    dataset: xr.Dataset,
    options: TrainingOptions,
    class_weights: Sequence[float],
    seed: int,
) -> xr.Dataset:
    """Return the model artifact of a trained network, in eval mode on the CPU."""
    parameters = parameter_vector(module)
    layers = parameter_layers(module)
    x, y = samples_of(dataset, "train", options.labels)
    fit = accuracy(module, x, y)
    status = "diverged" if training.diverged else "fitted" if fit == 1 else "not fitted"
    variables = _training_variables(parameters, layers, training) | network_variables(module, x)
    stopped = {} if training.best_epoch is None else {"best_epoch": training.best_epoch}
    if training.checkpoints and "buffers" in variables:
        saved = _stacked(training.checkpoint_buffers)
        variables["checkpoint_buffers"] = (("checkpoint", "buffer"), saved)
    return xr.Dataset(
        variables,
        coords={"epoch": ("epoch", np.arange(1, len(training.loss) + 1), {"units": "epochs"})},
        attrs={
            "status": status,
            "epochs": len(training.loss),
            **stopped,
            "train_accuracy": fit,
            **{
                f"{part}_accuracy": accuracy(module, *samples_of(dataset, part))
                for part in ("validation", "test")
            },
            "seed": seed,
            "architecture": json.dumps(options.architecture, sort_keys=True),
            "input_shape": list(x.shape[1:]),
            "classes": class_count(dataset),
            "labels": options.labels,
            **loss_attributes(options.loss, class_weights),
            "presumes_fit": options.presumes_fit,
            **parameter_numbers(module),
            **norms(parameters, layers),
        },
    )


def loss_attributes(options: LossOptions, class_weights: Sequence[float]) -> dict[str, Any]:
    """Return what an artifact says of its loss: `networks.stored.losses_of` reads it."""
    return {
        "loss": options.name,
        "label_smoothing": options.label_smoothing,
        "class_weights": list(class_weights),
        "hessian_loss": options.hessian_loss,
    }


def _training_variables(
    parameters: Tensor, layers: Sequence[str], training: Training
) -> dict[str, tuple]:
    variables: dict[str, tuple] = {
        "parameters": ("parameter", parameters.numpy(), {"long_name": "trained parameters"}),
        "layer": ("parameter", string_array(layers), {"long_name": "tensor of the parameter"}),
        "loss": ("epoch", training.loss, {"long_name": "training loss, running mean of the epoch"}),
        "accuracy": (
            "epoch",
            training.accuracy,
            {"long_name": "training accuracy, running mean of the epoch", "units": "1"},
        ),
    }
    if training.validation_loss is not None:
        about = {"long_name": "validation loss after the epoch"}
        variables["validation_loss"] = ("epoch", training.validation_loss, about)
    if training.checkpoints:
        variables["checkpoints"] = (("checkpoint", "parameter"), _stacked(training.checkpoints))
        variables["checkpoint_epoch"] = ("checkpoint", np.array(list(training.checkpoints)))
    return variables


def _stacked(vectors: Mapping[int, Tensor]) -> np.ndarray:
    return np.stack([vector.cpu().numpy() for vector in vectors.values()])
