"""What `auto` chooses: sizes and memory by hand."""

import math

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.solver_choice import choose_method
from hessian_boundary.curvature.solvers.dense import DenseMatrix
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


@pytest.mark.parametrize(
    ("limit", "parameters", "samples", "classes", "expected", "reason"),
    [
        (4, 300, 150, 3, "dense", "300 parameters: the whole matrix is cheap"),
        (4, 301, 150, 3, "dense", "301 non-zero eigenvalues"),  # no more than p, and all of them
        (0.003, 301, 150, 3, "lanczos", "301 non-zero eigenvalues"),
        (math.inf, 533, 45, 3, "dense", "eigenvalues, which take 0.0"),
        (4, 10_703, 150, 3, "range", "about 1,800 non-zero eigenvalues, which take 0.54 GB of 3"),
        (4, 7_203, 450, 3, "range", "7,203 parameters, 450 samples of 3 classes"),
        (4, 8_004, 400, 4, "range", "7,200 non-zero"),
        (4, 61_411, 2_100, 3, "lanczos", "25,200 non-zero eigenvalues, which take 52 GB of 3 GB"),
        (0.7, 10_703, 150, 3, "lanczos", "0.54 GB of 0.53 GB"),  # a quarter is for the products
    ],
)
def test_auto_chooses_by_size_and_memory_and_says_why(
    limit, parameters, samples, classes, expected, reason
):
    settings = {"method": "auto", "memory_limit_gb": limit}
    chosen, found = choose_method(
        CurvatureOptions.of_settings(settings), parameters, samples, classes, parameters
    )
    assert chosen == expected
    assert reason in found


def test_a_bound_on_the_rank_counts_where_it_is_lower():
    limit = CurvatureOptions(memory_limit_gb=1.0)
    assert choose_method(limit, 20_000, 2_000, 3, 20_000)[0] == "lanczos"
    method, reason = choose_method(limit, 20_000, 2_000, 3, 1_000)
    assert method == "range"
    assert "expecting about 1,000 non-zero eigenvalues, which take 0.5 GB" in reason


def test_no_limit_is_not_named():
    assert choose_method(CurvatureOptions(), 10_703, 150, 3, 10_703)[1].endswith(
        "which take 0.54 GB"
    )


@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
def test_a_configured_method_is_taken_as_it_is(method):
    assert choose_method(CurvatureOptions(method=method), 10, 150, 3, 10) == (
        method,
        "as configured",
    )


@pytest.mark.parametrize(
    ("name", "method", "share", "expected"),
    [
        ("cnn", "range", 4, DenseMatrix),
        ("cnn", "dense", 4, DenseMatrix),
        ("cnn", "range", 3.9, LayeredProducts),  # it would take more than a quarter of the memory
        ("cnn", "lanczos", 4, LayeredProducts),  # which takes few products
        ("mlp_relu", "range", 4, LayeredProducts),  # whose products are cheap
        ("mlp_sigmoid", "range", 4, Hessian),  # which has curved activations
    ],
)
def test_the_matrix_is_assembled_where_products_are_expensive(
    make_problem, name, method, share, expected
):
    case = make_problem(name)
    limit = share * 8 * case.size**2
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    limit += 1e6 if share == 4 else 0
    operator = certified_products(Problem(*problem), method, limit).operator
    assert type(operator) is expected
    vectors = torch.eye(case.size, dtype=torch.float64)
    expected_products = Hessian(case.problem, batch_size=64)(vectors)
    torch.testing.assert_close(operator(vectors), expected_products, rtol=0, atol=1e-13)


def test_convolutions_that_cannot_be_assembled_are_multiplied(make_problem):
    case = make_problem("cnn")
    module = nn.Sequential(case.module, nn.Tanh()).double()
    problem = (module, case.x, case.y, cross_entropy_per_sample)
    assert type(certified_products(Problem(*problem), "range", math.inf).operator) is Hessian
