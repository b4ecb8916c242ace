"""The public API at what its users bring: large networks, odd losses, NaN, layers in place."""

import tempfile
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary import analyse
from hessian_boundary.certificates.certificate import CertificateError
from hessian_boundary.curvature import trace
from hessian_boundary.runtime.device import memory_of

DRAW = torch.Generator().manual_seed(0)
X = torch.randn(40, 2, generator=DRAW, dtype=torch.float64)
Y = (X[:, 0] > 0).long() + (X[:, 1] > 0.5).long()


def network(*first: nn.Module, activation: nn.Module | None = None) -> nn.Sequential:
    torch.manual_seed(1)
    layers = [nn.Linear(2, 6), activation or nn.Tanh(), nn.Linear(6, 3)]
    return nn.Sequential(*first, *layers).double()


def eigenvalues(*arguments, **options) -> np.ndarray:
    return analyse(*arguments, **options).spectrum["eigenvalues"].values


def test_top_pairs_of_a_large_network_need_no_limit_to_be_said() -> None:
    torch.manual_seed(0)
    large = nn.Sequential(nn.Linear(1000, 300), nn.ReLU(), nn.Linear(300, 3))
    x, y = torch.randn(6, 1000), torch.arange(6) % 3
    options = {"top": 2, "residual_tolerance": 1e-5, "density_probes": 0}
    assert memory_of(torch.device("cpu")) < 8 * 301_203**2  # a basis of p vectors would not fit
    expected = eigenvalues(large, x, y, memory_limit_gb=1, **options)
    np.testing.assert_allclose(eigenvalues(large, x, y, **options), expected, rtol=1e-8)


def test_no_folder_for_temporary_files_is_needed(monkeypatch) -> None:
    expected = eigenvalues(network(), X, Y, top=2)
    monkeypatch.setattr(tempfile, "tempdir", "/there/is/none")
    np.testing.assert_allclose(eigenvalues(network(), X, Y, top=2), expected, rtol=1e-12)


@dataclass  # which has no hash
class Focal:
    gamma: float = 2.0

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(f, y, reduction="none")
        return (1 - torch.exp(-loss)) ** self.gamma * loss


def test_a_loss_need_not_be_hashable() -> None:
    focal = Focal()
    expected = eigenvalues(network(), X, Y, lambda f, y: focal(f, y))
    np.testing.assert_array_equal(eigenvalues(network(), X, Y, focal), expected)


@pytest.mark.parametrize("matrix", ["hessian", "gauss_newton", "covariance"])
@pytest.mark.parametrize(("value", "cause"), [(np.nan, "x has NaN"), (np.inf, "x has NaN")])
def test_the_sample_that_is_not_finite_is_named(matrix: str, value: float, cause: str) -> None:
    x = X.repeat(10, 1)
    x[301, 1] = value
    message = f"expected finite logits, found NaN or infinity at sample 301; {cause}"
    with pytest.raises(CertificateError, match=message):
        analyse(network(activation=nn.ReLU()), x, Y.repeat(10), matrix=matrix)


def test_parameters_that_overflow_are_named() -> None:
    broken = network()
    broken[2].bias.data[1] = np.inf
    with pytest.raises(CertificateError, match="at sample 0; the parameters are not finite, or so"):
        analyse(broken, X, Y)


@pytest.mark.parametrize("matrix", ["hessian", "gauss_newton", "covariance"])
def test_a_first_layer_in_place_leaves_the_samples_as_they_are(matrix: str) -> None:
    x = torch.cat([X[:2].abs(), X])  # the first ones look as if nothing was changed
    y, before = torch.cat([Y[:2], Y]), x.clone()
    found = analyse(network(nn.LeakyReLU(0.3, inplace=True)), x, y, matrix=matrix)
    expected = analyse(network(nn.LeakyReLU(0.3)), x, y, matrix=matrix)
    assert found.measures == pytest.approx(expected.measures, nan_ok=True)
    assert torch.equal(x, before)


def test_layers_in_place_take_the_fast_paths() -> None:
    found = analyse(network(activation=nn.ReLU(inplace=True)), X, Y).spectrum
    assert (
        found.attrs["products"]
        == analyse(network(activation=nn.ReLU()), X, Y).spectrum.attrs["products"]
    )
    assert not found.attrs["slower_because"]


def test_a_batch_of_the_trace_is_no_larger_than_its_share(monkeypatch, make_problem) -> None:
    problem = make_problem("cnn").problem
    expected, sizes = trace.trace_by_samples(problem), []
    batches = type(problem).batches

    def watched(self, size):
        sizes.append(size)
        return batches(self, size)

    monkeypatch.setattr(type(problem), "batches", watched)
    for share, size in [(3.5, 3), (0.1, 1)]:
        monkeypatch.setattr(trace, "BATCH_BYTES", share * trace.sample_bytes(problem))
        assert trace.trace_by_samples(problem) == pytest.approx(expected, rel=1e-12)
        assert sizes[-1] == size


def test_a_value_for_each_class_is_no_value_for_each_sample() -> None:
    def averaged_over_samples(f: Tensor, y: Tensor) -> Tensor:
        return (f - F.one_hot(y, 2)).square().mean(0)

    two = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"expected one loss per sample, \(3,\).* found \(2,\)"):
        analyse(two, X, (Y > 0).long(), averaged_over_samples)


def test_whole_numbers_that_are_features_are_told_what_to_do() -> None:
    counts = torch.arange(80).reshape(40, 2)
    with pytest.raises(ValueError, match=r"pass x\.double\(\) where they are features"):
        analyse(network(), counts, Y)


def test_the_eigenvalues_that_are_zero_count_as_the_smallest_and_largest() -> None:
    """Softmax regression: H is positive semidefinite, with a null space."""
    found = analyse(nn.Sequential(nn.Linear(2, 3)), X, Y)
    assert found.spectrum.attrs["null_space_dimension"] == 3
    assert found.measures["lambda_min"] == 0
    opposite = analyse(
        nn.Sequential(nn.Linear(2, 3)), X, Y, lambda f, y: -F.cross_entropy(f, y, reduction="none")
    )
    assert opposite.measures["lambda_max"] == 0 > opposite.measures["lambda_min"]


def test_of_a_hessian_of_zeros_trace_and_eigenvalues_are_zero() -> None:
    dead = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 3, bias=False)).double()
    with torch.no_grad():
        dead[0].weight.zero_()
        dead[0].bias.fill_(-1)
    found = analyse(dead, X, Y)
    assert (found.spectrum.sizes["eigen"], found.spectrum.attrs["complete"]) == (0, True)
    for name in ("trace", "lambda_max", "lambda_min"):
        assert found.measures[name] == 0


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.ReLU()])
def test_a_loss_without_curvature_leaves_that_of_the_network(activation: nn.Module) -> None:
    """ℓ = f_y: H is the mean second derivative of that logit."""
    module = network(activation=activation)
    parameters = list(module.parameters())
    slope = torch.autograd.grad(
        module(X).gather(1, Y[:, None]).mean(), parameters, create_graph=True
    )
    rows = [
        torch.autograd.grad(entry, parameters, retain_graph=True, materialize_grads=True)
        if entry.requires_grad
        else [torch.zeros_like(parameter) for parameter in parameters]
        for entry in torch.cat([part.flatten() for part in slope])
    ]
    hessian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    expected = torch.linalg.eigvalsh(hessian).flip(0)[:3]
    found = eigenvalues(module, X, Y, lambda f, y: f.gather(1, y[:, None])[:, 0])
    torch.testing.assert_close(torch.from_numpy(found[:3].copy()), expected)
