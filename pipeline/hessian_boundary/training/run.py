"""From a dataset artifact and an experiment's settings to a model artifact."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.data.dataset import class_count, samples_of
from hessian_boundary.networks.building import build_to_train
from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.evaluation import accuracy
from hessian_boundary.networks.losses import TRAINING
from hessian_boundary.networks.parameters import (
    load_parameter_vector,
    norms,
    parameter_layers,
    parameter_vector,
)
from hessian_boundary.networks.rescaling import rescale_layers
from hessian_boundary.networks.stored import (
    build_seed,
    load_network,
    network_variables,
    parameter_numbers,
)
from hessian_boundary.runtime.seeds import derive_seed, seeded
from hessian_boundary.training.initialisation import scale_to_norm
from hessian_boundary.training.loop import Training, train


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
    module, drawn_from = _starting_network(x, class_count(dataset), start, settings, name, seed)
    converted(module, device)
    with seeded(derive_seed(name, seed, "layers that draw, such as dropout"), device):
        training = train(
            module,
            x.to(device),
            y.to(device),
            TRAINING[settings["loss"]],
            shuffle_seed=derive_seed(name, seed, "shuffling"),
            checkpoints=settings.get("checkpoints", ()),
            **{key: settings[key] for key in _TRAIN_OPTIONS},
        )
    module = converted(module.eval(), torch.device("cpu"))
    model = _model_dataset(module, training, dataset, settings, seed)
    return model.assign_attrs(build_seed=drawn_from)


def _starting_network(
    x: Tensor,
    classes: int,
    start: xr.Dataset | None,
    settings: Mapping[str, Any],
    name: str,
    seed: int,
) -> tuple[nn.Module, int]:
    """Return the network before training, and the seed that it was built with."""
    build = partial(build_to_train, settings["architecture"], tuple(x.shape[1:]), classes)
    build_with = derive_seed(name, seed, "initialisation")
    if start is None:
        return build(build_with, x), build_with
    if "norm_of" in settings["start"]:
        module, reference = build(build_with, x), torch.from_numpy(start["parameters"].values)
        load_parameter_vector(module, scale_to_norm(parameter_vector(module), reference))
        return module, build_with
    # the other model, whole: what its `build` drew and did not register too
    build_with = build_seed(start)
    module = build(build_with, x)
    load_network(module, start)
    if "rescale_layers" in settings["start"]:
        rescale_layers(module, settings["start"]["rescale_layers"])
    return module, build_with


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
    variables |= network_variables(module, x)
    if training.checkpoints:
        variables["checkpoints"] = (("checkpoint", "parameter"), _stacked(training.checkpoints))
        if "buffers" in variables:
            saved = _stacked(training.checkpoint_buffers)
            variables["checkpoint_buffers"] = (("checkpoint", "buffer"), saved)
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
            **parameter_numbers(module),
            **norms(parameters, layers),
        },
    )


def _stacked(vectors: Mapping[int, Tensor]) -> np.ndarray:
    return np.stack([vector.cpu().numpy() for vector in vectors.values()])
