"""Label smoothing and class weights in curvature and gradients, against PyTorch's own loss."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary import analyse
from hessian_boundary.certificates.loss import certify_loss
from hessian_boundary.curvature.gauss_newton.logit_factor import logit_factor
from hessian_boundary.losses.per_sample import WEIGHTED, loss_per_sample, trained_loss
from hessian_boundary.networks.problem import Problem

WEIGHTS = (0.5, 2.0, 1.3)
CASES = [(0.1, (1.0, 1.0, 1.0)), (0.0, WEIGHTS), (0.2, WEIGHTS)]
LOSSES = ["cross_entropy", "negative_log_likelihood", "squared_error"]


def textbook_mean(name, smoothing, weights, logits, y):
    """The mean as PyTorch has it; of the squared error sample by sample."""
    w = torch.tensor(weights, dtype=logits.dtype)
    if name != "squared_error":
        return F.cross_entropy(logits, y, weight=w, label_smoothing=smoothing)
    total = 0.0
    for f, label in zip(logits, y.tolist(), strict=True):
        for c in range(3):
            target = (1 - smoothing) * (c == label) + smoothing / 3
            total = total + w[label] * (f[c] - target) ** 2 / 3
    return total / w[y].sum()


def network_and_samples(count=23):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    return network, torch.randn(count, 2, dtype=torch.float64), torch.randint(3, (count,))


@pytest.mark.parametrize(("smoothing", "weights"), CASES)
@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_of_the_loss_per_sample_is_the_trained_loss(name, smoothing, weights):
    network, x, y = network_and_samples()
    per_sample = loss_per_sample(name, smoothing, weights, y)
    expected = float(textbook_mean(name, smoothing, weights, network(x), y).detach())
    assert float(per_sample(network(x), y).mean()) == pytest.approx(expected, rel=1e-12)
    trained = trained_loss(name, smoothing, weights)
    assert float(trained(network(x), y)) == pytest.approx(expected, rel=1e-12)
    assert certify_loss(Problem(network, x, y, per_sample), trained, batch_size=10).error < 1e-12


def test_the_loss_per_sample_is_pytorchs():
    logits, y = 9 * torch.randn(60, 3, dtype=torch.float64), torch.arange(60) % 3
    for smoothing, weights in CASES:
        loss = WEIGHTED["cross_entropy"](smoothing, weights)
        options = {
            "weight": torch.tensor(weights, dtype=torch.float64),
            "label_smoothing": smoothing,
        }
        expected = F.cross_entropy(logits, y, **options, reduction="none")
        torch.testing.assert_close(loss(logits, y), expected, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(loss.textbook(logits, y), expected)


def test_confident_samples_keep_their_gradients_digits():
    """Of logits (0, −90) and label 0, ∂ℓ/∂f = w (−q, q) with q = exp(−90) / (1 + exp(−90))."""
    logits = torch.tensor([[0.0, -90.0]], dtype=torch.float64, requires_grad=True)
    loss = WEIGHTED["cross_entropy"](0.0, (3.0, 1.0))
    found = torch.autograd.grad(loss(logits, torch.tensor([0])).sum(), logits)[0]
    expected = 3 * np.exp(-90.0) * np.array([[-1.0, 1.0]])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13)


def hessian(network, x, y, mean):
    """Reverse over reverse, entry by entry."""
    parameters = list(network.parameters())
    slope = torch.autograd.grad(mean(network(x), y), parameters, create_graph=True)
    flat = torch.cat([part.reshape(-1) for part in slope])
    rows = [torch.autograd.grad(entry, parameters, retain_graph=True) for entry in flat]
    return torch.stack([torch.cat([part.reshape(-1) for part in row]) for row in rows])


@pytest.mark.parametrize(("smoothing", "weights"), CASES)
@pytest.mark.parametrize("name", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_spectrum_is_that_of_the_trained_loss(name, smoothing, weights, activation):
    network, x, y = network_and_samples()
    network[1] = activation()
    exact = hessian(network, x, y, lambda f, t: textbook_mean(name, smoothing, weights, f, t))
    expected = torch.linalg.eigvalsh(exact.detach()).flip(0).numpy()
    loss = loss_per_sample(name, smoothing, weights, y)
    for method in ("dense", "range"):
        found = analyse(network, x, y, loss, method=method).spectrum["eigenvalues"].values
        wanted = expected[np.abs(expected) > 1e-11 * np.abs(expected).max()]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10 * expected[0])


@pytest.mark.parametrize(("smoothing", "weights"), CASES)
@pytest.mark.parametrize("name", ["cross_entropy", "squared_error"])
def test_gauss_newton_part_and_gradients_at_the_predicted_label(name, smoothing, weights):
    """F = (1/n) Σ Jᵀ S J and g = Jᵀ ∂ℓ/∂f, with J, S and ∂ℓ/∂f by plain autograd, per sample."""
    network, x, y = network_and_samples()
    loss = loss_per_sample(name, smoothing, weights, y)
    parameters = list(network.parameters())
    matrix, gradients = 0.0, []
    for one, label in zip(x, y, strict=True):
        f = network(one[None])[0]
        rows = [torch.autograd.grad(f[c], parameters, retain_graph=True) for c in range(3)]
        jacobian = torch.stack([torch.cat([part.reshape(-1) for part in row]) for row in rows])
        mean_weight = float(torch.tensor(weights, dtype=torch.float64)[y].mean())

        def scalar(f, label, mean_weight=mean_weight):
            if name == "squared_error":
                value = textbook_mean(name, smoothing, weights, f[None], label[None])
                return value * weights[int(label)] / mean_weight
            options = {
                "weight": torch.tensor(weights, dtype=torch.float64),
                "label_smoothing": smoothing,
            }
            return F.cross_entropy(f[None], label[None], **options, reduction="sum") / mean_weight

        curved = torch.autograd.functional.hessian(lambda f, t=label: scalar(f, t), f.detach())
        matrix = matrix + jacobian.T @ curved @ jacobian / len(x)
        at = f.detach().requires_grad_()
        slope = torch.autograd.grad(scalar(at, at.argmax()), at)[0]
        gradients.append(jacobian.T @ slope)
    result = analyse(network, x, y, loss, matrix="gauss_newton", top=5)
    values = torch.linalg.eigvalsh(matrix).flip(0)[:5].numpy()
    np.testing.assert_allclose(result.spectrum["eigenvalues"], values, rtol=1e-9)
    lengths = torch.stack(gradients).norm(dim=1).numpy()
    np.testing.assert_allclose(result.alignment["gradient_norm"], lengths, rtol=1e-9)
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values)
    cosines = (vectors @ torch.stack(gradients).T).abs().numpy() / lengths
    found = np.abs(result.alignment["alignment"].values[:5])
    np.testing.assert_allclose(found, cosines, rtol=0, atol=1e-7)


def test_class_weights_make_the_factor_depend_on_the_true_label():
    logits = torch.tensor([[2.0, 0.0, -1.0]], dtype=torch.float64)
    loss = WEIGHTED["cross_entropy"](0.0, (1.0, 4.0, 1.0))
    one, other = (logit_factor(loss, logits, torch.tensor([label])) for label in (0, 1))
    torch.testing.assert_close(other.scales, 2 * one.scales)
    torch.testing.assert_close(other.gradients, one.gradients)
