"""Train and measure all models of one data draw, in one process."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.generalisation.data_draws import DataDraw, training_set
from hessian_boundary.generalisation.knobs import DEFAULTS, PlannedModel
from hessian_boundary.generalisation.measuring import measure_planned
from hessian_boundary.generalisation.training import train_planned
from hessian_boundary.runtime.progress import Progress

MARGIN = 0.15  # of the data's range, on each side of the window: as the alignment maps have it


def sweep(
    draw: DataDraw,
    number: int,
    half: str,
    planned: Sequence[PlannedModel],
    *,
    architecture: str,
    random_label_epochs: int,
    curvature: CurvatureOptions,
) -> xr.Dataset:
    """Return the models of data draw `number` with all knobs and measures, each (model,).

    A model is repeated from its own entry: data set, draw, walk and seed are what its random
    numbers come from. Progress is printed with an estimate of the time left.
    """
    planar = draw.x.ndim == 2 and draw.x.shape[1] == 2
    window = grid_window(draw.x, MARGIN) if planar else None
    progress = Progress(f"models of {draw.name}", len(planned))
    entries: list[Mapping[str, Any]] = []
    for model in planned:
        knobs = model.knobs
        data = training_set(draw, knobs["training_size"], knobs["label_noise"])
        trained = train_planned(
            data,
            model,
            architecture=architecture,
            random_label_epochs=random_label_epochs,
            name=run_name(draw, model),
        )
        about = {  # type: dict[str, Any]
            "walk": model.walk,
            "point": model.point,
            "seed": model.seed,
            "draw": number,
        }
        about |= {"half": half, "status": trained.attrs["status"]}
        about["parameters"] = float(trained.sizes["parameter"])
        values, about["refused"] = measure_planned(trained, data, draw, window, curvature)
        entries.append(knobs | about | values)  # type: ignore[operator]  # knobs are a dict
        progress.update(len(entries))
    return models_dataset(entries).assign_attrs(
        architecture=architecture, random_label_epochs=random_label_epochs
    )


def run_name(draw: DataDraw, model: PlannedModel) -> str:
    """Return the name that a model's random numbers come from, together with its seed.

    The points of a walk share it: a pair that differs in the learning rate starts from the same
    parameters and sees its samples in the same order.
    """
    return f"generalisation/{draw.name}/walk{model.walk}"


def models_dataset(entries: Sequence[Mapping[str, Any]]) -> xr.Dataset:
    """Return entries, which all have the same names, as variables (model,).

    Raises ValueError where there is none.
    """
    if not entries:
        raise ValueError(
            "expected models to train, found none; set `walks` of this data set to at least 1 "
            "in `generalisation.datasets` of config.yaml"
        )
    variables: dict[str, Any] = {}
    for name in entries[0]:
        values = [entry[name] for entry in entries]
        _, kind = KINDS["models"].get(name, ((), "f"))  # measures are numbers
        if kind == "T":
            variables[name] = ("model", string_array([str(value) for value in values]))
        else:
            dtype = np.int64 if kind == "i" else np.float64
            variables[name] = ("model", np.array(values, dtype=dtype))
    for name in DEFAULTS:
        variables[name] = (*variables[name], {"long_name": f"knob {name.replace('_', ' ')}"})
    return xr.Dataset(variables, coords={"model": np.arange(len(entries))})
