"""Every measure of one model, on cases worked out by hand."""

import math

import pytest
import xarray as xr

from helpers.alignments import diverged_samples, hand_made_samples, partial_samples
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.measures.g_theta import (
    parameter_count,
)
from hessian_boundary.measures.model import PARTS, errors, model_measures
from hessian_boundary.networks.problem import Problem

MODEL = {
    "norm_published": 19.5, "norm_l2": 9.9, "train_accuracy": 1.0, "validation_accuracy": 0.5,
    "test_accuracy": 0.75, "epochs": 2000, "status": "fitted",
}  # fmt: skip


def test_measures_of_the_case_by_hand():
    assert model_measures(hand_made_samples(), MODEL) == pytest.approx(
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
            "validation_accuracy": 0.5,
            "test_accuracy": 0.75,
            "train_error": 0.0,
            "validation_error": 0.5,
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


def test_what_depends_on_the_whole_spectrum_is_no_number_for_a_part_of_it():
    found, whole = (
        model_measures(partial_samples(), MODEL),
        model_measures(hand_made_samples(), MODEL),
    )
    unknown = {name for name, value in found.items() if math.isnan(value)}
    resolved = ("resolved_share_min", "resolved_share_mean")
    assert unknown == {"g_theta_max", "g_theta_mean", "trace", "rank", *resolved}
    assert found["not_computed"] == 4
    for name in (*resolved, "rank"):
        assert found.pop(f"{name}_at_least") == whole[name]
    # the four that were not computed may all count
    most = [found.pop(f"g_theta_{name}_at_most") for name in ("max", "mean")]
    assert most == pytest.approx([0.6, 0.6])
    # of the case by hand: m_max exceeds ε = 0.13 twice, m_mean too, of ten parameters
    bounds = {name: found.pop(name) for name in ("g_theta_max_at_least", "g_theta_mean_at_least")}
    assert list(bounds.values()) == [0.2, 0.2]
    changed = {name for name in found.keys() - unknown if found[name] != whole[name]}
    assert changed == {"not_computed"}


def test_the_bound_of_g_theta_counts_only_what_was_computed():
    samples = partial_samples().isel(eigen=[0, 1, 3])  # without the third, whose m_max is 0.3
    samples.attrs |= {"rank": 3, "not_computed": 5}
    found = model_measures(samples, MODEL)
    assert found["g_theta_max_at_least"] == 0.1
    assert math.isnan(found["g_theta_max"])


def test_the_smallest_eigenvalue_is_unknown_where_the_lower_end_was_round_off():
    samples = partial_samples().isel(eigen=slice(3))
    assert math.isnan(model_measures(samples, MODEL)["lambda_min"])
    assert model_measures(samples, MODEL)["lambda_min_at_most"] == 0


def test_the_smallest_computed_eigenvalue_bounds_the_lower_end_that_nobody_asked_for():
    samples = partial_samples().assign_attrs(bottom_pairs=0)
    found = model_measures(samples, MODEL)
    assert math.isnan(found["lambda_min"])
    assert found["lambda_min_at_most"] == -0.25


def test_a_view_has_what_comes_from_its_matrix_and_not_what_is_of_the_model():
    of_model, of_view = (model_measures(hand_made_samples(), model) for model in (MODEL, None))
    assert set(of_model) - set(of_view) == {
        *("norm_published", "norm_l2", "epochs"),
        *(f"{part}_accuracy" for part in PARTS),
        "train_error",
        "validation_error",
    }
    assert of_view.items() <= of_model.items()


def test_a_whole_spectrum_has_its_smallest_eigenvalue():
    positive = hand_made_samples().isel(eigen=slice(3))
    assert model_measures(positive, MODEL)["lambda_min"] == 0  # the null space's
    full = positive.assign_attrs(rank=3, null_space_dimension=0, not_computed=0)
    assert model_measures(full, MODEL)["lambda_min"] == 0.5


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
    found = model_measures(samples, MODEL)
    assert math.isnan(found["g_theta_max"])
    assert found["trace_by_samples"] > 0
    assert found["eigenpairs"] == 6
    assert found["not_computed"] == case.size - 6


def test_diverged_models_have_measures_that_are_not_numbers(make_problem):
    model = {**MODEL, "norm_published": math.nan, "norm_l2": math.nan}
    found = model_measures(diverged_samples(make_problem), model)
    known = {name for name, value in found.items() if not math.isnan(value)}
    assert set(found) == set(model_measures(hand_made_samples(), MODEL))
    assert known == {
        "eigenpairs", "not_computed", "parameters", "samples_without_direction", "epochs",
        *(f"{part}_accuracy" for part in PARTS), "train_error", "validation_error",
    }  # fmt: skip
    assert found["eigenpairs"] == 0
    assert found["not_computed"] == found["parameters"] == 15
    assert found["samples_without_direction"] == 150


def test_a_part_without_samples_has_no_error():
    found = errors({**MODEL, "validation_accuracy": math.nan})
    assert {name for name, value in found.items() if math.isnan(value)} == {"validation_error"}
    assert found["train_error"] == 0.0
