"""The numbers behind figures: by hand, and of every layout."""

import numpy as np
import pytest
import xarray as xr

from helpers.alignments import aligned_samples
from hessian_boundary.figures.numbers import extreme_alignments, spectral_summary


def test_spectral_summary_leaves_out_what_a_partial_spectrum_cannot_say() -> None:
    whole = aligned_samples(np.array([[0.9, 0.0], [0.1, 0.1]]), [0, 1])
    numbers = spectral_summary(whole)
    assert (numbers["lambda_max"], numbers["trace"]) == (2, 3)
    assert numbers["g_theta_max"] == pytest.approx(1 / 10)
    partial = spectral_summary(whole.assign_attrs(complete=False))
    assert partial == {"lambda_max": 2, "rank": 2}


def test_the_largest_alignment_of_each_kind_of_direction() -> None:
    kinds = ["top", "bottom"]
    on_grid = np.zeros((2, 1, 2, 2))
    on_grid[0, 0, 1, 1], on_grid[1, 0, 0, 0] = -0.9, 0.2
    directions = xr.Dataset(
        {
            "alignment": (("kind", "index", "y", "x"), on_grid),
            "sample_alignment": (("kind", "index", "sample"), [[[0.5, -0.7]], [[0.1, 0.0]]]),
        },
        coords={"kind": kinds},
    )
    assert extreme_alignments(directions) == {
        "largest_top_on_grid": 0.9,
        "largest_top_on_samples": 0.7,
        "largest_bottom_on_grid": 0.2,
        "largest_bottom_on_samples": 0.1,
    }
