"""Spectra whose sums over samples, or over parameters, are those of several processes."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from helpers.factor_rows import naive_rows
from helpers.forked_processes import in_forked_processes
from helpers.naive import naive_hessian
from helpers.several_processes import small_problem
from hessian_boundary import analyse
from hessian_boundary.curvature.gauss_newton.factor_rows import FactorRows, all_rows, serve_rows
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.processes import process_number

Found = tuple[np.ndarray, np.ndarray, dict[str, float]]


def _analysed(name: str, options: dict[str, Any]) -> Found | None:
    found = analyse(*small_problem(name), **options)
    if found is None:
        return None
    spectrum = found.spectrum
    return spectrum["eigenvalues"].values, spectrum["eigenvectors"].values, found.measures


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", ["batch norm", "one sample"])
def test_eigenpairs_are_those_of_the_naive_hessian(name: str, count: int) -> None:
    ask = partial(_analysed, name, {"method": "range"})
    (values, vectors, measures), *others = in_forked_processes(count, ask)
    assert others == [None] * (count - 1)
    matrix = naive_hessian(*small_problem(name)).numpy()
    size = abs(values).max()
    error = np.linalg.norm(vectors @ matrix - values[:, None] * vectors, axis=1)
    assert error.max() < 1e-13 * size
    expected = np.linalg.eigvalsh(matrix)[::-1]
    np.testing.assert_allclose(
        values, expected[abs(expected) > 1e-12 * size], rtol=0, atol=1e-13 * size
    )
    assert measures["g_theta_max"] == ask()[2]["g_theta_max"]


@pytest.mark.parametrize("name", ["layers", "batch norm", "one sample"])
def test_gauss_newton_pairs_are_those_of_one_process(name: str) -> None:
    ask = partial(_analysed, name, {"matrix": "gauss_newton", "top": 4})
    (values, vectors, measures), *others = in_forked_processes(3, ask)
    assert others == [None, None]
    alone, of_alone, measures_alone = ask()
    np.testing.assert_allclose(values, alone, rtol=1e-11, atol=0)
    np.testing.assert_allclose(vectors.T @ vectors, of_alone.T @ of_alone, rtol=0, atol=1e-10)
    assert measures["g_theta_max"] == measures_alone["g_theta_max"]


def _of_rows(name: str, vectors: Tensor, weights: Tensor) -> list[np.ndarray] | None:
    problem = Problem.prepared(*small_problem(name))
    if process_number():
        serve_rows(problem)
        return None
    with all_rows(problem) as rows:
        return [rows.products(vectors).numpy(), rows.combinations(weights).numpy()]


@pytest.mark.parametrize("name", ["batch norm", "one sample"])
def test_products_and_combinations_of_rows_are_those_of_the_rows_written_out(name: str) -> None:
    problem = Problem.prepared(*small_problem(name))
    cotangents = FactorRows(problem).factor.cotangents
    rows = naive_rows(problem.network, problem.x, cotangents)
    vectors, weights = torch.randn(5, rows.shape[1]).double(), torch.randn(5, len(rows)).double()
    (products, combinations), *others = in_forked_processes(
        3, partial(_of_rows, name, vectors, weights)
    )
    assert others == [None, None]
    np.testing.assert_allclose(products, vectors @ rows.T, atol=1e-13)
    np.testing.assert_allclose(combinations, weights @ rows, atol=1e-13)
