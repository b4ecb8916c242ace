"""Networks as people bring them: right to 1e-8 of plain autograd, or refused in words that help."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.naive import naive_gradients, naive_hessian
from helpers.other_modules import FEATURES, ComplexWeights, Own, sequence, squared_sines
from helpers.other_networks import REFUSED, RIGHT
from hessian_boundary import analyse
from hessian_boundary.certificates import plain
from hessian_boundary.certificates.certificate import CertificateError
from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.networks.problem import Problem

SAMPLES = 23  # ragged: 3 classes of 8, 8 and 7


def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    y = torch.arange(SAMPLES) % 3
    x = torch.randn(SAMPLES, FEATURES, generator=generator) + F.one_hot(y, 3)[:, :FEATURES] * 2
    return x, y


def build(make) -> nn.Module:
    torch.manual_seed(0)
    return make()


@pytest.mark.parametrize("method", ["dense", "lanczos"])
@pytest.mark.parametrize("name", RIGHT)
def test_spectrum_and_alignment_are_those_of_plain_autograd(name: str, method: str) -> None:
    x, y = data()
    options = {"top": 2} if method == "lanczos" else {}
    result = analyse(build(RIGHT[name]), x, y, method=method, **options)
    network = build(RIGHT[name]).double().eval()
    hessian, gradients = naive_hessian(network, x.double(), y), naive_gradients(network, x.double())
    values = torch.linalg.eigvalsh((hessian + hessian.T) / 2).flip(0).numpy()
    found = result.spectrum["eigenvalues"].values[:2]
    np.testing.assert_allclose(found, values[:2], rtol=1e-8, atol=1e-12)
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values[:2])
    residuals = vectors @ hessian - torch.from_numpy(found)[:, None] * vectors
    assert float(residuals.norm(dim=1).max()) < 1e-7 * values[0]
    lengths = gradients.norm(dim=1)
    np.testing.assert_allclose(result.alignment["gradient_norm"], lengths, rtol=1e-8)
    cosines = vectors @ gradients.T / lengths
    np.testing.assert_allclose(result.alignment["alignment"][:2], cosines, atol=1e-8)
    for dataset in (result.spectrum, result.alignment):
        checks = json.loads(dataset.attrs["checks"])
        assert checks
        assert all(check["error"] <= check["tolerance"] for check in checks.values())


def test_complex_weights_of_real_parameters() -> None:
    x, y = data()
    network = build(ComplexWeights)
    result = analyse(network, x, y, method="dense")
    same = ComplexWeights(by_hand=True)
    same.load_state_dict(network.state_dict())
    values = torch.linalg.eigvalsh(naive_hessian(same.double(), x.double(), y)).flip(0)
    np.testing.assert_allclose(result.spectrum["eigenvalues"][:5], values[:5], rtol=1e-8)


def test_a_loss_with_a_derivative_of_its_own() -> None:
    x, y = data()
    network = build(sequence)
    result = analyse(network, x, y, squared_sines, method="dense")
    network = network.double()
    hessian = naive_hessian(network, x.double(), y, _of_one)
    values = torch.linalg.eigvalsh(hessian).flip(0)
    np.testing.assert_allclose(result.spectrum["eigenvalues"][:5], values[:5], rtol=1e-10)
    assert result.spectrum.attrs["trace_by_samples"] == pytest.approx(float(hessian.trace()))
    lengths = naive_gradients(network, x.double(), _of_one).norm(dim=1)
    np.testing.assert_allclose(result.alignment["gradient_norm"], lengths, rtol=1e-10)


def _of_one(logits: torch.Tensor, label: int) -> torch.Tensor:
    return sum((f.sin() - float(c == label)) ** 2 for c, f in enumerate(logits))


@pytest.mark.parametrize("name", REFUSED)
def test_networks_that_have_no_such_numbers_are_refused(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(CertificateError, match=message):
        analyse(build(make), *data())


PATHS = {
    "plain": ("attention", "own derivative", "untracked first layer", "checkpointed"),
    "forward over reverse": ("hook on a layer", "frozen bias", "orthogonal", "lstm"),
}


@pytest.mark.parametrize(("path", "name"), [(p, name) for p in PATHS for name in PATHS[p]])
def test_the_artifact_names_the_path_and_why_no_faster_one(path: str, name: str) -> None:
    attributes = analyse(build(RIGHT[name]), *data()).spectrum.attrs
    assert attributes["products"] == path
    assert "layered: " in attributes["slower_because"]
    assert ("forward over reverse: " in attributes["slower_because"]) == (path == "plain")


def test_plain_networks_take_the_fast_paths() -> None:
    result = analyse(sequence(), *data())
    assert result.spectrum.attrs["products"] == "layered"
    assert result.spectrum.attrs["slower_because"] == ""
    assert result.alignment.attrs["gradients"] == "factored"


@pytest.mark.parametrize(
    ("name", "path"), [("lstm", "looped"), ("branch on values", "looped"), ("attention", "mapped")]
)
def test_the_alignment_names_how_gradients_were_taken(name: str, path: str) -> None:
    assert analyse(build(RIGHT[name]), *data()).alignment.attrs["gradients"] == path


@pytest.mark.parametrize(
    "make",
    [
        lambda: sequence(nn.utils.weight_norm(nn.Linear(2, 5))),
        lambda: sequence(nn.utils.parametrizations.weight_norm(nn.Linear(2, 5)), nn.Tanh()),
        lambda: sequence(activation=nn.Hardsigmoid()),
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_where_pytorch_has_no_right_second_derivative_finite_differences_decide(make) -> None:
    """Of weight_norm PyTorch's own Hessian is not symmetric; of Hardsigmoid it has none."""
    x, y = data()
    result = analyse(build(make), x, y, method="dense")
    network = build(make).double().eval()
    parameters = list(network.parameters())
    theta = torch.cat([p.detach().reshape(-1) for p in parameters])

    def slope(at: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            for p, part in zip(parameters, at.split([p.numel() for p in parameters]), strict=True):
                p.copy_(part.reshape(p.shape))
        loss = F.cross_entropy(network(x.double()), y)
        return torch.cat([p.reshape(-1) for p in torch.autograd.grad(loss, parameters)])

    step = 1e-5 * torch.eye(len(theta), dtype=torch.float64)
    hessian = torch.stack([slope(theta + e) - slope(theta - e) for e in step]) / 2e-5
    values = torch.linalg.eigvalsh((hessian + hessian.T) / 2).flip(0).numpy()
    np.testing.assert_allclose(result.spectrum["eigenvalues"][:3], values[:3], rtol=1e-6)


class HalfDifferentiable(torch.autograd.Function):
    """x y, one of whose derivatives is held constant, as NumPy inside would have it."""

    @staticmethod
    def forward(context, x, y):
        context.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(context, gradient):
        x, y = context.saved_tensors
        return y.detach() * gradient, x * gradient


def test_derivatives_that_are_not_symmetric_are_refused() -> None:
    def forward(net, x):
        return net.last(HalfDifferentiable.apply(net.first(x), net.last.weight[0]))

    with pytest.raises(CertificateError, match="symmetry of the Hessian failed: expected ⟨u, H v⟩"):
        analyse(Own(forward), *data())


def test_plain_products_are_rows_of_the_hessian_in_ragged_batches() -> None:
    x, y = data()
    problem = Problem.prepared(build(RIGHT["parameters of any shape"]), x, y)
    hessian = naive_hessian(problem.network, problem.x, problem.y)
    block = torch.randn(3, problem.parameters, dtype=torch.float64)
    for size in (1, 10, 100):
        found = plain_products(problem, block, size)
        torch.testing.assert_close(found, block @ hessian, rtol=1e-10, atol=1e-13)


def test_long_checks_say_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    problem = Problem.prepared(build(RIGHT["parameters of any shape"]), x, y)
    told: list[int] = []
    monkeypatch.setattr(plain.Progress, "update", lambda self, done: told.append(done))
    plain_products(problem, torch.randn(2, problem.parameters, dtype=torch.float64), 10)
    assert told == sorted(told)
    assert told[-1] == 2 * len(x)
    assert len(told) >= 2 * -(-len(x) // 10)
