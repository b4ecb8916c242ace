"""The spectrum artifact: against LAPACK, by every method, and after a kill."""

import math
import re

import numpy as np
import pytest
import torch
import xarray as xr

from hessian_boundary.artifacts.schema import check
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

TOLERANCE = 1e-12


def _hessian(case):
    return Hessian(case.problem, batch_size=64)


SETTINGS = {
    "method": "auto",
    "rank_tolerance": TOLERANCE,
    "memory_limit_gb": 1,
    "eigenpairs": {"top": 6, "bottom": 3},
    "residual_tolerance": 1e-9,
    "density": {"probes": 3, "steps": 5},
}


def _spectrum(case, method, unfinished=None):
    settings = SETTINGS | {"method": method}
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    return compute_spectrum(Problem(*problem), CurvatureOptions.of_settings(settings), unfinished)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_spectrum_artifact_keeps_its_schema_and_says_how_it_was_made(make_problem, method):
    case = make_problem("cnn")
    spectrum = _spectrum(case, method)
    check(spectrum, "spectrum")
    attributes = spectrum.attrs
    assert attributes["method"] == method
    assert attributes["reason"] == "as configured; products with the assembled matrix"
    assert attributes["rank"] == spectrum.sizes["eigen"]
    assert attributes["rank"] + attributes["null_space_dimension"] == case.size
    assert attributes["not_computed"] == 0
    assert attributes["rank_tolerance"] == TOLERANCE
    assert attributes["complete"]
    assert "density_nodes" not in spectrum
    assert attributes["certificate"] < 1e-13
    assert (attributes["hessian_vector_products"] == 0) == (method == "dense")
    eigenvectors = torch.from_numpy(spectrum["eigenvectors"].values)
    eigenvalues = torch.from_numpy(spectrum["eigenvalues"].values)
    rotated = eigenvalues[:, None] * eigenvectors
    torch.testing.assert_close(_hessian(case)(eigenvectors), rotated, rtol=0, atol=1e-13)


def test_a_partial_spectrum_agrees_with_lapack_and_says_what_it_leaves_out(problem):
    whole, part = _spectrum(problem, "dense"), _spectrum(problem, "lanczos")
    check(part, "spectrum")
    attributes, scale = part.attrs, float(whole["eigenvalues"][0])
    every = np.zeros(problem.size)
    every[: whole.sizes["eigen"]] = whole["eigenvalues"]
    every = np.sort(every)[::-1]
    outermost = np.concatenate([every[:6], every[-3:]])
    resolved = outermost[abs(outermost) > 1e-9 * scale]
    np.testing.assert_allclose(part["eigenvalues"], resolved, rtol=0, atol=1e-13 * scale)
    assert attributes["rank"] == len(resolved)
    assert attributes["null_space_dimension"] == 9 - len(resolved)
    assert attributes["not_computed"] == problem.size - 9
    assert not attributes["complete"]
    assert attributes["rank_tolerance"] == 1e-9
    assert attributes["method"] == "lanczos"
    vectors = torch.from_numpy(part["eigenvectors"].values)
    errors = (
        _hessian(problem)(vectors).numpy()
        - part["eigenvalues"].values[:, None] * part["eigenvectors"].values
    )
    lengths = np.linalg.norm(errors, axis=1)
    assert lengths.max() < 1e-9 * scale
    np.testing.assert_allclose(part["residuals"], lengths, rtol=1e-4, atol=1e-14 * scale)
    assert attributes["trace_by_samples"] == pytest.approx(
        whole.attrs["trace_by_samples"], nan_ok=True
    )


def test_a_partial_spectrum_has_an_estimate_of_its_density(make_problem):
    case = make_problem("mlp_relu")
    part = _spectrum(case, "lanczos")
    nodes, weights = part["density_nodes"], part["density_weights"]
    assert nodes.dims == weights.dims == ("probe", "step")
    assert nodes.shape == weights.shape == (3, 5)
    assert "estimate" in nodes.attrs["long_name"]
    assert "estimate" in weights.attrs["long_name"]
    np.testing.assert_allclose(weights.sum("step"), 1, rtol=1e-12)
    whole = _spectrum(case, "dense")["eigenvalues"].values
    assert nodes.max() <= whole.max() * (1 + 1e-12)
    assert nodes.min() >= whole.min() - 1e-12
    # a probe's mean eigenvalue scatters about trace / p by sqrt(2) |H| / p
    means = (nodes * weights).sum("step")
    spread = np.sqrt(2) * np.linalg.norm(whole) / case.size
    assert abs(float(means.mean()) - whole.sum() / case.size) < 4 * spread / np.sqrt(3)


