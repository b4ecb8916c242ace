"""One network by several methods: against naive loops, and against each other."""

import copy
import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.problems import network_as_confident
from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.unit_gradients import unit_gradients
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_eigenpairs, dense_matrix
from hessian_boundary.networks.losses import (
    Loss,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.arithmetics import all_eigenpairs, outcomes, relative_errors
from hessian_boundary.precision.study import study_precision

METHODS = {
    "range", "gauss_newton_cut", "gauss_newton",
    "float64_dense", "float64_dense_cut", "float32_dense", "float32_uncut", "float32_stable",
}  # fmt: skip
FLOAT32 = {"float32_dense", "float32_uncut", "float32_stable"}
OF_HESSIAN = {"range", "float64_dense", "float64_dense_cut"} | FLOAT32


def _value(table: pd.DataFrame, method: str, quantity: str, statistic: str = "") -> float:
    chosen = (table["method"] == method) & (table["quantity"] == quantity)
    (value,) = table.loc[chosen & (table["statistic"] == statistic), "value"]
    return value


@pytest.fixture(scope="module")
def mild() -> pd.DataFrame:
    return study_precision(Problem(*network_as_confident(0.7)), rank_tolerance=1e-12)[0]


@pytest.fixture(scope="module")
def confident() -> pd.DataFrame:
    return study_precision(Problem(*network_as_confident(4.0)), rank_tolerance=1e-12)[0]


def _naive_float32(
    module: nn.Sequential, x: Tensor, y: Tensor, _: Loss, shortest: float = 1e-20
) -> dict[str, float]:
    """The authors' computation: double backward row by row, LAPACK, a gradient at a time."""
    module, x = copy.deepcopy(module).float(), x.float()
    parameters = list(module.parameters())

    def flat(parts: tuple[Tensor, ...]) -> Tensor:
        return torch.cat([part.flatten() for part in parts])

    gradient = torch.autograd.grad(F.cross_entropy(module(x), y), parameters, create_graph=True)
    hessian = torch.stack(
        [flat(torch.autograd.grad(g, parameters, retain_graph=True)) for g in flat(gradient)]
    )
    vectors = torch.linalg.eigh((hessian + hessian.T) / 2)[1].T.numpy()
    directions = random_directions(len(vectors))
    alignments, randoms, lengths = [], [], []
    for sample in x:
        logits = module(sample[None])
        g = flat(torch.autograd.grad(F.cross_entropy(logits, logits.argmax(1)), parameters)).numpy()
        length = np.linalg.norm(g.astype(float))
        unit = g / length if length >= shortest and length > 0 else 0 * g
        alignments.append(abs(vectors @ unit))
        randoms.append(abs(directions @ unit))
        lengths.append(length)
    epsilon = np.max(randoms, axis=0).mean()
    return {
        "unaligned": np.mean([not alignment.any() for alignment in alignments]),
        "max": (np.max(alignments, axis=0) > epsilon).mean(),
        "mean": (np.mean(alignments, axis=0) > epsilon).mean(),
        "epsilon": epsilon,
        "gradients_zero": np.mean(np.array(lengths) == 0),
        "gradients_below_1e-20": np.mean(np.array(lengths) < 1e-20),
    }


@pytest.mark.parametrize("scale", [0.7, 1.2])
def test_float32_is_what_a_naive_loop_finds(scale, mild):
    problem = network_as_confident(scale)
    table = mild if scale == 0.7 else study_precision(Problem(*problem), rank_tolerance=1e-12)[0]
    expected = _naive_float32(*problem)
    for statistic in ("max", "mean"):
        assert _value(table, "float32_dense", "g_theta", statistic) == expected[statistic] > 0
    for quantity in ("epsilon", "gradients_zero", "gradients_below_1e-20"):
        assert _value(table, "float32_dense", quantity) == pytest.approx(
            expected[quantity], rel=1e-5
        )


@pytest.mark.parametrize(("method", "shortest"), [("float32_dense", 1e-20), ("float32_uncut", 0)])
def test_short_gradients_are_cut_or_not(method, shortest, confident):
    expected = _naive_float32(*network_as_confident(4.0), shortest=shortest)
    assert 0 < expected["gradients_zero"] < expected["gradients_below_1e-20"] < 1
    for statistic in ("max", "mean"):
        # eigenvectors of eigenvalues near zero differ between two ways to form the matrix
        counted = _value(confident, method, "counted", statistic)
        assert abs(counted - expected[statistic] * 81) <= 4
    assert _value(confident, method, "epsilon") == pytest.approx(expected["epsilon"], rel=1e-4)
    found = {
        name: samples for name, samples, _ in outcomes(Problem(*network_as_confident(4.0)), 1e-12)
    }
    unaligned = (found[method]["alignment"] == 0).all("eigen")
    assert float(unaligned.mean()) == expected["unaligned"]
    assert (expected["unaligned"] == expected["gradients_zero"]) == (shortest == 0)
    assert not (found["float32_stable"]["alignment"] == 0).all("eigen").any()


def test_stable_gradients_are_those_of_float64(confident):
    for quantity in ("gradients_zero", "gradients_below_1e-20", "epsilon"):
        assert _value(confident, "float32_stable", quantity) == pytest.approx(
            _value(confident, "float64_dense", quantity), rel=1e-5
        )
    assert _value(confident, "float32_stable", "resolved_share_min") == pytest.approx(1, abs=1e-3)


def test_errors_of_pairs_are_their_residuals_with_the_exact_hessian():
    module, x, y, loss = network_as_confident(1.2)
    hessian = dense_matrix(Hessian(Problem(module, x, y, loss)))
    exact = dense_eigenpairs(Hessian(Problem(module, x, y, loss)), rank_tolerance=1e-14)
    generator = torch.Generator().manual_seed(3)
    values, vectors = all_eigenpairs(hessian)
    vectors = vectors + 1e-6 * torch.randn(vectors.shape, generator=generator).double()
    found = relative_errors(values, vectors, exact)
    expected = torch.linalg.vector_norm(vectors @ hessian - values[:, None] * vectors, dim=1)
    torch.testing.assert_close(found * values.abs(), expected, rtol=1e-4, atol=1e-9)
    assert relative_errors(torch.zeros(1), vectors[:1], exact).isinf().all()


def test_gradients_that_are_zero_in_float32_have_no_alignment(confident):
    expected = _naive_float32(*network_as_confident(4.0))
    assert 0.05 < expected["gradients_zero"] < 1
    for quantity in ("gradients_zero", "gradients_below_1e-20"):
        assert _value(confident, "float32_dense", quantity) == pytest.approx(expected[quantity])
    assert _value(confident, "gauss_newton", "gradients_zero") == 0
    assert _value(confident, "gauss_newton", "gradients_below_1e-20") > 0.2


def test_all_methods_agree_where_nothing_is_near_round_off(mild):
    assert set(mild["method"]) == METHODS
    for statistic in ("max", "mean"):
        found = {_value(mild, method, "g_theta", statistic) for method in OF_HESSIAN}
        assert len(found) == 1
    for method in OF_HESSIAN:
        assert _value(mild, method, "resolved_share_min") == pytest.approx(1, abs=1e-5)
        assert _value(mild, method, "counted_round_off", "max") == 0


def test_only_the_graded_method_resolves_all_of_the_gradients_of_a_confident_network(
    confident,
):
    for method in ("range", "float64_dense_cut", "gauss_newton_cut"):
        assert _value(confident, method, "resolved_share_min") < 0.9
    assert _value(confident, "gauss_newton", "resolved_share_min") == pytest.approx(1, abs=1e-12)
    for method in ("range", "gauss_newton_cut", "gauss_newton"):
        assert _value(confident, method, "g_theta", "max") <= _value(confident, method, "ceiling")
    counts = [
        _value(confident, method, "eigenvectors") for method in ("gauss_newton_cut", "gauss_newton")
    ]
    assert counts[0] < counts[1]
    assert _value(confident, "range", "resolved_share_mean") < 1


def test_ceilings_and_what_lies_below_round_off_by_hand(mild, confident):
    parameters = 18 + 42 + 21
    assert _value(mild, "range", "ceiling") == 1  # 40 · 2 + 2 (18 + 21 − 7) > p
    assert _value(mild, "gauss_newton", "ceiling") == pytest.approx(80 / parameters)
    assert _value(mild, "gauss_newton", "eigenvectors") <= 80
    assert 0.5 < _value(mild, "gauss_newton", "overlap_with_range") <= 1 + 1e-12
    for method in ("range", "float64_dense_cut"):
        assert _value(mild, method, "counted_round_off", "max") == 0
        assert _value(confident, method, "smallest_eigenvalue") > 1e-12 * _value(
            confident, method, "lambda_max"
        )
    for method in METHODS:
        counted = _value(confident, method, "counted", "max")
        assert counted == pytest.approx(parameters * _value(confident, method, "g_theta", "max"))
    for method in OF_HESSIAN - {"range", "float64_dense_cut"}:
        round_off = _value(confident, method, "counted_round_off", "max")
        assert 0 < round_off < _value(confident, method, "counted", "max")
    assert not (
        confident.query("method == 'gauss_newton'")["quantity"] == "counted_round_off"
    ).any()


def test_tables_are_tidy_and_curves_pass_through_g_theta():
    table, curves = study_precision(Problem(*network_as_confident(0.7)), rank_tolerance=1e-12)
    assert list(table) == ["method", "statistic", "quantity", "value"]
    assert not table.duplicated(["method", "statistic", "quantity"]).any()
    assert list(curves) == ["method", "statistic", "epsilon", "g_theta"]
    assert len(curves) == len(METHODS) * 2 * 121
    for (method, statistic), curve in curves.groupby(["method", "statistic"]):
        assert curve["g_theta"].is_monotonic_decreasing
        below = curve.loc[curve["epsilon"] <= _value(table, method, "epsilon"), "g_theta"]
        above = curve.loc[curve["epsilon"] > _value(table, method, "epsilon"), "g_theta"]
        assert below.iloc[-1] >= _value(table, method, "g_theta", statistic) >= above.iloc[0]


@pytest.mark.parametrize(
    ("activation", "loss"),
    [(nn.ReLU, squared_error_per_sample), (nn.Sigmoid, cross_entropy_per_sample)],
    ids=["squared error", "sigmoid"],
)
def test_other_losses_and_activations(activation, loss):
    module, x, y, _ = network_as_confident(0.7)
    module = nn.Sequential(module[0], activation(), module[2], activation(), module[4])
    table, _ = study_precision(Problem(module, x, y, loss), rank_tolerance=1e-12)
    assert set(table["method"]) == METHODS
    assert len({_value(table, m, "g_theta", "max") for m in OF_HESSIAN - FLOAT32}) == 1
    for method in ("range", "float64_dense", "gauss_newton"):
        assert _value(table, method, "resolved_share_min") == pytest.approx(1, abs=1e-5)


def test_labels_that_differ_from_the_prediction_are_counted():
    module, x, y, loss = network_as_confident(0.7)
    y[:10] = (y[:10] + 1) % 3
    table, _ = study_precision(Problem(module, x, y, loss), rank_tolerance=1e-12)
    assert _value(table, "gauss_newton", "misclassified") == 0.25


def test_unit_gradients_keep_directions_down_to_the_minimum():
    """One layer: g = q (e_c − e_y) ⊗ (x, 1) with the softmax weight q of the other class c."""
    module = nn.Linear(1, 2).double()
    module.weight.data = torch.tensor([[400.0], [0.0]]).double()
    module.bias.data = torch.zeros(2).double()
    x = torch.tensor([[1.0], [1.5], [1.85]]).double()  # weights 1e-174, 1e-261, 1e-321
    problem = Problem(module, x, torch.zeros(len(x), dtype=torch.long), cross_entropy_per_sample)
    directions, lengths, labels = unit_gradients(problem, 1e-300)
    assert labels.tolist() == [0, 0, 0]
    for i, value in enumerate([1.0, 1.5]):
        expected = torch.tensor([-value, value, -1, 1]).double()  # weights, then biases
        length = float(expected.norm())
        torch.testing.assert_close(directions[i], expected / length, rtol=1e-12, atol=0)
        assert float(lengths[i]) == pytest.approx(math.exp(-400 * value) * length, rel=1e-9)
    assert directions[2].isnan().all()
    assert lengths[2] < 1e-300


def test_all_eigenpairs_of_a_matrix_with_zero_rows():
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(9, 9, generator=generator).double()
    rows[:, [2, 5]] = 0
    matrix = rows.T @ rows
    values, vectors = all_eigenpairs(matrix)
    assert vectors.shape == (7, 9)
    assert (vectors[:, [2, 5]] == 0).all()
    torch.testing.assert_close(vectors.T * values @ vectors, matrix, rtol=0, atol=1e-13)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(7).double(), rtol=0, atol=1e-14)
