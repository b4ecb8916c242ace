"""The Hessian of the cross-entropy as a graded sum, and its eigenpairs to high relative precision.

A sample that is classified with confidence curves the loss by about its softmax weight, 1e-100 for
some. Summed up as a matrix, H has lost that part. Here it is kept as a sum of dyads,

    H = Σ_k σ_k b_k b_kᵀ,    σ_k = ±1,

whose vectors differ in length by any number of orders of magnitude, each with full relative
precision. When the vectors, scaled to unit length, are well conditioned, such a sum determines
every non-zero eigenvalue, however small, to high relative precision, and one-sided Jacobi rotations
find them (Demmel & Veselić 1992, SIAM J. Matrix Anal. Appl. 13, 1204; Drmač & Veselić 2008, ibid.
29, 1322: LAPACK's xGEJSV; for σ of both signs Dopico, Molera & Moro 2003, ibid. 25, 301).

The dyads, with d_sc = f_c − f_y of the classes c ≠ y, q_sc their softmax weights, j_sc = ∂d_sc/∂θ:

* the Gauss-Newton part (1/n) Σ_s J_sᵀ (diag q_s − q_s q_sᵀ) J_s has the factor
  √q_sc (j_sc − Σ_c' q_sc' j_sc' / (1 + √q_sy)) / √n: n (C−1) dyads;
* the rest, K = (1/n) Σ_s Σ_c q_sc ∂²d_sc/∂θ², couples different layers only, since f is linear in
  each. With unit vectors x_i for the parameters of all layers but the largest, and v_i their rows
  of K, K = Σ_i x_i v_iᵀ + v_i x_iᵀ. Pivoted QR brings the sum to few terms
  w (l rᵀ + r lᵀ) = (w/2) [(l + r)(l + r)ᵀ − (l − r)(l − r)ᵀ].
"""

import numpy as np
import torch
from scipy.linalg import qr
from scipy.linalg.lapack import dgejsv
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.curvature.eigenpairs import Eigenpairs
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.layer_steps import evaluate, is_layered
from pipeline.curvature.logit_curvature import logit_slope
from pipeline.gradients import per_sample_gradients
from pipeline.losses import cross_entropy_per_sample

# What remains of a vector after orthogonalisation, relative to its length, that is round-off.
ROUND_OFF = 1e-13
# Dyads of this size and below are dropped: their products are not normal numbers any more.
SMALLEST = 1e-290
# Singular values that agree to this part may belong to eigenvalues λ and −λ whose vectors mix.
CLUSTER = 1e-8


