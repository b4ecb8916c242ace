"""From a dataset artifact and an experiment's settings to a model artifact."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.data.dataset import class_count, samples_of
from hessian_boundary.networks.building import build_to_train
from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.losses import TRAINING
from hessian_boundary.networks.parameters import (
    load_parameter_vector,
    parameter_vector,
)
from hessian_boundary.networks.rescaling import rescale_layers
from hessian_boundary.networks.stored import (
    build_seed,
    load_network,
)
from hessian_boundary.networks.trained_elsewhere.loading import load_trained
from hessian_boundary.runtime.seeds import derive_seed, seeded
from hessian_boundary.training.initialisation import scale_to_norm
from hessian_boundary.training.loop import train
from hessian_boundary.training.model_dataset import model_dataset
from hessian_boundary.training.options import TrainingOptions


def run_training(
    dataset: xr.Dataset,
    start: xr.Dataset | None,
    options: TrainingOptions,
    *,
    name: str,
    seed: int,
    device: torch.device,
    state_dict: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Train one model.

    `start` is the model artifact that `options.start` refers to, if any; `state_dict` is the
    content of the file that it names (`networks.trained_elsewhere.loading`). Every draw is seeded
    by the experiment's name, the seed and what it is for, so that runs do not influence each other.

    Returns the model artifact. Its attribute `status` is "fitted" (all training labels), "not
    fitted" or "diverged" (the loss or a parameter became NaN or infinite). Raises ValueError for a
    `state_dict` that does not fit the architecture.
    """
    x, y = samples_of(dataset, "train", options.labels)
    module, drawn_from = _starting_network(x, class_count(dataset), start, options, name, seed)
    if state_dict is not None:
        try:
            load_trained(module, state_dict)
        except ValueError as error:
            raise ValueError(f"start: {options.start.state_dict}: {error}") from error
    converted(module, device)
    with seeded(derive_seed(name, seed, "layers that draw, such as dropout"), device):
        training = train(
            module,
            x.to(device),
            y.to(device),
            TRAINING[options.loss],
            shuffle_seed=derive_seed(name, seed, "shuffling"),
            optimizer=options.optimizer,
            learning_rate=options.learning_rate,
            weight_decay=options.weight_decay,
            batch_size=options.batch_size,
            epochs=options.epochs,
            checkpoints=options.checkpoints,
            stop_when_fitted=options.stop_when_fitted,
        )
    module = converted(module.eval(), torch.device("cpu"))
    model = model_dataset(module, training, dataset, options, seed)
    return model.assign_attrs(build_seed=drawn_from)


def _starting_network(
    x: Tensor,
    classes: int,
    start: xr.Dataset | None,
    options: TrainingOptions,
    name: str,
    seed: int,
) -> tuple[nn.Module, int]:
    """Return the network before training, and the seed that it was built with."""
    build = partial(build_to_train, options.architecture, tuple(x.shape[1:]), classes)
    build_with = derive_seed(name, seed, "initialisation")
    if start is None:
        return build(build_with, x), build_with
    if options.start.norm_of:
        module, reference = build(build_with, x), torch.from_numpy(start["parameters"].values)
        load_parameter_vector(module, scale_to_norm(parameter_vector(module), reference))
        return module, build_with
    # the other model, whole: what its `build` drew and did not register too
    build_with = build_seed(start)
    module = build(build_with, x)
    load_network(module, start)
    if options.start.rescale_layers:
        rescale_layers(module, options.start.rescale_layers)
    return module, build_with
