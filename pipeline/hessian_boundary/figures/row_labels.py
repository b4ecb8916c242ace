"""What a row or panel is called: what tells its experiment from the others of the figure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from hessian_boundary.figures.experiments import class_of_view, split_experiment
from hessian_boundary.figures.panels import class_label
from hessian_boundary.wording.labels import readable

VIEWS = (  # in their order in a path
    (r"epoch(\d+)", r"epoch \1"),
    (r"class(\d+)", r"loss of class \1"),
    (r"layer/([^/]+)", r"layer \1"),
    (r"last_layer", "last layer"),
    (r"gauss_newton", "Gauss–Newton part"),
    (r"covariance", "covariance Σ"),
)


def row_labels(settings: Mapping[str, Any], data: Sequence[xr.Dataset] = ()) -> list[str]:
    """Return one label per entry of `experiments` ("dataset/training" or "…/view").

    `labels`, where given, are taken as they are; else what all experiments share is left out.
    `data` are the experiments' data sets, which may name the class that a view is of.
    """
    if "labels" in settings:
        return list(settings["labels"])
    parts = [split_experiment(experiment) for experiment in settings["experiments"]]
    datasets, trainings, views = (len(set(column)) > 1 for column in zip(*parts, strict=True))
    shown = _readable_views(settings["experiments"], data) if views else [""] * len(parts)
    return [
        _label(dataset if datasets else "", training, view, trainings)
        for (dataset, training, _), view in zip(parts, shown, strict=True)
    ]


def common_data_set(settings: Mapping[str, Any]) -> str | None:
    """Return what the data set of all `experiments` is called; None if there are several."""
    names = {split_experiment(experiment)[0] for experiment in settings["experiments"]}
    return readable(*names) if len(names) == 1 else None


def _label(dataset: str, training: str, view: str, trainings_differ: bool) -> str:
    lines = [view] if view else []
    if dataset:
        lines.insert(0, readable(dataset))
        if trainings_differ and training != "normal":
            lines.append(f"({_training(training)})")
    elif trainings_differ or not lines:
        lines.insert(0, _training(training))
    return "\n".join(lines)


def _training(name: str) -> str:
    """Return what a training is called; a point of a sweep has a line per value."""
    return readable(name).replace(", ", ",\n")


def _readable_views(experiments: Sequence[str], data: Sequence[xr.Dataset]) -> list[str]:
    shown = []
    for number, experiment in enumerate(experiments):
        view, label = _readable_view(split_experiment(experiment)[2]), class_of_view(experiment)
        if label is not None:
            view = view.replace(f"class {label}", class_label(label, data[number : number + 1]))
        shown.append(view)
    return shown


def _readable_view(view: str) -> str:
    """Write a view's parts in words, one after the other."""
    rest, shown = f"{view}/", []
    for pattern, text in VIEWS:
        if match := re.match(f"{pattern}/", rest):
            shown.append(match.expand(text))
            rest = rest[match.end() :]
    return ", ".join(shown) or view
