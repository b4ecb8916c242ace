"""Data sets themselves, training samples by class (Figure 17)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.experiments import split_experiment
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.panels import class_handles, class_points
from hessian_boundary.figures.style import PAGE_WIDTH, add_panel, new_figure, publication_style
from hessian_boundary.wording.labels import readable

ARTIFACTS = ("dataset",)
NEEDED, TAKEN = (), ("labels",)
FEATURES = 2
# inches
SIZE, GAP, TOP, BOTTOM = 2.2, 0.5, 0.22, 0.42


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a panel per experiment's data set, all on the same axes."""
    count = len(inputs["dataset"])
    figure = new_figure(TOP + SIZE + BOTTOM, settings["note"])
    start = (PAGE_WIDTH - count * SIZE - (count - 1) * GAP) / 2
    names = settings.get("labels") or [
        readable(split_experiment(experiment)[0]) for experiment in settings["experiments"]
    ]
    everything = np.concatenate([dataset["x"].values for dataset in inputs["dataset"]])
    low, high = everything.min(0) - 0.3, everything.max(0) + 0.3
    for number, (name, dataset) in enumerate(zip(names, inputs["dataset"], strict=True)):
        axes = add_panel(figure, start + number * (SIZE + GAP), TOP, SIZE, SIZE)
        train = dataset.isel(sample=dataset["split"].values == "train")
        class_points(axes, train["x"].values, train["y"].values, 2.6)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), title=name, xlabel="$x_1$")
    figure.axes[0].set_ylabel("$x_2$")
    labels = np.unique(inputs["dataset"][0]["y"]).tolist()
    handles = class_handles(labels, inputs["dataset"])
    figure.axes[-1].legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the number of training samples per class."""
    return numbers_table(
        (
            split_experiment(experiment)[0],
            {
                f"training_samples_class_{label}": float(
                    ((dataset["y"] == label).values & (dataset["split"].values == "train")).sum()
                )
                for label in np.unique(dataset["y"])
            },
        )
        for experiment, dataset in zip(settings["experiments"], inputs["dataset"], strict=True)
    )
