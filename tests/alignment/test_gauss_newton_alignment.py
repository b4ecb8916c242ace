"""Alignment with the Gauss-Newton part's eigenvectors: against gradients that are written out."""

import json
import subprocess

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from helpers.scripts import script
from hessian_boundary.alignment.gauss_newton import (
    align_pairs,
    gauss_newton_artifacts,
    pairs_with_random_directions,
)
from hessian_boundary.artifacts.schema import check
from hessian_boundary.curvature.gauss_newton.room import TRIANGLES, check_rows
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedSquaredError,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.networks.problem import Problem

LOSSES = (cross_entropy_per_sample, squared_error_per_sample)


def _written_out(module: nn.Module, x: Tensor, loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Unit gradients (n, p) at the predicted labels and their lengths."""
    gradients = per_sample_gradients(module, x, module(x).argmax(1), loss)
    lengths = torch.linalg.vector_norm(gradients, dim=1)
    return (gradients / lengths[:, None]).detach().numpy(), lengths.detach().numpy()


@pytest.mark.parametrize("slice_bytes", [2**28, 40_000])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "mlp_sigmoid"])
def test_alignments_are_those_of_gradients_written_out(name, loss, slice_bytes, make_problem):
    case = make_problem(name)
    x = case.x[:50]
    pairs = pairs_with_random_directions(Problem(case.module, x, case.y[:50], loss), slice_bytes)
    samples = align_pairs(pairs)
    units, lengths = _written_out(case.module, x, loss)
    np.testing.assert_allclose(samples["gradient_norm"], lengths, rtol=1e-11)
    # PAPER: five random directions, state 42 (the authors' code)
    random = np.random.RandomState(42).standard_normal((5, case.size))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    np.testing.assert_allclose(samples["random_alignment"], random @ units.T, rtol=0, atol=1e-13)
    vectors = pairs.eigenvectors(8).numpy()
    np.testing.assert_allclose(samples["alignment"][:8], vectors @ units.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(samples["resolved_share"], 1, rtol=0, atol=1e-12)
    assert samples["prediction"].values.tolist() == case.module(x).argmax(1).tolist()
    assert samples["eigenvalue"].values.tolist() == pairs.eigenvalues.tolist()
    rank = samples.sizes["eigen"]
    expected = {"rank": rank, "null_space_dimension": case.size - rank}
    expected |= {"not_computed": 0, "complete": True}
    assert samples.attrs.items() >= expected.items()


def test_pairs_below_a_tolerance_are_counted_in_the_null_space(make_problem):
    case = make_problem("mlp_relu")
    problem = Problem(case.module, case.x[:20], case.y[:20], cross_entropy_per_sample)
    pairs = pairs_with_random_directions(problem)
    everything, cut = align_pairs(pairs), align_pairs(pairs, 1e-3)
    values = everything["eigenvalue"].values
    kept = int((values > 1e-3 * values[0]).sum())
    assert 0 < kept < len(values)
    np.testing.assert_allclose(cut["alignment"], everything["alignment"][:kept], atol=1e-14)
    assert (cut.attrs["rank"], cut.attrs["null_space_dimension"]) == (kept, case.size - kept)
    assert float(cut["resolved_share"].min()) < float(everything["resolved_share"].min())


def test_gradients_that_are_zero_or_too_short_have_no_direction():
    module = nn.Linear(1, 2, bias=False).double()
    module.weight.data = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    x = torch.tensor([[800.0], [2.0], [1.0]], dtype=torch.float64)
    # softmax weights of 1e-348, 0.1 and 0.3; logits of (800, 0), (2, 0) and (1, 0), a perfect fit
    for loss, expected in zip(LOSSES, ([True, False, False], [False, False, True]), strict=True):
        problem = Problem(module, x, torch.tensor([0, 0, 0]), loss)
        samples = align_pairs(pairs_with_random_directions(problem))
        for name in ("alignment", "random_alignment"):
            missing = np.isnan(samples[name].values)
            np.testing.assert_array_equal(missing, np.tile(expected, (len(missing), 1)))


@pytest.mark.parametrize(
    ("loss", "dyads"),
    [
        (cross_entropy_per_sample, 2),
        (squared_error_per_sample, 3),
        (WeightedSquaredError(0.0, (1.0, 2.0, 0.5)), 3),
    ],
)
def test_what_fits_the_memory_limit_exactly_is_computed(make_problem, loss, dyads):
    """Fifteen matrices of m rows by the smaller of m and p, of 8 bytes a number."""
    case = make_problem("mlp_relu")
    problem = Problem(case.module, case.x[:20], case.y[:20], loss)
    rows = 20 * dyads
    needed = 15 * rows * min(rows, case.size) * 8
    check_rows(problem, needed)
    message = f"of 20 samples with {problem.classes} classes .* take 19 samples at most"
    with pytest.raises(MemoryLimitError, match=message):
        check_rows(problem, needed - 1)


def test_eigenvectors_and_what_goes_along_with_rows_have_to_fit_too(make_problem):
    case = make_problem("mlp_relu")
    problem = Problem(case.module, case.x[:1], case.y[:1], cross_entropy_per_sample)
    vector, triangle = 8 * case.size, 8 * 2 * 2
    needed = 6 * triangle + (30 + 3 * 4) * vector  # residuals of four at a time
    check_rows(problem, needed, 30)
    with pytest.raises(MemoryLimitError, match=r"30 eigenvectors .* ask for fewer eigenvectors"):
        check_rows(problem, needed - 1, 30)
    needed = 2 * (3 * triangle + 10 * vector)  # the other half is for slices
    check_rows(problem, needed)
    with pytest.raises(MemoryLimitError, match="take a smaller network"):
        check_rows(problem, needed - 2)


MATRICES_AT_ONCE = """
import sys
from types import SimpleNamespace
import torch
from helpers.peak_memory import give_back_at_once, peak_memory
from hessian_boundary.curvature.gauss_newton import rotations
from hessian_boundary.curvature.gauss_newton.decomposition import decomposed
rotations.LARGE, orders = int(sys.argv[1]), float(sys.argv[2])
torch.set_num_threads(1)
torch.manual_seed(0)
triangle = torch.randn(1000, 1000, dtype=torch.float64)
scales = 10 ** (-orders * torch.rand(500, 2, dtype=torch.float64))
rows = SimpleNamespace(problem=None, factor=SimpleNamespace(scales=scales))
give_back_at_once()
before = peak_memory()
decomposed(rows, triangle, triangle[:, :0])
print(1 + (peak_memory() - before) / 8e6)  # of the size of R
"""


@pytest.mark.parametrize(("large", "orders"), [(2, 3), (2, 20), (2000, 3)])
def test_the_decomposition_takes_the_memory_that_is_counted(large, orders):
    """Rotations start from an ordinary decomposition or not, of one group of rows or of several.

    In a process of its own: others have memory left from earlier tests, which is taken first.
    """
    command = script(MATRICES_AT_ONCE, str(large), str(orders))
    found = float(subprocess.check_output(command, text=True))
    assert 8 < found < TRIANGLES


def test_artifacts_have_what_those_of_any_matrix_have(make_problem):
    case = make_problem("cnn")
    problem = Problem(case.module, case.x[:21], case.y[:21], cross_entropy_per_sample)
    spectrum, samples = gauss_newton_artifacts(problem, 4)
    check(spectrum, "spectrum")
    check(samples, "alignment_samples")
    logits = case.module(problem.x).detach()
    np.testing.assert_allclose(samples["logits"], logits.T, rtol=1e-12)
    np.testing.assert_array_equal(samples["label"], problem.y)
    np.testing.assert_array_equal(samples["eigen"], np.arange(samples.sizes["eigen"]))
    np.testing.assert_array_equal(samples["sample"], np.arange(21))
    expected = samples["alignment"] * samples["gradient_norm"]
    np.testing.assert_array_equal(samples["scalar_product"], expected)
    checks = json.loads(samples.attrs["checks"])
    assert len(checks) >= 3
    assert all(each["error"] <= each["tolerance"] for each in checks.values())
