"""G_θ and its companions on cases worked out by hand."""

import math

import numpy as np
import pytest
import torch
import xarray as xr

from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_boundary.measures.g_theta import (
    alignment_statistic,
    g_theta,
    g_theta_by_statistic,
    g_theta_curves,
    measures,
    parameter_count,
    threshold,
)
from hessian_boundary.networks.losses import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

MODEL = {
    "norm_published": 19.5, "norm_l2": 9.9, "train_accuracy": 1.0, "test_accuracy": 0.9,
    "epochs": 2000, "status": "fitted",
}  # fmt: skip


def _samples() -> xr.Dataset:
    """Four resolved directions of ten, three samples of which the last has no direction.

    m_max  = 0.8, 0.1, 0.3, 0.02
    m_mean = 0.6, 0.1, 0.2, 0.01
    ε = mean(max |(0.1, −0.2)|, max |(0.06, 0.04)|) = (0.2 + 0.06) / 2 = 0.13
    """
    nan = math.nan
    alignment = np.array([[0.4, -0.8, nan], [-0.1, 0.1, nan], [0.3, 0.1, nan], [0.0, 0.02, nan]])
    random = np.array([[0.1, -0.2, nan], [0.06, 0.04, nan]])
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "random_alignment": (("direction", "sample"), random),
            "resolved_share": ("sample", [0.26, 0.66, nan]),
        },
        coords={"eigenvalue": ("eigen", [2.0, 1.0, 0.5, -0.25])},
        attrs={
            "rank": 4,
            "null_space_dimension": 6,
            "not_computed": 0,
            "complete": True,
            "certificate": 1e-15,
            "trace_by_samples": 3.25,
        },
    )


def test_threshold_is_the_mean_of_the_largest_cosines():
    assert threshold(_samples()["random_alignment"]) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("statistic", "expected"), [("max", [0.8, 0.1, 0.3, 0.02]), ("mean", [0.6, 0.1, 0.2, 0.01])]
)
def test_statistics_leave_out_samples_without_direction(statistic, expected):
    found = alignment_statistic(_samples()["alignment"], statistic)
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
    assert g_theta(_samples()["alignment"], 10, epsilon, statistic) == pytest.approx(count / 10)


def test_g_theta_counts_strictly_above_epsilon():
    alignment = xr.DataArray([[0.5], [-0.25]], dims=("eigen", "sample"))
    assert g_theta(alignment, 2, 0.25, "max") == 0.5


def test_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match=r"among \('max', 'mean'\), found 'median'"):
        alignment_statistic(_samples()["alignment"], "median")


def test_curves_equal_g_theta_at_every_epsilon_and_fall():
    curves = g_theta_curves(_samples())
    assert set(curves["statistic"]) == {"max", "mean"}
    for statistic, curve in curves.groupby("statistic"):
        assert curve["epsilon"].iloc[0] == pytest.approx(1e-6)
        assert curve["epsilon"].iloc[-1] == pytest.approx(1)
        expected = [g_theta(_samples()["alignment"], 10, e, statistic) for e in curve["epsilon"]]
        np.testing.assert_array_equal(curve["g_theta"], expected)
        assert curve["g_theta"].is_monotonic_decreasing
        assert curve["g_theta"].iloc[0] == 0.4
        assert curve["g_theta"].iloc[-1] == 0


def test_measures_of_the_case_by_hand():
    assert measures(_samples(), MODEL) == pytest.approx(
        {
            "g_theta_max": 0.2,
            "g_theta_mean": 0.2,
            "epsilon": 0.13,
            "trace": 3.25,
            "lambda_max": 2.0,
            "lambda_min": -0.25,
            "resolved_share_min": 0.26,
            "resolved_share_mean": 0.46,
            "norm_published": 19.5,
            "norm_l2": 9.9,
            "train_accuracy": 1.0,
            "test_accuracy": 0.9,
            "epochs": 2000,
            "rank": 4,
            "eigenpairs": 4,
            "not_computed": 0,
            "certificate": 1e-15,
            "trace_by_samples": 3.25,
            "parameters": 10,
            "samples_without_direction": 1,
        },
        rel=1e-13,
    )


