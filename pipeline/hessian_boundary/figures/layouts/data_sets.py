"""Data sets themselves, training samples by class (Figure 17)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.experiments import split_experiment
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.panels import class_handles, class_points, training_part
from hessian_boundary.figures.style import add_panel, figure_width, new_figure, publication_style
from hessian_boundary.wording.labels import readable

ARTIFACTS = ("dataset",)
NEEDED, TAKEN = (), ("labels", "width")
FEATURES = 2
# inches
LEFT, RIGHT, GAP, TOP, BOTTOM, HEIGHT = 0.4, 0.1, 0.15, 0.22, 0.42, 2.6
LEGEND = 0.75


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a panel per experiment's data set, all on the same axes, with the same scale on both.

    `settings` has experiments, note (see `new_figure`), and perhaps labels and width (see
    `figure_width`).
    """
    data, width = inputs["dataset"], figure_width(settings)
    everything = np.concatenate([dataset["x"].values for dataset in data])
    low, high = everything.min(0) - 0.3, everything.max(0) + 0.3
    spans = high - low
    room = (width - LEFT - RIGHT - LEGEND - (len(data) - 1) * GAP) / len(data)
    scale = min(HEIGHT / spans[1], room / spans[0])  # inches for a unit of either feature
    size = spans * scale
    figure = new_figure(TOP + size[1] + BOTTOM, settings["note"], width)
    start = LEFT + len(data) * (room - size[0]) / 2
    names = settings.get("labels") or [
        readable(split_experiment(experiment)[0]) for experiment in settings["experiments"]
    ]
    for number, (name, dataset) in enumerate(zip(names, data, strict=True)):
        axes = add_panel(figure, start + number * (size[0] + GAP), TOP, *size)
        train = training_part(dataset)
        class_points(axes, train["x"].values, train["y"].values, 2.6)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), title=name, xlabel="$x_1$")
        axes.tick_params(labelleft=not number)
    figure.axes[0].set_ylabel("$x_2$")
    handles = class_handles(np.unique(data[0]["y"]).tolist(), data)
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
