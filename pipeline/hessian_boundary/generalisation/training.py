"""Train one planned model, by the training loop that every experiment takes."""

from collections.abc import Mapping
from typing import Any

import torch
import xarray as xr

from hessian_boundary.generalisation.knobs import STARTS, PlannedModel
from hessian_boundary.training.optimisation.options import UpdateOptions
from hessian_boundary.training.options import LossOptions, Start, TrainingOptions
from hessian_boundary.training.run import run_training

CPU = torch.device("cpu")
# name of the model whose norm or parameters a training starts from, in its options
BEFORE = "the training before"


def train_planned(
    training_set: xr.Dataset,
    planned: PlannedModel,
    *,
    architecture: str,
    random_label_epochs: int,
    name: str,
) -> xr.Dataset:
    """Return the model artifact of a planned model, by SGD on the cross-entropy.

    The first training starts from the default initialisation times `initial_scale`. With the start
    `adversarial`, that is one on permuted labels, whose parameters the second one starts from; with
    `large_norm` the second one starts from a default draw scaled to their norm. All draws come from
    `name` and the planned seed.

    Raises ValueError for another start.
    """
    knobs = planned.knobs
    if knobs["start"] not in STARTS:
        raise ValueError(
            f"expected a start among {', '.join(STARTS)}, found {knobs['start']!r}; correct "
            "`generalisation.knobs.start` in config.yaml"
        )

    def trained(source: xr.Dataset | None, **changes: Any) -> xr.Dataset:
        options = _options(architecture, knobs, **changes)
        return run_training(training_set, source, options, name=name, seed=planned.seed, device=CPU)

    first = trained(None, epochs=0)
    scaled = first.assign(parameters=first["parameters"] * float(knobs["initial_scale"]))
    from_norm, from_parameters = Start(norm_of=BEFORE), Start(parameters_of=BEFORE)
    if knobs["start"] == "normal":
        return trained(scaled, start=from_norm)
    before = trained(
        scaled,
        start=from_norm,
        labels="y_random",
        epochs=random_label_epochs,
        stop_when_fitted=True,
    )
    if before.attrs["status"] == "diverged":
        return before
    return trained(before, start=from_parameters if knobs["start"] == "adversarial" else from_norm)


def _options(architecture: str, knobs: Mapping[str, Any], **changes: Any) -> TrainingOptions:
    units = {"hidden": [knobs["width"]] * knobs["depth"]} if architecture == "mlp" else {}
    entry: dict[str, Any] = {
        "architecture": {"name": architecture, **units},
        "labels": "y",
        "loss": LossOptions(),
        "update": UpdateOptions(
            "sgd", knobs["learning_rate"], weight_decay=float(knobs["weight_decay"])
        ),
        "batch_size": knobs["batch_size"],
        "epochs": knobs["epochs"],
        "presumes_fit": False,
    }
    return TrainingOptions(**entry | changes)