def test_all_parameters_count_resolved_or_not():
    assert parameter_count(_samples()) == 10


def _partial() -> xr.Dataset:
    """The case by hand, had only these four pairs and two zero ones been computed."""
    samples = _samples()
    samples.attrs |= {"null_space_dimension": 2, "not_computed": 4, "complete": False}
    return samples


def test_what_depends_on_the_whole_spectrum_is_no_number_for_a_part_of_it():
    found, whole = measures(_partial(), MODEL), measures(_samples(), MODEL)
    unknown = {name for name, value in found.items() if math.isnan(value)}
    assert unknown == {"g_theta_max", "g_theta_mean", "trace", "rank"}
    assert found["not_computed"] == 4
    changed = {name for name in found.keys() - unknown if found[name] != whole[name]}
    assert changed == {"not_computed"}


def test_the_smallest_eigenvalue_is_unknown_where_the_lower_end_was_round_off():
    samples = _partial().isel(eigen=slice(3))
    assert math.isnan(measures(samples, MODEL)["lambda_min"])
    assert measures(_samples().isel(eigen=slice(3)), MODEL)["lambda_min"] == 0.5


def test_curves_of_partial_spectra_are_not_numbers():
    assert g_theta_curves(_partial())["g_theta"].isna().all()


def test_partial_spectra_pass_through_the_alignment(make_problem):
    case = make_problem("mlp_relu")
    problem = (case.module, case.x, case.y)
    settings = {
        "method": "lanczos", "rank_tolerance": 1e-12, "memory_limit_gb": 1,
        "eigenpairs": {"top": 4, "bottom": 2}, "residual_tolerance": 1e-8,
        "density": {"probes": 2, "steps": 3},
    }  # fmt: skip
    spectrum = compute_spectrum(
        Problem(*problem, cross_entropy_per_sample), CurvatureOptions.of_settings(settings)
    )
    samples = align_samples(Problem(*problem, cross_entropy_per_sample), spectrum)
    assert parameter_count(samples) == case.size
    assert not samples.attrs["complete"]
    for name in ("density_nodes", "density_weights"):
        xr.testing.assert_identical(samples[name], spectrum[name])
    found = measures(samples, MODEL)
    assert math.isnan(found["g_theta_max"])
    assert found["trace_by_samples"] > 0
    assert found["eigenpairs"] == 6
    assert found["not_computed"] == case.size - 6


def _diverged(make_problem) -> xr.Dataset:
    case = make_problem("softmax_regression")
    with torch.no_grad():
        case.module.weight.fill_(math.nan)
    spectrum = empty_spectrum(15, 1e-12)
    return align_samples(case.problem, spectrum)


def test_diverged_models_have_measures_that_are_not_numbers(make_problem):
    model = {**MODEL, "norm_published": math.nan, "norm_l2": math.nan}
    found = measures(_diverged(make_problem), model)
    known = {name for name, value in found.items() if not math.isnan(value)}
    assert set(found) == set(measures(_samples(), MODEL))
    assert known == {
        "eigenpairs", "not_computed", "parameters", "samples_without_direction", "train_accuracy",
        "test_accuracy", "epochs",
    }  # fmt: skip
    assert found["eigenpairs"] == 0
    assert found["not_computed"] == found["parameters"] == 15
    assert found["samples_without_direction"] == 150


def test_curves_of_diverged_models_are_not_numbers(make_problem):
    assert g_theta_curves(_diverged(make_problem))["g_theta"].isna().all()


def test_without_a_gradient_with_a_direction_g_theta_is_unknown():
    nothing = xr.DataArray(np.full((3, 4), math.nan), dims=("eigen", "sample"))
    samples = xr.Dataset(
        {"alignment": nothing, "random_alignment": nothing.rename(eigen="direction")},
        attrs={"rank": 3, "null_space_dimension": 7, "not_computed": 0, "complete": True},
    )
    assert all(math.isnan(value) for value in g_theta_by_statistic(samples).values())
    assert g_theta_curves(samples)["g_theta"].isna().all()
