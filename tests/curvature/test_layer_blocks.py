"""The matrices of one layer: blocks of those of the whole network, by naive formulas."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, hessian, jacrev
from torch.nn import functional as F

from hessian_boundary.alignment.gauss_newton import gauss_newton_artifacts
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.analysis import analyse
from hessian_boundary.curvature.covariance import compute_covariance_spectrum
from hessian_boundary.curvature.gauss_newton.room import check_rows
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.networks.problem import Problem

SAMPLES, CLASSES = 37, 3  # in batches of 32: the last has 5


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))


def _cnn() -> nn.Module:
    features = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Tanh(), nn.MaxPool2d(2))
    network = nn.Sequential(features, nn.Flatten(), nn.Linear(8, 3))
    features[1].running_mean.normal_()
    features[1].running_var.uniform_(0.5, 2)
    nn.init.uniform_(features[1].weight, 0.5, 1.5)
    return network


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (_mlp, (2,)),
    "cnn": (_cnn, (1, 6, 6)),
}
# the name that a view has, and the one of the module that is meant
LAYERS = [("mlp", "0", "0"), ("mlp", "2", "2"), ("mlp", "last_layer", "4")]
LAYERS += [("cnn", "0.0", "0.0"), ("cnn", "0", "0"), ("cnn", "last_layer", "2")]


@dataclass(frozen=True)
class Naive:
    """A layer of a network, with everything written out: θ is the flat vector of its parameters."""

    network: nn.Module
    layer: str
    x: Tensor
    y: Tensor

    @property
    def theta(self) -> dict[str, Tensor]:
        return {
            name: parameter.detach()
            for name, parameter in self.network.named_parameters()
            if name.startswith(f"{self.layer}.")
        }

    def flat(self) -> Tensor:
        return torch.cat([part.flatten() for part in self.theta.values()])

    def logits(self, flat: Tensor, x: Tensor) -> Tensor:
        parts = flat.split([part.numel() for part in self.theta.values()])
        moved = {
            name: new.reshape(old.shape)
            for (name, old), new in zip(self.theta.items(), parts, strict=True)
        }
        return functional_call(self.network, moved, (x,))

    def hessian(self) -> np.ndarray:
        loss = lambda flat: F.cross_entropy(self.logits(flat, self.x), self.y)  # noqa: E731
        return hessian(loss)(self.flat()).detach().numpy()

    def gauss_newton(self, chosen: Tensor | None = None) -> np.ndarray:
        samples = self.x if chosen is None else self.x[chosen]
        total = torch.zeros(len(self.flat()), len(self.flat()), dtype=torch.float64)
        for sample in samples:
            one = sample[None]
            jacobian = jacrev(lambda flat, one=one: self.logits(flat, one)[0])(self.flat())
            q = self.logits(self.flat(), one)[0].softmax(0)
            total += jacobian.T @ (torch.diag(q) - torch.outer(q, q)) @ jacobian
        return (total / len(samples)).detach().numpy()

    def gradients(self, labels: Tensor) -> np.ndarray:
        rows = []
        for sample, label in zip(self.x, labels, strict=True):
            flat = self.flat().requires_grad_()
            loss = F.cross_entropy(self.logits(flat, sample[None]), label[None])
            rows.append(torch.autograd.grad(loss, flat)[0])
        return torch.stack(rows).numpy()

    def units(self) -> np.ndarray:
        """Gradients at the predicted labels, of unit length (n, p)."""
        with torch.no_grad():
            predicted = self.network(self.x).argmax(1)
        gradients = self.gradients(predicted)
        return gradients / np.linalg.norm(gradients, axis=1, keepdims=True)


def _case(name: str, layer: str) -> Naive:
    build, shape = NETWORKS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = build().double().eval()
        x = torch.randn(SAMPLES, *shape, dtype=torch.float64)
        y = torch.randint(CLASSES, (SAMPLES,))
    return Naive(network, layer, x, y)


def _close(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * abs(expected).max())


@pytest.mark.parametrize(("name", "view", "layer"), LAYERS)
def test_the_hessian_of_a_layer_is_a_block_and_its_gradients_are_their_part(
    name: str, view: str, layer: str
) -> None:
    naive = _case(name, layer)
    problem = Problem.prepared(naive.network, naive.x, naive.y).of_layer(view)
    spectrum = compute_spectrum(problem, CurvatureOptions(method="dense"))
    values, vectors = spectrum["eigenvalues"].values, spectrum["eigenvectors"].values
    _close(vectors.T @ (values[:, None] * vectors), naive.hessian())
    samples = align_samples(problem, spectrum)
    np.testing.assert_allclose(samples["alignment"], vectors @ naive.units().T, atol=1e-9)
    assert all(parameter.requires_grad for parameter in naive.network.parameters())


@pytest.mark.parametrize(("name", "view", "layer"), LAYERS)
def test_the_gauss_newton_part_of_a_layer_and_of_one_class(
    name: str, view: str, layer: str
) -> None:
    """Σ_i f(λ_i) A_i(s) A_i(t) = u_sᵀ f(F) u_t, which no sign or basis changes.

    Some gradients of a layer below dead units are zero: they have no direction.
    """
    naive = _case(name, layer)
    problem = Problem.prepared(naive.network, naive.x, naive.y).of_layer(view)
    units = naive.units()
    known = np.isfinite(units).all(1)
    units = units[known]
    for members in (None, naive.y == 1):
        spectrum, samples = gauss_newton_artifacts(problem, 4, members=members)
        matrix = naive.gauss_newton(members)
        values, aligned = samples["eigenvalue"].values, samples["alignment"].values
        assert np.isnan(aligned[:, ~known]).all()
        aligned = aligned[:, known]
        _close(aligned.T @ (values[:, None] * aligned), units @ matrix @ units.T)
        _close(aligned.T @ (values[:, None] ** 2 * aligned), units @ matrix @ matrix @ units.T)
        expected = np.linalg.eigvalsh(matrix)[::-1]
        np.testing.assert_allclose(values[:4], expected[:4], rtol=1e-9)
        _close(spectrum["eigenvectors"].values @ matrix @ spectrum["eigenvectors"].values.T,
               np.diag(expected[:4]))  # fmt: skip
        assert samples.attrs["complete"]
        assert samples.attrs["rank"] + samples.attrs["null_space_dimension"] == len(matrix)
    whole = gauss_newton_artifacts(problem, 4)[1]["alignment"].values[:, known]
    _close(whole.T @ whole, units @ units.T)  # every gradient lies in the range


@pytest.mark.parametrize(("name", "view", "layer"), LAYERS)
def test_the_covariance_of_a_layer(name: str, view: str, layer: str) -> None:
    naive = _case(name, layer)
    problem = Problem.prepared(naive.network, naive.x, naive.y).of_layer(view)
    for labels, chosen in ((naive.y, problem), (naive.y[naive.y == 2], problem.of_class(2))):
        spectrum = compute_covariance_spectrum(chosen)
        values, vectors = spectrum["eigenvalues"].values, spectrum["eigenvectors"].values
        part = naive if chosen is problem else Naive(naive.network, layer, chosen.x, labels)
        gradients = part.gradients(labels)
        _close(vectors.T @ (values[:, None] * vectors), gradients.T @ gradients / len(labels))


@pytest.mark.parametrize("matrix", ["hessian", "gauss_newton", "covariance"])
def test_analyse_takes_the_name_of_a_layer(matrix: str) -> None:
    naive = _case("cnn", "0.0")
    result = analyse(naive.network, naive.x, naive.y, matrix=matrix, parameters="0.0")
    expected = {
        "hessian": naive.hessian,
        "gauss_newton": naive.gauss_newton,
        "covariance": lambda: naive.gradients(naive.y).T @ naive.gradients(naive.y) / SAMPLES,
    }[matrix]()
    largest = np.linalg.eigvalsh(expected)[-1]
    assert result.measures["lambda_max"] == pytest.approx(largest, rel=1e-9)
    assert result.spectrum.sizes["parameter"] == len(expected)
    assert result.made_by["parameters"] == "0.0"
    units = result.align(naive.x)  # of the same parameters
    assert units.sizes["sample"] == SAMPLES
    assert (units["resolved_share"].dropna("sample") <= 1 + 1e-9).all()


def test_rows_that_do_not_fit_are_refused_before_they_are_made() -> None:
    naive = _case("mlp", "0")
    problem = Problem.prepared(naive.network, naive.x, naive.y)
    with pytest.raises(MemoryLimitError, match=r"at least .* GB .* 37 samples with 3 classes"):
        check_rows(problem, 1e3)
    with pytest.raises(MemoryLimitError):
        analyse(naive.network, naive.x, naive.y, matrix="gauss_newton", memory_limit_gb=1e-6)
    check_rows(problem, 1e9)
