"""G_θ, its threshold and its curve, on cases worked out by hand."""

import math

import numpy as np
import pytest
import xarray as xr

from helpers.alignments import diverged_samples, hand_made_samples, partial_samples
from hessian_boundary.measures.g_theta import (
    alignment_statistic,
    g_theta,
    g_theta_by_statistic,
    g_theta_curves,
    parameter_count,
    threshold,
)


def test_threshold_is_the_mean_of_the_largest_cosines():
    assert threshold(hand_made_samples()["random_alignment"]) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("statistic", "expected"), [("max", [0.8, 0.1, 0.3, 0.02]), ("mean", [0.6, 0.1, 0.2, 0.01])]
)
def test_statistics_leave_out_samples_without_direction(statistic, expected):
    found = alignment_statistic(hand_made_samples()["alignment"], statistic)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("statistic", "epsilon", "count"),
    [
        ("max", 0.13, 2),
        ("mean", 0.13, 2),
        ("max", 0.25, 2),
        ("mean", 0.25, 1),
        ("max", 0.05, 3),
        ("max", 0.9, 0),
        ("max", 1e-6, 4),
    ],
)
def test_g_theta_counts_directions_above_epsilon_among_all_parameters(statistic, epsilon, count):
    assert g_theta(hand_made_samples()["alignment"], 10, epsilon, statistic) == pytest.approx(
        count / 10
    )


def test_g_theta_counts_strictly_above_epsilon():
    alignment = xr.DataArray([[0.5], [-0.25]], dims=("eigen", "sample"))
    assert g_theta(alignment, 2, 0.25, "max") == 0.5


def test_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match=r"among \('max', 'mean'\), found 'median'"):
        alignment_statistic(hand_made_samples()["alignment"], "median")


def test_curves_equal_g_theta_at_every_epsilon_and_fall():
    curves = g_theta_curves(hand_made_samples())
    assert set(curves["statistic"]) == {"max", "mean"}
    for statistic, curve in curves.groupby("statistic"):
        assert curve["epsilon"].iloc[0] == pytest.approx(1e-6)
        assert curve["epsilon"].iloc[-1] == pytest.approx(1)
        expected = [
            g_theta(hand_made_samples()["alignment"], 10, e, statistic) for e in curve["epsilon"]
        ]
        np.testing.assert_array_equal(curve["g_theta"], expected)
        assert curve["g_theta"].is_monotonic_decreasing
        assert curve["g_theta"].iloc[0] == 0.4
        assert curve["g_theta"].iloc[-1] == 0


def test_all_parameters_count_resolved_or_not():
    assert parameter_count(hand_made_samples()) == 10


def test_curves_of_partial_spectra_are_not_numbers():
    assert g_theta_curves(partial_samples())["g_theta"].isna().all()


def test_curves_of_diverged_models_are_not_numbers(make_problem):
    assert g_theta_curves(diverged_samples(make_problem))["g_theta"].isna().all()


def test_without_a_gradient_with_a_direction_g_theta_is_unknown():
    nothing = xr.DataArray(np.full((3, 4), math.nan), dims=("eigen", "sample"))
    samples = xr.Dataset(
        {"alignment": nothing, "random_alignment": nothing.rename(eigen="direction")},
        attrs={"rank": 3, "null_space_dimension": 7, "not_computed": 0, "complete": True},
    )
    assert all(math.isnan(value) for value in g_theta_by_statistic(samples).values())
    assert g_theta_curves(samples)["g_theta"].isna().all()
