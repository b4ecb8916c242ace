"""Names of experiments: "dataset/training", or "dataset/training/view" of another matrix.

A view is the loss of one class, the parameters after some epochs, or the gradient covariance.
"""

import re


def split_experiment(experiment: str) -> tuple[str, str, str]:
    """Return (data set, training, view) of an experiment; the view may be empty."""
    dataset, training, *view = experiment.split("/")
    return dataset, training, view[0] if view else ""


def class_of_view(experiment: str) -> int | None:
    """Return the class whose loss alone a view takes, if it does."""
    match = re.fullmatch(r"class(\d+)", split_experiment(experiment)[2])
    return int(match.group(1)) if match else None
