"""The Gauss-Newton part of confident networks against the same in 250 digits, by another way."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import torch
from mpmath import mpf
from torch import Tensor, nn

from helpers.problems import network_as_confident
from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.curvature.gauss_newton.decomposition import gauss_newton_pairs
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

DIGITS = 250
Network = tuple[nn.Sequential, Tensor]


def _two_classes() -> Network:
    """A 2-3-4-2 network of which 8 samples have softmax weights from 1e-10 to 1e-88."""
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    generator = torch.Generator().manual_seed(54)
    for parameter in module.double().parameters():
        parameter.data.normal_(generator=generator).mul_(3)
    return module, torch.randn(8, 2, generator=generator, dtype=torch.float64)


def _three_classes() -> Network:
    """24 samples, of which many vectors are combinations of longer ones; eigenvalues to 1e-72."""
    module, x, *_ = network_as_confident(4.0)
    return module, x[:24]


def _problem(module: nn.Sequential, x: Tensor) -> Problem:
    """With labels that do not matter."""
    return Problem(module, x, torch.zeros(len(x), dtype=torch.long), cross_entropy_per_sample)


def _jacobian(module: nn.Sequential, sample: list[float]) -> tuple[list, list]:
    """Return the logits and ∂f_c/∂θ for every c, by hand."""
    layers = [layer for layer in module if isinstance(layer, nn.Linear)]
    weights = [mpmath.matrix(layer.weight.tolist()) for layer in layers]
    units = [mpmath.matrix(sample)]
    for i, layer in enumerate(layers):
        sums = weights[i] * units[-1] + mpmath.matrix(layer.bias.tolist())
        last = i == len(layers) - 1
        units.append(sums if last else sums.apply(lambda v: max(v, mpf(0))))
    logits, rows = list(units[-1]), []
    for c in range(len(logits)):
        delta, row = mpmath.matrix([mpf(k == c) for k in range(len(logits))]), []
        for i in reversed(range(len(layers))):
            row = [*(d * h for d in delta for h in units[i]), *delta, *row]
            back = weights[i].T * delta
            delta = mpmath.matrix([b * (h > 0) for b, h in zip(back, units[i], strict=True)])
        rows.append(row)
    return logits, rows


def _exact(module: nn.Sequential, x: Tensor, rank: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return log10 of the `rank` largest eigenvalues, |alignments| (rank, n), log10 of the next.

    F is a sum over samples of Jᵀ (diag q − q qᵀ) J / n; of digits, 250 are enough for the matrix.
    """
    size = sum(parameter.numel() for parameter in module.parameters())
    matrix, gradients = mpmath.zeros(size), []
    for sample in x.tolist():
        logits, jacobian = _jacobian(module, sample)
        exponentials = [mpmath.exp(f) for f in logits]
        q = [e / sum(exponentials) for e in exponentials]
        mean = [mpmath.fdot(q, column) for column in zip(*jacobian, strict=True)]
        for weight, row in zip(q, jacobian, strict=True):
            centred = mpmath.matrix([r - m for r, m in zip(row, mean, strict=True)])
            matrix += weight / len(x) * centred * centred.T
        predicted = jacobian[logits.index(max(logits))]
        gradient = mpmath.matrix([m - r for r, m in zip(predicted, mean, strict=True)])
        gradients.append(gradient / mpmath.norm(gradient))
    values, vectors = mpmath.eigsy(matrix)
    order = sorted(range(size), key=lambda i: -abs(values[i]))
    aligned = [[float(abs((vectors[:, i].T * g)[0])) for g in gradients] for i in order[:rank]]
    logarithms = [float(mpmath.log10(abs(values[i]) + mpf(10) ** -400)) for i in order]
    return np.array(logarithms[:rank]), np.array(aligned), max(logarithms[rank:])


@pytest.mark.parametrize(("network", "rank"), [(_two_classes, 5), (_three_classes, 32)])
def test_eigenvalues_and_alignments_agree_with_250_digits(
    network: Callable[[], Network], rank: int
) -> None:
    """Over 44 and 72 orders of magnitude; a direction of round-off may follow the last one."""
    module, x = network()
    with mpmath.workdps(DIGITS):
        logarithms, alignments, beyond = _exact(module, x, rank)
    assert logarithms[0] - logarithms[-1] > 40
    assert beyond < logarithms[0] - 200
    samples = align_pairs(pairs_with_random_directions(_problem(module, x)))
    found = np.log10(samples["eigenvalue"].values)
    np.testing.assert_allclose(found[:rank], logarithms, rtol=0, atol=1e-11)
    assert (found[rank:] < logarithms[0] - 150).all()
    largest = abs(samples["alignment"]).values
    np.testing.assert_allclose(largest[:rank], alignments, rtol=0, atol=1e-9)
    np.testing.assert_allclose(samples["resolved_share"], 1, rtol=0, atol=1e-12)


def test_a_plain_eigendecomposition_resolves_less_of_a_confident_network():
    module, x = _two_classes()
    size = sum(parameter.numel() for parameter in module.parameters())
    everything = torch.eye(size, dtype=torch.float64)
    pairs = gauss_newton_pairs(_problem(module, x), everything)
    factor = pairs.factor.scales.flatten()[:, None] * pairs.products
    plain = torch.linalg.eigvalsh(factor.T @ factor).abs()
    graded = pairs.eigenvalues
    above = int((plain > 1e-12 * plain.max()).sum())
    assert above == int((graded > 1e-12 * graded.max()).sum()) < len(graded)