def test_asking_lanczos_for_every_pair_gives_a_complete_spectrum(make_problem):
    case = make_problem("softmax_regression")
    settings = SETTINGS | {"method": "lanczos", "eigenpairs": {"top": 50, "bottom": 5}}
    found = compute_spectrum(case.problem, CurvatureOptions.of_settings(settings))
    whole = _spectrum(case, "dense")
    assert found.attrs["complete"]
    assert found.attrs["not_computed"] == 0
    assert found.attrs["null_space_dimension"] == whole.attrs["null_space_dimension"] == 5
    assert "density_nodes" not in found
    np.testing.assert_allclose(found["eigenvalues"], whole["eigenvalues"], rtol=0, atol=1e-14)


def test_a_killed_spectrum_goes_on_and_is_the_same_to_the_bit(make_problem, tmp_path, monkeypatch):
    class Killed(Exception):  # noqa: N818
        pass

    class Dying(LanczosCheckpoint):
        def save(self, state):
            if state.products > 20:
                raise Killed
            super().save(state)

    case = make_problem("mlp_sigmoid")
    whole = _spectrum(case, "lanczos")
    with pytest.raises(Killed):
        _spectrum(case, "lanczos", Dying(tmp_path / "a", "key"))
    multiplied = []
    count = Hessian.__call__
    monkeypatch.setattr(
        Hessian, "__call__", lambda self, block: multiplied.append(len(block)) or count(self, block)
    )
    resumed = _spectrum(case, "lanczos", LanczosCheckpoint(tmp_path / "a", "key"))
    xr.testing.assert_identical(resumed, whole)
    products = whole.attrs["hessian_vector_products"]
    assert sum(multiplied) == products - 20 + 1  # for the certificate


def test_auto_takes_lanczos_where_the_range_turns_out_too_large(make_problem, monkeypatch):
    case = make_problem("mlp_sigmoid")  # whose Hessian has full rank
    monkeypatch.setattr("hessian_boundary.curvature.solver_choice.SMALL", 0)
    monkeypatch.setattr("hessian_boundary.curvature.solver_choice.RANK_PER_OUTPUT", 0.05)
    monkeypatch.setattr("hessian_boundary.curvature.low_rank.range_finder.BLOCK", 4)
    settings = {**SETTINGS, "memory_limit_gb": 24 * 30 * (case.size + 30) / 0.75e9}
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    spectrum = compute_spectrum(Problem(*problem), CurvatureOptions.of_settings(settings))
    assert spectrum.attrs["method"] == "lanczos"
    assert re.search(
        r"eigenvalues, which take .*; range: expected a range", spectrum.attrs["reason"]
    )
    wanted = compute_spectrum(
        Problem(*problem), CurvatureOptions.of_settings({**settings, "method": "dense"})
    )["eigenvalues"]
    np.testing.assert_allclose(spectrum["eigenvalues"][:6], wanted[:6], rtol=1e-9)
    with pytest.raises(MemoryLimitError, match="take method lanczos"):  # nobody is overruled
        compute_spectrum(
            Problem(*problem), CurvatureOptions.of_settings({**settings, "method": "range"})
        )


def test_diverged_models_have_an_empty_spectrum_of_the_same_schema(make_problem):
    full = _spectrum(make_problem("softmax_regression"), "auto")
    empty = empty_spectrum(15, SETTINGS["rank_tolerance"])
    check(empty, "spectrum")
    assert empty["eigenvectors"].shape == (0, 15)
    assert empty.attrs["rank"] == empty.attrs["null_space_dimension"] == 0
    assert empty.attrs["not_computed"] == 15
    assert not empty.attrs["complete"]
    assert math.isnan(empty.attrs["certificate"])
    assert set(full.attrs) - set(empty.attrs) <= {"certificate_meaning"}


def test_auto_reads_the_number_of_classes_off_the_network(make_problem):
    # the samples of one class alone, as the Hessian of a class takes them
    case = make_problem("mlp_relu")
    x, y = case.x[case.y == 0], case.y[case.y == 0]
    spectrum = compute_spectrum(
        Problem(case.module, x, y, cross_entropy_per_sample), CurvatureOptions.of_settings(SETTINGS)
    )
    assert f"{len(y)} samples of 3 classes" in spectrum.attrs["reason"]