def gauss_newton_factor(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return rows a (n (C−1), p) with Σ a aᵀ = (1/n) Σ_s J_sᵀ S_s J_s of the cross-entropy.

    x is (n, feature…), y (n,). The lengths are about √q_sc and have full relative precision as
    long as √q_sc is a number, down to weights of 1e-600.
    """
    with torch.no_grad():
        log_weights = torch.log_softmax(module(x), dim=1)
    classes = log_weights.shape[1]
    shifts = torch.arange(1, classes, device=y.device)
    others = (y[:, None] + shifts) % classes
    jacobian = torch.stack(
        [_margin_gradients(module, x, y, others[:, i]) for i in range(classes - 1)], dim=1
    )  # (n, C−1, p)
    roots = (log_weights.gather(1, others) / 2).exp()
    root_of_label = (log_weights.gather(1, y[:, None]) / 2).exp()
    gradient = torch.einsum("sc,scp->sp", roots.square(), jacobian)
    centre = gradient / (1 + root_of_label)
    return (roots[:, :, None] * (jacobian - centre[:, None])).flatten(0, 1) / len(y) ** 0.5


def hessian_factor(module: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return vectors b (m, p) and signs σ (m,) of ±1 with H = Σ_k σ_k b_k b_kᵀ.

    H is the Hessian of the mean cross-entropy on x (n, feature…), y (n,).

    Raises ValueError when the module is not `is_layered`.
    """
    left, right = (torch.from_numpy(part).to(x) for part in _coupling(module, x, y))
    positive = torch.cat([gauss_newton_factor(module, x, y), left + right])
    negative = left - right
    signs = torch.cat([positive.new_ones(len(positive)), -negative.new_ones(len(negative))])
    return torch.cat([positive, negative]), signs


def hessian_rank_bound(module: nn.Module, x: Tensor) -> int:
    """Return a bound on the rank of the Hessian of the cross-entropy on x, whatever θ and y.

    rank H ≤ n (C−1) + 2 m, where m counts the parameters of all layers but the largest. Of the
    last layer one class in C adds nothing to m: the loss does not change when the same number is
    added to all logits.

    Raises ValueError when the module is not `is_layered`.
    """
    counts = [len(layer) for layer in _layers(module, x)]
    classes = module(x[:1]).shape[1]
    coupled = sum(counts) - max(counts)
    if counts[-1] != max(counts):
        coupled -= counts[-1] // classes
    return min(sum(counts), len(x) * (classes - 1) + 2 * coupled)


def graded_eigenpairs(vectors: Tensor, signs: Tensor) -> Eigenpairs:
    """Return all eigenpairs outside the null space of Σ_k σ_k b_k b_kᵀ.

    `vectors` b are (m, p), `signs` σ (m,). A dyad whose vector is, to round-off, a combination of
    others of at least its size adds no direction. Residuals are taken with the dyads.

    Raises ValueError when all dyads are too small for float64.
    """
    lengths = torch.linalg.vector_norm(vectors, dim=1)
    used = lengths.square() > SMALLEST
    if not used.any():
        raise ValueError(
            f"expected dyads of at least {SMALLEST}, found at most {float(lengths.max()):.0e} "
            "squared; the loss of this network is flat in float64"
        )
    unit = (vectors[used] / lengths[used, None]).cpu().numpy()
    sizes, sign = lengths[used].square().cpu().numpy(), signs[used].cpu().numpy()
    columns, triangle, pivots = _graded_qr(unit * sizes[:, None])
    # H = Q W Qᵀ, W = R Pᵀ σ Uᵀ Q: its rows are graded, what multiplies them is well conditioned
    matrix = triangle @ ((sign[:, None] * unit)[pivots] @ columns)
    values, rotation = _graded_symmetric_eigen(matrix)
    descending = np.argsort(-values)
    eigenvalues = torch.from_numpy(values[descending]).to(vectors)
    eigenvectors = torch.from_numpy((columns @ rotation[:, descending]).T.copy()).to(vectors)
    products = (eigenvectors @ vectors.T * signs) @ vectors
    error = products - eigenvalues[:, None] * eigenvectors
    return Eigenpairs(
        eigenvalues=eigenvalues,
        eigenvectors=eigenvectors,
        residuals=torch.linalg.vector_norm(error, dim=1),
        certificate=float(torch.linalg.vector_norm(error)),
        null_space=vectors.shape[1] - len(eigenvalues),
        complete=True,
    )


def _margin_gradients(module: nn.Module, x: Tensor, y: Tensor, others: Tensor) -> Tensor:
    """Return ∂(f_c − f_y)/∂θ (n, p) for one other class c of each sample."""

    def margin(logits: Tensor, classes: Tensor) -> Tensor:
        return torch.sub(*logits.gather(1, classes).unbind(1))

    return per_sample_gradients(module, x, torch.stack([others, y], dim=1), margin)


def _coupling(module: nn.Module, x: Tensor, y: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return l, r (k, p) with K = Σ_k (l_k + r_k)(l_k + r_k)ᵀ − (l_k − r_k)(l_k − r_k)ᵀ."""
    rows, positions = _coupling_rows(module, x, y)
    columns, triangle, pivots = _graded_qr(rows)
    # Σ x_i v_iᵀ = Σ_k (Σ_i R_ki x_i) q_kᵀ, where by pivoting R_ki is at most R_kk
    left, right = np.zeros((len(triangle), rows.shape[1])), columns.T
    scale = _lengths(triangle)[:, None]
    left[:, positions[pivots]] = triangle / scale
    root = np.sqrt(scale / 2)
    return root * left, root * right


def _coupling_rows(module: nn.Module, x: Tensor, y: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return v (m, p) with K = Σ_i x_i v_iᵀ + v_i x_iᵀ, and the positions (m,) of the x_i in θ.

    A row keeps what couples its layer to layers that come later, the largest layer last of all.
    """
    layers = sorted(_layers(module, x), key=len)
    rank = np.empty(sum(map(len, layers)), dtype=int)  # of each parameter's layer
    for i, layer in enumerate(layers):
        rank[layer] = i
    positions = np.flatnonzero(rank < len(layers) - 1)
    if not len(positions):
        return np.empty((0, len(rank))), positions
    with torch.no_grad():
        slope = logit_slope(cross_entropy_per_sample, y)(module(x))
    curvature = Hessian(module, x, slope, lambda logits, slope: (logits * slope).sum(1))
    rows = curvature(F.one_hot(torch.from_numpy(positions), len(rank)).to(x)).cpu().numpy()
    return rows * (rank > rank[positions, None]), positions


def _layers(module: nn.Module, x: Tensor) -> list[range]:
    """Return the positions in θ of each layer's parameters."""
    if not is_layered(module):
        raise ValueError(
            "expected a network that is linear in the parameters of each layer, as `is_layered` "
            f"says, found {module}; its Hessian has no graded factor, use `range`"
        )
    steps, _ = evaluate(module, x[:1])
    return [range(step.weight.start, step.bias.stop) for step in steps]


def _graded_qr(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Q (p, r), R (r, m), P (m,) with rowsᵀ[:, P] = Q R, without rows that are round-off.

    Pivoting and Householder reflections keep each row's relative precision (Cox & Higham 1998).
    """
    if not len(rows):
        return rows.T, rows[:, :0], np.arange(0)
    columns, triangle, pivots = qr(rows.T, mode="economic", pivoting=True)
    lengths = _lengths(rows[pivots])[: len(triangle)]
    kept = np.abs(np.diag(triangle)) > np.maximum(ROUND_OFF * lengths, SMALLEST)
    return columns[:, kept], triangle[kept], pivots


def _lengths(rows: np.ndarray) -> np.ndarray:
    """Return the lengths of rows (m, p), also where their squares would be below 1e-308."""
    largest = np.abs(rows).max(axis=1, initial=SMALLEST)
    return largest * np.linalg.norm(rows / largest[:, None], axis=1)


def _graded_symmetric_eigen(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues (r,) and eigenvectors (r, r) of a symmetric matrix with graded rows.

    Eigenvalues are signed singular values. λ and −λ share theirs: there the sign and the vectors
    come from the matrix restricted to the space of the singular vectors.
    """
    sizes, vectors, others, scale, _, failed = dgejsv(
        np.ascontiguousarray(matrix.T), joba=0, jobu=0, jobv=0, jobr=0, jobt=0, jobp=0
    )
    if failed:
        raise ArithmeticError(f"expected Jacobi rotations to converge, found info {failed}")
    sizes = sizes * (scale[0] / scale[1])
    values = sizes * np.sign(np.einsum("ij,ij->j", vectors, others))
    breaks = np.flatnonzero(sizes[1:] < (1 - CLUSTER) * sizes[:-1]) + 1
    for group in np.split(np.arange(len(sizes)), breaks):
        if len(group) > 1:
            block = (vectors[:, group].T @ others[:, group]) * (sizes[group] / sizes[group[0]])
            part, rotation = np.linalg.eigh((block + block.T) / 2)
            values[group] = part * sizes[group[0]]
            vectors[:, group] = vectors[:, group] @ rotation
    return values, vectors
