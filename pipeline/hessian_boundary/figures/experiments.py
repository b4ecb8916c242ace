"""Names of experiments: "dataset/training", or "dataset/training/view" of another matrix.

A view is the parameters after some epochs, the loss of one class, one layer, another matrix, or
several of these in this order: "epoch50/class2/layer/fc1/gauss_newton".
"""

import re


def split_experiment(experiment: str) -> tuple[str, str, str]:
    """Return (data set, training, view) of an experiment; the view may be empty."""
    dataset, training, *view = experiment.split("/", 2)
    return dataset, training, view[0] if view else ""


def class_of_view(experiment: str) -> int | None:
    """Return the class whose loss alone a view takes, if it does."""
    match = re.match(r"(?:epoch\d+/)?class(\d+)(?:/|$)", split_experiment(experiment)[2])
    return int(match.group(1)) if match else None
