"""Axis-aligned Gaussian clusters: the paper's gaussian, hierarchical and checkerboard sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def generate(
    *, random_state: int, clusters: Sequence[Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` points per cluster from N(mean, diag(standard_deviation²)).

    The clusters are drawn in the given order from one RandomState, sample by sample, as the
    authors' code does; a class may own several clusters (the checkerboard's own two each).

    Returns x (sample, feature) float32 and y (sample,) int64.
    """
    draw = np.random.RandomState(random_state)
    points, labels = [], []
    for cluster in clusters:
        for _ in range(cluster["count"]):
            points.append(draw.normal(cluster["mean"], cluster["standard_deviation"]))
            labels.append(cluster["label"])
    return np.array(points, dtype=np.float32), np.array(labels, dtype=np.int64)
