"""The Gauss-Newton part of the Hessian, and its eigenpairs to high relative precision.

H = F + K with F = (1/n) Σ_s J_sᵀ S_s J_s, where S_s = ∂²ℓ_s/∂f² is diag q_s − q_s q_sᵀ for the
cross-entropy and 2/C for the squared error. The gradient of a sample at its predicted label lies in
the range of F. A sample that is classified with confidence adds to the F of the cross-entropy about
its softmax weight, 1e-100 for some, and as a matrix F has lost that part. Here F is kept as a sum

    F = Σ_k a_k a_kᵀ

of vectors that differ in length by any number of orders of magnitude, each with full relative
precision. When the vectors, scaled to unit length, are well conditioned, such a sum determines
every non-zero eigenvalue, however small, to high relative precision, and one-sided Jacobi rotations
find them (Demmel & Veselić 1992, SIAM J. Matrix Anal. Appl. 13, 1204; Drmač & Veselić 2008, ibid.
29, 1322: LAPACK's xGEJSV).

The same cannot be had for H in float64: K couples a direction with a large eigenvalue λ to one of
weight w ≪ λ, which gives eigenvalues of about −w²/λ that the digits of w do not determine.
"""

import numpy as np
import torch
from scipy.linalg.lapack import dgejsv
from torch import Tensor, nn

