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


def draw(
    n: int, seed: int, *, clusters: Sequence[Mapping[str, Any]], **_: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n fresh samples, each from a cluster that is as likely as its `count` is large.

    Returns x and y as `generate` does.
    """
    state = np.random.default_rng(seed)
    shares = np.array([cluster["count"] for cluster in clusters], dtype=float)
    chosen = state.choice(len(clusters), size=n, p=shares / shares.sum())
    means, deviations, labels = (
        np.array([cluster[name] for cluster in clusters])[chosen]
        for name in ("mean", "standard_deviation", "label")
    )
    return state.normal(means, deviations).astype(np.float32), labels.astype(np.int64)
