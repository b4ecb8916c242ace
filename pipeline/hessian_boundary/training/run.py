"""From a dataset artifact and an experiment's settings to a model artifact."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.data.dataset import class_count, samples_of
from hessian_boundary.networks.losses import TRAINING
from hessian_boundary.networks.parameters import (
    buffer_vector,
    build_model,
    load_buffer_vector,
    load_parameter_vector,
    norms,
    parameter_layers,
    parameter_vector,
)
from hessian_boundary.networks.rescaling import rescale_layers
from hessian_boundary.runtime.seeds import derive_seed
from hessian_boundary.training.initialisation import scale_to_norm
from hessian_boundary.training.loop import Training, accuracy, train


def run_training(
    dataset: xr.Dataset,
    start: xr.Dataset | None,
    settings: Mapping[str, Any],
    *,
    name: str,
    seed: int,
    device: torch.device,
) -> xr.Dataset:
    """Train one model; `settings` is an experiment's entry with `stop_when_fitted`.

    `start` is the model artifact that `settings["start"]` refers to, if any. Every draw is seeded
    by the experiment's name, the seed and what it is for, so that runs do not influence each other.

    Returns the model artifact. Its attribute `status` is "fitted" (all training labels), "not
    fitted" or "diverged" (the loss or a parameter became NaN or infinite).
    """
    x, y = samples_of(dataset, "train", settings["labels"])
    shape, classes = tuple(x.shape[1:]), class_count(dataset)
    module = build_model(
        settings["architecture"], shape, classes, derive_seed(name, seed, "initialisation")
    )
    if start is not None:
        reference = torch.from_numpy(start["parameters"].values)
        if "norm_of" in settings["start"]:
            reference = scale_to_norm(parameter_vector(module), reference)
        load_parameter_vector(module, reference)
        if "buffers" in start and "parameters_of" in settings["start"]:
            load_buffer_vector(module, torch.from_numpy(start["buffers"].values))
        if "rescale_layers" in settings["start"]:
            rescale_layers(module, settings["start"]["rescale_layers"])
    module.to(device)
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(name, seed, "layers that draw, such as dropout"))
        training = train(
            module,
            x.to(device),
            y.to(device),
            TRAINING[settings["loss"]],
            shuffle_seed=derive_seed(name, seed, "shuffling"),
            checkpoints=settings.get("checkpoints", ()),
            **{key: settings[key] for key in _TRAIN_OPTIONS},
        )
    return _model_dataset(module.eval().cpu(), training, dataset, settings, seed)


_TRAIN_OPTIONS = (
    "optimizer", "learning_rate", "weight_decay", "batch_size", "epochs", "stop_when_fitted",
)  # fmt: skip


def _model_dataset(
    module: nn.Module,
    training: Training,
    dataset: xr.Dataset,
    settings: Mapping[str, Any],
    seed: int,
) -> xr.Dataset:
    parameters = parameter_vector(module)
    layers = parameter_layers(module)
    x, y = samples_of(dataset, "train", settings["labels"])
    fit = accuracy(module, x, y)
    status = "diverged" if training.diverged else "fitted" if fit == 1 else "not fitted"
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
    buffers = buffer_vector(module)
    if len(buffers):
        variables["buffers"] = ("buffer", buffers.numpy())
    if training.checkpoints:
        saved = np.stack([vector.cpu().numpy() for vector in training.checkpoints.values()])
        variables["checkpoints"] = (("checkpoint", "parameter"), saved)
        variables["checkpoint_epoch"] = ("checkpoint", np.array(list(training.checkpoints)))
    return xr.Dataset(
        variables,
        coords={"epoch": ("epoch", np.arange(1, len(training.loss) + 1), {"units": "epochs"})},
        attrs={
            "status": status,
            "epochs": len(training.loss),
            "train_accuracy": fit,
            "test_accuracy": accuracy(module, *samples_of(dataset, "test")),
            "seed": seed,
            "architecture": json.dumps(settings["architecture"], sort_keys=True),
            "input_shape": list(x.shape[1:]),
            "classes": class_count(dataset),
            "labels": settings["labels"],
            "loss": settings["loss"],
            "presumes_fit": settings["presumes_fit"],
            **norms(parameters, layers),
        },
    )
