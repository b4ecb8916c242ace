"""From a dataset artifact and an experiment's settings to a model artifact."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.data.dataset import class_count, samples_of
from hessian_boundary.losses.per_sample import trained_loss
from hessian_boundary.networks.building import build_to_train
from hessian_boundary.networks.conversion import converted
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
from hessian_boundary.training.class_weights import class_weights
from hessian_boundary.training.early_stopping import EarlyStopping
from hessian_boundary.training.history import Training
from hessian_boundary.training.initialisation import scale_to_norm
from hessian_boundary.training.loop import train
from hessian_boundary.training.model_dataset import model_dataset
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.own_training import TrainingData, train_by_own_function


def run_training(
    dataset: xr.Dataset,
    start: xr.Dataset | None,
    options: TrainingOptions,
    *,
    name: str,
    seed: int,
    device: torch.device,
    state_dict: Mapping[str, Any] | None = None,
    unfinished: UnfinishedWork | None = None,
) -> xr.Dataset:
    """Train one model.

    `start` is the model artifact that `options.start` refers to, if any; `state_dict` is the
    content of the file that it names (`networks.trained_elsewhere.loading`). Every draw is seeded
    by the experiment's name, the seed and what it is for, so that runs do not influence each other.
    A training that was killed goes on from the state in `unfinished`.

    Returns the model artifact. Its attribute `status` is "fitted" (all training labels), "not
    fitted" or "diverged" (the loss or a parameter became NaN or infinite).

    Raises ValueError for options that do not fit the data, and for a `state_dict` that does not fit
    the architecture, with what to change.
    """
    x, y = samples_of(dataset, "train", options.labels)
    classes = class_count(dataset)
    weights = class_weights(options.loss, y, classes)
    module, drawn_from = _starting_network(x, classes, start, options, name, seed)
    if state_dict is not None:
        try:
            load_trained(module, state_dict)
        except ValueError as error:
            raise ValueError(f"start: {options.start.state_dict}: {error}") from error
    converted(module, device)
    x_validation, y_validation = samples_of(dataset, "validation", options.labels)
    parts = [part.to(device) for part in (x, y, x_validation, y_validation)]
    data = TrainingData(parts[0], parts[1], parts[2], parts[3], classes)
    with seeded(derive_seed(name, seed, "layers that draw, such as dropout"), device):
        if options.training:
            own_seed = derive_seed(name, seed, "own training") % 2**32
            training = train_by_own_function(module, options.training, data, own_seed)
        else:
            training = _by_the_loop(module, data, options, weights, (name, seed), unfinished)
    module = converted(module.eval(), torch.device("cpu"))
    model = model_dataset(module, training, dataset, options, weights, seed)
    return model.assign_attrs(build_seed=drawn_from)


def _by_the_loop(
    module: nn.Module,
    data: TrainingData,
    options: TrainingOptions,
    weights: tuple[float, ...],
    run: tuple[str, int],
    unfinished: UnfinishedWork | None,
) -> Training:
    def weight_of(labels: Tensor) -> float | Tensor:
        return torch.tensor(weights, device=labels.device)[labels].sum()

    seed = options.shuffle_seed
    return train(
        module,
        data.x_train,
        data.y_train,
        trained_loss(options.loss.name, options.loss.label_smoothing, weights),
        update=options.update,
        batch_size=options.batch_size,
        epochs=options.epochs,
        shuffle_seed=derive_seed(*run, "shuffling") if seed is None else seed,
        checkpoints=options.checkpoints,
        stop_when_fitted=options.stop_when_fitted,
        early_stopping=_early_stopping(data, options),
        weight_of=weight_of if weights else len,
        unfinished=unfinished,
    )


def _early_stopping(data: TrainingData, options: TrainingOptions) -> EarlyStopping | None:
    if options.patience is None:
        return None
    if not len(data.y_validation):
        raise ValueError(
            "expected validation samples for `early_stopping`, found none; lower the data set's "
            "`train_fraction` (what it leaves besides 20 % for testing is for validation), or take "
            "`early_stopping` out"
        )
    return EarlyStopping(data.x_validation, data.y_validation, options.patience)


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
