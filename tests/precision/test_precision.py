"""One network by several methods: they agree where they should, and their tables are tidy."""

import pytest
from torch import nn

from helpers.precision_tables import value_of
from helpers.problems import network_as_confident
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.study import study_precision

METHODS = {
    "range", "gauss_newton_cut", "gauss_newton",
    "float64_dense", "float64_dense_cut", "float32_dense", "float32_uncut", "float32_stable",
}  # fmt: skip
FLOAT32 = {"float32_dense", "float32_uncut", "float32_stable"}
OF_HESSIAN = {"range", "float64_dense", "float64_dense_cut"} | FLOAT32


def test_all_methods_agree_where_nothing_is_near_round_off(mild):
    assert set(mild["method"]) == METHODS
    for statistic in ("max", "mean"):
        found = {value_of(mild, method, "g_theta", statistic) for method in OF_HESSIAN}
        assert len(found) == 1
    for method in OF_HESSIAN:
        assert value_of(mild, method, "resolved_share_min") == pytest.approx(1, abs=1e-5)
        assert value_of(mild, method, "counted_round_off", "max") == 0


def test_only_the_graded_method_resolves_all_of_the_gradients_of_a_confident_network(
    confident,
):
    for method in ("range", "float64_dense_cut", "gauss_newton_cut"):
        assert value_of(confident, method, "resolved_share_min") < 0.9
    assert value_of(confident, "gauss_newton", "resolved_share_min") == pytest.approx(1, abs=1e-12)
    for method in ("range", "gauss_newton_cut", "gauss_newton"):
        assert value_of(confident, method, "g_theta", "max") <= value_of(
            confident, method, "ceiling"
        )
    counts = [
        value_of(confident, method, "eigenvectors")
        for method in ("gauss_newton_cut", "gauss_newton")
    ]
    assert counts[0] < counts[1]
    assert value_of(confident, "range", "resolved_share_mean") < 1


def test_ceilings_and_what_lies_below_round_off_by_hand(mild, confident):
    parameters = 18 + 42 + 21
    assert value_of(mild, "range", "ceiling") == 1  # 40 · 2 + 2 (18 + 21 − 7) > p
    assert value_of(mild, "gauss_newton", "ceiling") == pytest.approx(80 / parameters)
    assert value_of(mild, "gauss_newton", "eigenvectors") <= 80
    assert 0.5 < value_of(mild, "gauss_newton", "overlap_with_range") <= 1 + 1e-12
    for method in ("range", "float64_dense_cut"):
        assert value_of(mild, method, "counted_round_off", "max") == 0
        assert value_of(confident, method, "smallest_eigenvalue") > 1e-12 * value_of(
            confident, method, "lambda_max"
        )
    for method in METHODS:
        counted = value_of(confident, method, "counted", "max")
        assert counted == pytest.approx(parameters * value_of(confident, method, "g_theta", "max"))
    for method in OF_HESSIAN - {"range", "float64_dense_cut"}:
        round_off = value_of(confident, method, "counted_round_off", "max")
        assert 0 < round_off < value_of(confident, method, "counted", "max")
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
        below = curve.loc[curve["epsilon"] <= value_of(table, method, "epsilon"), "g_theta"]
        above = curve.loc[curve["epsilon"] > value_of(table, method, "epsilon"), "g_theta"]
        assert below.iloc[-1] >= value_of(table, method, "g_theta", statistic) >= above.iloc[0]


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
    assert len({value_of(table, m, "g_theta", "max") for m in OF_HESSIAN - FLOAT32}) == 1
    for method in ("range", "float64_dense", "gauss_newton"):
        assert value_of(table, method, "resolved_share_min") == pytest.approx(1, abs=1e-5)


def test_labels_that_differ_from_the_prediction_are_counted():
    module, x, y, loss = network_as_confident(0.7)
    y[:10] = (y[:10] + 1) % 3
    table, _ = study_precision(Problem(module, x, y, loss), rank_tolerance=1e-12)
    assert value_of(table, "gauss_newton", "misclassified") == 0.25
