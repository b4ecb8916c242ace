"""What a part of a spectrum tells, against the whole one that it was cut from."""

import math

import numpy as np
import pytest
import xarray as xr

from helpers.alignments import aligned_samples, partial_samples
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.measures.g_theta import (
    g_theta,
    g_theta_bounds,
    g_theta_by_statistic,
    g_theta_curves,
    parameter_count,
)
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import spectral_measures
from hessian_boundary.measures.outliers import outlier_measures
from hessian_boundary.measures.sample_outliers import outliers_of


def _part(whole: xr.Dataset, top: int, bottom: int) -> xr.Dataset:
    """What would be known had only so many pairs been computed, and no null space."""
    count = whole.sizes["eigen"]
    kept = [*range(top), *range(count - bottom, count)]
    part = whole.isel(eigen=kept)
    part["resolved_share"] = (part["alignment"] ** 2).sum("eigen", skipna=False)
    unknown = parameter_count(whole) - len(kept)
    return part.assign_attrs(
        rank=len(kept), null_space_dimension=0, not_computed=unknown, complete=False,
        bottom_pairs=bottom,
    )  # fmt: skip


@pytest.fixture(params=["mlp_relu", "cnn", "softmax_regression"])
def whole(request: pytest.FixtureRequest, make_problem) -> xr.Dataset:
    problem = make_problem(request.param).problem
    return align_samples(problem, compute_spectrum(problem, CurvatureOptions(method="dense")))


@pytest.mark.parametrize(("top", "bottom"), [(1, 0), (3, 1), (8, 0)])
def test_bounds_enclose_what_the_whole_spectrum_gives(
    whole: xr.Dataset, top: int, bottom: int
) -> None:
    part = _part(whole, top, bottom)
    known, bounds = g_theta_by_statistic(whole), g_theta_bounds(part)
    for name, value in known.items():
        assert bounds[f"{name}_at_least"] <= value <= bounds[f"{name}_at_most"] <= 1
    curves, inside = g_theta_curves(whole), g_theta_curves(part)
    assert inside["g_theta"].isna().all()
    assert (inside["g_theta_at_least"] <= curves["g_theta"]).all()
    assert (curves["g_theta"] <= inside["g_theta_at_most"]).all()
    measures, truth = spectral_measures(part), spectral_measures(whole)
    for name in ("resolved_share_min", "resolved_share_mean"):
        assert math.isnan(measures[name])
        assert measures[f"{name}_at_least"] <= truth[name] + 1e-12
    if not bottom:
        assert math.isnan(measures["lambda_min"])
        assert measures["lambda_min_at_most"] >= truth["lambda_min"]
    counted, all_of_it = outliers_of(part), outliers_of(whole)
    for name in ("outliers_gap", "outliers_edge"):
        assert math.isnan(counted[name])
        assert not counted[f"{name}_at_least"] > all_of_it[name]


def test_the_upper_bound_is_reached() -> None:
    """One sample, spread evenly over the four that were not computed of six."""
    alignment = np.array([[0.0, 0.0, *[0.5] * 4]]).T
    every = aligned_samples(alignment, [0]).assign_attrs(null_space_dimension=0)
    every["random_alignment"] = (("direction", "sample"), [[0.49]])
    found = g_theta_bounds(_part(every, 2, 0))
    truth = g_theta_by_statistic(every)
    assert truth == {"g_theta_max": 4 / 6, "g_theta_mean": 4 / 6}
    assert found["g_theta_max_at_most"] == found["g_theta_mean_at_most"] == 4 / 6
    assert found["g_theta_max_at_least"] == 0


@pytest.mark.parametrize("statistic", ["max", "mean"])
def test_bounds_of_the_case_by_hand(statistic: str) -> None:
    """ε = 0.13; of the two samples with a direction 0.74 and 0.34 of |g|² are not resolved."""
    samples = partial_samples()  # four pairs, two zero, four unknown
    assert math.floor(0.74 / 0.13**2) + math.floor(0.34 / 0.13**2) > 4
    low = g_theta(samples["alignment"], 10, 0.13, statistic)
    found = g_theta_bounds(samples)
    assert found[f"g_theta_{statistic}_at_most"] == low + 4 / 10  # all of which there are four
    samples["resolved_share"] = ("sample", [1 - 0.13**2 * 1.5, 1 - 0.13**2 * 2, math.nan])
    more = {"max": 1 + 2, "mean": 1}[statistic]  # ⌊1.5⌋ + ⌊2⌋, and ⌊1.75⌋
    found = g_theta_bounds(samples)
    assert found[f"g_theta_{statistic}_at_most"] == pytest.approx(low + more / 10)


def test_where_gradients_are_resolved_the_interval_is_a_point() -> None:
    samples = partial_samples()
    samples["resolved_share"] = ("sample", [1.0, 1 + 1e-12, math.nan])
    found = g_theta_bounds(samples)
    assert found["g_theta_max_at_least"] == found["g_theta_max_at_most"] == 0.2


def test_nothing_is_known_of_outliers_without_the_lower_end() -> None:
    values = np.array([9.0, 8.0, 1.0, -0.5])
    assert outlier_measures(values, complete=False)["outliers_edge_at_least"] == 3
    found = outlier_measures(values, complete=False, lower_end=False)
    assert found["outliers_edge_at_least"] == found["outliers_gap_at_least"] == 0


def test_localisation_of_a_part_is_bounded() -> None:
    alignment = np.array([[0.6, 0.0], [0.0, 0.8], [0.1, 0.1]])
    samples = aligned_samples(alignment, [0, 1])
    samples = samples.assign_coords(eigenvalue=("eigen", [3.0, 2.0, -1.0]))
    part = samples.assign_attrs(complete=False, not_computed=7, null_space_dimension=0)
    known, found = localisation(samples, 2), localisation(part, 2)
    assert found["share_in_top"] == known["share_in_top"] == pytest.approx(0.5)
    assert found["class_coherence"] == known["class_coherence"]
    assert found["share_resolved_at_least"] == known["share_resolved"]
    assert math.isnan(found["share_resolved"])
    assert math.isnan(found["participation"])
    assert found["participation_low"] == known["participation_low"]
    short = localisation(part, 3)  # the third largest eigenvalue was not computed
    assert math.isnan(short["share_in_top"])
    assert math.isnan(short["class_coherence"])
    assert short["share_in_top_at_least"] == pytest.approx(0.5)
