"""Draw one of the paper's figures, or one of the user's."""

import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pandas as pd
import xarray as xr

from hessian_boundary.artifacts.store import open_artifact, open_table, save_figure, save_table
from hessian_boundary.runtime.own_code import full_name, own_function, own_module
from hessian_study.jobs.job import Job

LAYOUTS = "hessian_boundary.figures.layouts"


def main(job: Job) -> None:
    """Write the figure that the settings describe as PDF and PNG, and its numbers as CSV.

    Raises ValueError for data sets that the layout cannot draw.
    """
    inputs = figure_inputs(job)
    name = full_name(LAYOUTS, job.settings["layout"])
    (draw, _), (numbers, _) = (own_function(name, function) for function in ("draw", "numbers"))
    check_features(own_module(name), job.settings, inputs.get("dataset", ()))
    images = {kind: path for kind, path in job.output.items() if kind != "csv"}
    save_figure(draw(inputs, job.settings), images)
    save_table(numbers(inputs, job.settings), job.output["csv"])


def figure_inputs(job: Job) -> dict[str, Sequence[Any]]:
    """Return what a layout is given: of each kind of artifact, one per experiment."""
    return {
        kind: _measures(paths, job.settings["experiments"])
        if kind == "measures"
        else [open_artifact(path, kind) for path in paths]
        for kind, paths in job.input.items()
    }


def _measures(paths: Sequence[str], experiments: Sequence[str]) -> list[pd.DataFrame]:
    """Return a table per experiment with the measures of all its runs.

    A path ends in dataset/training/seed0/measures.csv, or has a view before the file's name.
    """
    tables: dict[str, list[pd.DataFrame]] = {experiment: [] for experiment in experiments}
    for path in paths:
        found = re.fullmatch(r"(?:.*/)?([^/]+/[^/]+)/seed\d+((?:/[^/]+)*)/[^/]+", path)
        assert found, path
        tables["".join(found.groups())].append(open_table(path))
    return [pd.concat(found, ignore_index=True) for found in tables.values()]


def check_features(
    layout: ModuleType, settings: Mapping[str, Any], datasets: Sequence[xr.Dataset]
) -> None:
    """Raise ValueError for inputs of more or fewer features than the layout says that it draws.

    Here and not before the run, since only a data set that was made tells how many it has.
    """
    wanted = getattr(layout, "FEATURES", None)
    for experiment, dataset in zip(settings["experiments"], datasets, strict=False):
        shape = dataset["x"].shape[1:]
        if wanted is not None and shape != (wanted,):
            raise ValueError(
                f"expected data sets with {wanted} input features to draw with the layout "
                f"{settings['layout']}, found inputs of shape {shape} in {experiment}; take "
                "another layout, such as sample_alignments, or another data set"
            )
