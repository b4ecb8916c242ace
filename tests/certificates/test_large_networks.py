"""Of large networks each path is compared at a few samples: what is wrong is refused there, too."""

import json

import pytest
import torch

from hessian_boundary.certificates import curvature
from hessian_boundary.certificates.certificate import CertificateError
from hessian_boundary.certificates.curvature import checked_problem
from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.curvature import products as module
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.spectrum import compute_spectrum


@pytest.fixture
def every_network_is_large(monkeypatch):
    monkeypatch.setattr(curvature, "MANY_OUTPUTS", 0)


def test_small_networks_are_checked_at_all_samples(make_problem):
    problem = make_problem("mlp_relu").problem
    assert checked_problem(problem) is problem
    names = [check.name for check in certified_products(problem, "range", 1e9).certificates]
    assert names == ["a Hessian-vector product", "symmetry of the Hessian"]


def test_a_few_samples_are_spread_over_the_data_set(make_problem, every_network_is_large):
    problem = make_problem("mlp_relu").problem
    few = checked_problem(problem)
    assert few.samples == 5 < problem.samples
    for end in (0, -1):
        assert torch.equal(few.x[end], problem.x[end])
        assert few.y[end] == problem.y[end]
    rows = [int((problem.x == x).all(1).nonzero()[0, 0]) for x in few.x]
    assert rows == sorted(set(rows))


def test_plain_products_are_taken_of_few_samples_only(
    make_problem, every_network_is_large, monkeypatch
):
    taken = []

    def counted(problem, block):
        taken.append(problem.samples)
        return plain_products(problem, block)

    monkeypatch.setattr(curvature, "plain_products", counted)
    problem = make_problem("mlp_sigmoid").problem
    found = certified_products(problem, "lanczos", 1e9)
    assert taken == [5]
    vectors = torch.eye(problem.parameters, dtype=torch.float64)[:3]
    expected = plain_products(problem, vectors)
    torch.testing.assert_close(found.operator(vectors), expected, rtol=1e-10, atol=1e-14)
    assert found.operator.products == 3


def test_the_spectrum_says_at_how_many_samples(make_problem, every_network_is_large):
    problem = make_problem("mlp_relu").problem
    options = CurvatureOptions(method="lanczos", top=2, density_probes=0)
    checks = json.loads(compute_spectrum(problem, options).attrs["checks"])
    where = f" at 5 of {problem.samples} samples"
    for name in ("a Hessian-vector product", "symmetry of the Hessian"):
        assert checks[name + where]["error"] < 1e-12
        assert name not in checks


def test_a_wrong_path_gives_way_to_the_next(make_problem, every_network_is_large, monkeypatch):
    path = "hessian_boundary.curvature.operators.layered_products.push_forward"
    monkeypatch.setattr(path, lambda step, tangent: 0.9 * tangent)
    found = certified_products(make_problem("mlp_relu").problem, "range", 1e9)
    assert found.path == "forward over reverse"
    assert "layered: differs by" in found.reason


def test_a_path_that_forgets_ragged_batches_is_not_taken(
    make_problem, every_network_is_large, monkeypatch
):
    class Forgetful(Hessian):
        def __init__(self, problem, **options):
            super().__init__(problem, **options)
            size = len(self._batches[0][0])
            self._batches = [batch for batch in self._batches if len(batch[0]) == size]

    monkeypatch.setattr(module, "Hessian", Forgetful)
    found = certified_products(make_problem("mlp_sigmoid").problem, "range", 1e9)
    assert found.path == "plain"
    assert "forward over reverse: differs by" in found.reason


def test_without_any_right_path_there_is_no_operator(
    make_problem, every_network_is_large, monkeypatch
):
    def wrong(problem, block):
        return 1.01 * plain_products(problem, block)

    path = "hessian_boundary.curvature.operators.plain_hessian.plain_products"
    monkeypatch.setattr(path, wrong)
    monkeypatch.setattr(module, "Hessian", lambda problem, **options: None)
    with pytest.raises(CertificateError, match=r"product at 5 of \d+ samples failed.*by plain"):
        certified_products(make_problem("mlp_sigmoid").problem, "range", 1e9)