from hessian_boundary.curvature.operators.layer_steps import evaluate
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.losses import (
    Loss,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.networks.structure import why_not_layered

# What remains of a vector after orthogonalisation, relative to its length, that is round-off.
ROUND_OFF = 1e-13
# Vectors whose squared length is below this are left out: it is the smallest safe number.
SMALLEST = 1e-290


def gauss_newton_factor(module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss) -> Tensor:
    """Return rows a (m, p) with Σ a aᵀ = F for the mean loss on x (n, feature…), y (n,).

    With j_c = ∂f_c/∂θ of a sample, squared error: m = n C rows √(2/C) j_c / √n. Cross-entropy:
    m = n (C−1) rows √q_c (j_c − Σ_c' q_c' j_c' / (1 + √q_k)) / √n of the classes c ≠ k, where k is
    the predicted class (F does not depend on the true one), with j_c of f_c − f_k in place of f_c
    and the softmax weights q_c. Their lengths have full relative precision as long as √q_c is a
    number, for weights down to 1e-600: with q_k ≥ 1/C nothing cancels.

    Raises ValueError for another loss.
    """
    if loss_per_sample is cross_entropy_per_sample:
        return _cross_entropy_factor(module, x)
    if loss_per_sample is squared_error_per_sample:
        return _squared_error_factor(module, x, y)
    raise ValueError(
        f"expected the cross-entropy or the squared error of each sample, found {loss_per_sample}; "
        "write the square root of its ∂²ℓ/∂f² beside theirs"
    )


def _cross_entropy_factor(module: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        log_weights = torch.log_softmax(module(x), dim=1)
    predicted, classes = log_weights.argmax(1), log_weights.shape[1]
    shifts = torch.arange(1, classes, device=x.device)
    others = (predicted[:, None] + shifts) % classes
    jacobian = torch.stack(
        [_margin_gradients(module, x, predicted, others[:, i]) for i in range(classes - 1)], dim=1
    )  # (n, C−1, p)
    roots = (log_weights.gather(1, others) / 2).exp()
    root_of_predicted = (log_weights.gather(1, predicted[:, None]) / 2).exp()
    gradient = torch.einsum("sc,scp->sp", roots.square(), jacobian)
    centre = gradient / (1 + root_of_predicted)
    return (roots[:, :, None] * (jacobian - centre[:, None])).flatten(0, 1) / len(x) ** 0.5


def _squared_error_factor(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    def logit(logits: Tensor, classes: Tensor) -> Tensor:
        return logits.gather(1, classes[:, None])[:, 0]

    classes = module(x[:1]).shape[1]
    jacobian = [
        per_sample_gradients(module, x, torch.full_like(y, c), logit) for c in range(classes)
    ]
    return torch.cat(jacobian) * (2 / (classes * len(y))) ** 0.5


def graded_eigenpairs(factor: Tensor) -> Eigenpairs:
    """Return all eigenpairs outside the null space of Σ_k a_k a_kᵀ, rows a of `factor` (m, p).

    A row that is, to round-off, a combination of longer ones adds no direction. Residuals are
    taken with the sum.

    Raises ValueError when all rows are too short for float64.
    """
    lengths = torch.linalg.vector_norm(factor, dim=1)
    used = factor[lengths.square() > SMALLEST]
    if not len(used):
        raise ValueError(
            f"expected vectors of at least {SMALLEST**0.5:.0e}, found at most "
            f"{float(lengths.max()):.0e}; the loss of this network is flat in float64"
        )
    basis, coefficients = _graded_basis(used.cpu().numpy())
    singular, rotation = _graded_singular_pairs(coefficients)
    eigenvalues = torch.from_numpy(singular**2).to(factor)
    eigenvectors = torch.from_numpy(rotation.T @ basis).to(factor)
    return Eigenpairs.of_factor(factor, eigenvalues, eigenvectors)


def hessian_rank_bound(module: nn.Module, x: Tensor, loss_per_sample: Loss) -> int:
    """Return a bound on the rank of the Hessian of the mean loss on x, whatever θ and y.

    For networks that are linear in the parameters of each layer (`structure.why_not_layered`),
    rank H ≤ n k + 2 m, where m counts the parameters of all layers but the largest: F has rank at
    most n k, and K couples different layers only. For the squared error k = C. The cross-entropy
    does not change when the same number is added to all logits: k = C − 1, and of the last layer
    one class in C adds nothing to m. Other networks have no bound below p.
    """
    if why_not_layered(module):
        return sum(parameter.numel() for parameter in module.parameters())
    steps, _ = evaluate(module, x[:1])
    counts = [step.bias.stop - step.weight.start for step in steps]
    classes = module(x[:1]).shape[1]
    invariant = loss_per_sample is cross_entropy_per_sample
    coupled = sum(counts) - max(counts)
    if invariant and counts[-1] != max(counts):
        coupled -= counts[-1] // classes
    return min(sum(counts), len(x) * (classes - invariant) + 2 * coupled)


def _margin_gradients(module: nn.Module, x: Tensor, classes: Tensor, others: Tensor) -> Tensor:
    """Return ∂(f_c − f_k)/∂θ (n, p) for a class k and another one, c, of each sample."""

    def margin(logits: Tensor, classes: Tensor) -> Tensor:
        return torch.sub(*logits.gather(1, classes).unbind(1))

    return per_sample_gradients(module, x, torch.stack([others, classes], dim=1), margin)


def _graded_basis(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal q (r, p) and c (r, m) with rows = cᵀ q, c graded and triangular if sorted.

    Gram-Schmidt with the longest remainder next. A library's pivoted QR would take the round-off
    that remains of a dependent row for a direction, and turn shorter rows away from it.
    """
    remainder, lengths = rows.copy(), np.linalg.norm(rows, axis=1)
    left = np.ones(len(rows), dtype=bool)
    basis, coefficients = np.empty((0, rows.shape[1])), []
    for _ in rows:
        sizes = np.where(left, np.linalg.norm(remainder, axis=1), -1)
        longest = sizes.argmax()
        if sizes[longest] > ROUND_OFF * lengths[longest]:
            direction = remainder[longest] / sizes[longest]
            direction -= basis.T @ (basis @ direction)
            direction /= np.linalg.norm(direction)
            basis = np.vstack([basis, direction])
            coefficients.append(np.where(left, remainder @ direction, 0))
            remainder -= np.outer(coefficients[-1], direction)
        left[longest] = False
    return basis, np.array(coefficients)


def _graded_singular_pairs(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return singular values (r,) and left singular vectors (r, r) of graded rows (r, m), m ≥ r."""
    sizes, _, vectors, scale, _, failed = dgejsv(
        np.ascontiguousarray(rows.T), joba=0, jobu=0, jobv=0, jobr=0, jobt=0, jobp=0
    )
    if failed:
        raise ArithmeticError(f"expected Jacobi rotations to converge, found info {failed}")
    return sizes * (scale[0] / scale[1]), vectors
