"""The Gauss-Newton part from pieces of its factor: of any number, the same to round-off."""

import numpy as np
import pytest
import torch

from helpers.layered_networks import NETWORKS, lenet
from helpers.naive import naive_gradients
from hessian_boundary.alignment.gauss_newton import gauss_newton_artifacts, gauss_newton_piece
from hessian_boundary.artifacts.schema import check
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.curvature.gauss_newton.factor_rows import FactorRows, gathered
from hessian_boundary.curvature.gauss_newton.pieces import empty_piece, piece_dataset, piece_of
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.problem import Problem

SAMPLES = 11


def _problem(name: str = "lenet") -> Problem:
    build, shape = {**NETWORKS, "lenet": (lenet, (1, 12, 12))}[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = build().double().eval()
        x, y = torch.randn(SAMPLES, *shape, dtype=torch.float64), torch.randint(3, (SAMPLES,))
    return Problem.prepared(network, x, y)


def _pieces(problem: Problem, count: int):
    return [gauss_newton_piece(problem, number, count) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("of_one_class", [False, True])
@pytest.mark.parametrize("name", ["lenet", "4 dense"])
def test_the_number_of_pieces_changes_nothing(name: str, of_one_class: bool, count: int) -> None:
    problem = _problem(name)
    members = problem.y == 1 if of_one_class else None
    expected = gauss_newton_artifacts(problem, 4, members=members)
    pieces = _pieces(problem, count)
    found = gauss_newton_artifacts(problem, 4, members=members, pieces=iter(pieces))
    for key in ("eigenvalue", "gradient_norm"):
        np.testing.assert_allclose(found[1][key], expected[1][key], rtol=1e-10, atol=0)
    np.testing.assert_allclose(
        found[1]["random_alignment"], expected[1]["random_alignment"], rtol=0, atol=1e-13
    )
    largest = float(expected[0]["eigenvalues"][0])
    assert float(found[0]["residuals"].max()) < 1e-11 * largest
    vectors = [each[0]["eigenvectors"].values for each in (found, expected)]
    np.testing.assert_allclose(*[v.T @ v for v in vectors], rtol=0, atol=1e-9)
    assert g_theta_by_statistic(found[1]) == g_theta_by_statistic(expected[1])


def test_the_triangle_of_pieces_has_the_gram_matrix_of_gradients_written_out() -> None:
    """Combined as each sample's gradient is, the rows are the gradients: from 3 pieces as well."""
    problem = _problem()
    triangle, products = gathered(_pieces(problem, 3))
    factor = FactorRows(problem).factor
    weights = factor.gradients * factor.logarithms.exp()[:, None]
    rows = (triangle.T @ triangle).unflatten(0, weights.shape).unflatten(2, weights.shape)
    gram = torch.einsum("sk,skuj,uj->su", weights, rows, weights)
    gradients = naive_gradients(problem.network, problem.x)
    torch.testing.assert_close(gram, gradients @ gradients.T, rtol=1e-10, atol=1e-14)
    assert products.shape == (factor.rows, 5)


def test_there_may_be_more_pieces_than_parameters() -> None:
    problem = _problem("one layer")  # of 15 parameters
    triangle, _ = gathered(_pieces(problem, 20))
    assert gauss_newton_piece(problem, 19, 20)[0].shape == (0, triangle.shape[1])
    whole, _ = gauss_newton_piece(problem, 0, 1)
    torch.testing.assert_close(triangle.T @ triangle, whole.T @ whole, rtol=0, atol=1e-13)


@pytest.mark.parametrize("empty", [False, True])
def test_a_piece_is_an_artifact_that_comes_back_as_it_was(empty: bool, tmp_path) -> None:
    problem = _problem()
    piece = empty_piece() if empty else gauss_newton_piece(problem, 1, 2)
    dataset = piece_dataset(piece)
    check(dataset, "factor")
    save_artifact(dataset, tmp_path / "factor.zarr.zip", "factor", {})
    back = piece_of(open_artifact(tmp_path / "factor.zarr.zip", "factor"), problem)
    for found, expected in zip(back, piece, strict=True):
        assert torch.equal(found, expected)


def test_a_piece_that_does_not_fit_is_refused_as_the_whole_is() -> None:
    with pytest.raises(MemoryLimitError, match="expected a memory limit of at least"):
        gauss_newton_piece(_problem(), 0, 2, memory_limit=100)
