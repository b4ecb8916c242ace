"""Each certificate refuses what is a little wrong and passes what is right."""

import json
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.certificates.certificate import (
    Certificate,
    CertificateError,
    as_attribute,
    certify,
    spread,
    worst,
)
from hessian_boundary.certificates.curvature import (
    Probes,
    certify_covariance,
    certify_products,
    certify_trace,
)
from hessian_boundary.certificates.gradients import certify_gradients, gradient_error
from hessian_boundary.certificates.loss import certify_loss
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.curvature.covariance import covariance_eigenpairs
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.losses.per_sample import PER_SAMPLE, TRAINING, cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def test_what_differs_by_more_than_the_tolerance_is_refused_with_both_values() -> None:
    words = ("1.5 by the one", "1.6 by the other", "do this")
    assert certify("x", 1e-9, 1e-8, *words) == Certificate("x", 1e-9, 1e-8)
    message = r"check of x failed: expected 1.5 by .*, found 1.6 by .*1.0e-07.*1e-08\); do this"
    with pytest.raises(CertificateError, match=message):
        certify("x", 1e-7, 1e-8, *words)
    with pytest.raises(CertificateError, match="differ by NaN"):
        certify("x", float("nan"), 1e-8, *words)


def test_certificates_are_carried_as_json() -> None:
    found = json.loads(as_attribute([Certificate("a b", 1.2345e-12, 1e-8)]))
    assert found == {"a b": {"error": 1.2e-12, "tolerance": 1e-8}}


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [(10, 3, [0, 4, 9]), (2, 3, [0, 1]), (0, 3, []), (3, 3, [0, 1, 2]), (100, 2, [0, 99])],
)
def test_indices_are_spread_with_both_ends(total, count, expected) -> None:
    assert spread(total, count) == expected


def test_no_nan_among_errors_is_passed_over() -> None:
    assert worst([]) == 0
    assert worst([0.2, 0.3, 0.1]) == 0.3
    for errors in ([float("nan"), 0.1], [0.1, float("nan")], [float("inf"), float("nan")]):
        assert worst(errors) == float("inf")


def test_a_product_that_is_a_little_wrong_is_refused(make_problem) -> None:
    problem = make_problem("mlp_relu").problem
    probes = Probes.of(problem)
    assert certify_products(problem, probes, probes.product, "a path").error == 0
    with pytest.raises(CertificateError, match=r"a Hessian-vector product failed.* by a path"):
        certify_products(problem, probes, probes.product * (1 + 1e-7), "a path")
    with pytest.raises(CertificateError, match="a Hessian-vector product"):
        certify_products(problem, probes, probes.product * torch.nan, "a path")


def test_a_fast_path_that_is_wrong_gives_way_to_the_next(make_problem, monkeypatch) -> None:
    problem = make_problem("mlp_relu").problem
    path = "hessian_boundary.curvature.operators.layered_products.push_forward"
    monkeypatch.setattr(path, lambda step, tangent: 0.9 * tangent)
    products = certified_products(problem, "range", float("inf"))
    assert products.path == "forward over reverse"
    assert "layered: differs by" in products.reason
    assert products.operator.products == 0


def test_a_trace_that_differs_is_refused() -> None:
    values = torch.tensor([3.0, 1.0, -0.5], dtype=torch.float64)
    assert certify_trace(values, 3.5, 0.0).error == 0
    certify_trace(values, 3.5 + 1e-6, 1e-5)  # what was cut off may add up to that
    with pytest.raises(CertificateError, match=r"the trace failed: expected 3\.5"):
        certify_trace(values, 3.5 + 1e-6, 0.0)


def test_a_missing_eigenpair_of_the_covariance_is_refused(make_problem) -> None:
    problem = make_problem("softmax_regression").problem
    pairs = covariance_eigenpairs(problem, rank_tolerance=1e-12)
    certify_covariance(problem, pairs.eigenvalues, pairs.eigenvectors, 1e-12)
    with pytest.raises(CertificateError, match="a product with the covariance"):
        certify_covariance(problem, pairs.eigenvalues[:-1], pairs.eigenvectors[:-1], 1e-12)


@pytest.mark.parametrize("wrong", ["norm", "cosine"])
def test_gradients_that_are_a_little_wrong_are_refused(make_problem, wrong) -> None:
    problem = make_problem("mlp_relu").problem
    directions = torch.randn(2, problem.parameters, dtype=torch.float64)
    loss = problem.loss
    found = gradient_products(problem.network, problem.x, directions, loss, minimum_norm=0)
    values = {"norm": found.norm, "cosine": found.cosine}

    def error() -> float:
        labels = found.logits.argmax(1)
        return gradient_error(problem.network, problem.x, labels, loss, directions, **values)

    assert certify_gradients(error(), torch.float64, "a path").error < 1e-12
    right = values[wrong]
    for value in (right * (1 + 1e-6), right * torch.nan):
        values[wrong] = value
        with pytest.raises(CertificateError, match=r"lengths and alignments .* others by a path"):
            certify_gradients(error(), torch.float64, "a path")
    values[wrong] = right.clone()
    values[wrong][..., -1] = torch.nan  # of the last sample alone
    assert error() == float("inf")


class Alone(nn.Linear):
    """A layer that knows nothing of one sample alone."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (1 if len(x) > 1 else torch.nan)


def test_a_network_without_numbers_for_one_sample_alone_is_refused() -> None:
    module = nn.Sequential(Alone(2, 3)).double()
    problem = Problem(
        module, torch.randn(7, 2).double(), torch.arange(7) % 3, cross_entropy_per_sample
    )
    with pytest.raises(CertificateError, match="samples alone and together"):
        certify_network(problem)


def test_a_mean_that_is_not_the_training_loss_is_refused(make_problem) -> None:
    problem = make_problem("mlp_relu").problem
    for name in ("cross_entropy", "negative_log_likelihood"):
        assert certify_loss(problem, TRAINING[name], batch_size=64).error < 1e-12
    assert PER_SAMPLE["cross_entropy"] is cross_entropy_per_sample

    def smoothed(logits: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=0.01)

    with pytest.raises(CertificateError, match="the loss failed: expected the training loss"):
        certify_loss(problem, smoothed)


def test_a_hessian_of_tiny_numbers_is_certified(make_problem) -> None:
    problem = make_problem("mlp_relu").problem
    tiny = replace(problem, loss=lambda logits, y: 1e-180 * problem.loss(logits, y))
    probes = Probes.of(tiny)
    assert probes.error_of(probes.product) == 0
    assert probes.error_of(probes.product * (1 + 1e-6)) == pytest.approx(1e-6, rel=1e-3)
