"""What a row or panel is called: what tells its experiment from the others of the figure."""

import re
from collections.abc import Mapping
from typing import Any

from hessian_boundary.figures.experiments import split_experiment
from hessian_boundary.wording.labels import readable

VIEWS = (
    (r"class(\d+)", r"loss of class \1"),
    (r"epoch(\d+)", r"epoch \1"),
    (r"covariance", "covariance Σ"),
)


def row_labels(settings: Mapping[str, Any]) -> list[str]:
    """Return one label per entry of `experiments` ("dataset/training" or "…/view").

    `labels`, where given, are taken as they are; else what all experiments share is left out.
    """
    if "labels" in settings:
        return list(settings["labels"])
    parts = [split_experiment(experiment) for experiment in settings["experiments"]]
    datasets, trainings, views = (len(set(column)) > 1 for column in zip(*parts, strict=True))
    return [
        _label(dataset if datasets else "", training, view if views else "", trainings)
        for dataset, training, view in parts
    ]


def _label(dataset: str, training: str, view: str, trainings_differ: bool) -> str:
    lines = [_readable_view(view)] if view else []
    if dataset:
        lines.insert(0, readable(dataset))
        if trainings_differ and training != "normal":
            lines.append(f"({readable(training)})")
    elif trainings_differ or not lines:
        lines.insert(0, readable(training))
    return "\n".join(lines)


def _readable_view(view: str) -> str:
    for pattern, text in VIEWS:
        if re.fullmatch(pattern, view):
            return re.sub(pattern, text, view)
    return view
