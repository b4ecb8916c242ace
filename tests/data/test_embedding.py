"""Samples in the plane, and how much subspaces have in common."""

import numpy as np
import pytest

from hessian_boundary.artifacts.schema import check
from hessian_boundary.data.embedding import embed


def test_clusters_stay_apart_and_the_result_is_repeatable() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(60, 1, 4, 4)).astype(np.float32)
    x[30:] += 20
    embedding = embed(x)
    check(embedding, "embedding")
    points = embedding["embedding"].values
    assert points.shape == (60, 2)
    centres = points[:30].mean(0), points[30:].mean(0)
    spread = max(np.linalg.norm(points[:30] - centres[0], axis=1).max(),
                 np.linalg.norm(points[30:] - centres[1], axis=1).max())  # fmt: skip
    assert np.linalg.norm(centres[0] - centres[1]) > spread
    np.testing.assert_array_equal(embed(x)["embedding"], points)


def test_a_handful_of_samples_is_enough_and_fewer_are_refused() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert embed(x)["embedding"].shape == (5, 2)
    with pytest.raises(ValueError, match="expected at least five samples to embed, found 4"):
        embed(x[:4])
