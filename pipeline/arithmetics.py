"""One network's eigenvectors and gradients by several methods and arithmetics, and their alignment.

float32_dense       the Hessian and all p eigenvectors in float32, as the authors computed them
float64_dense       the same in float64: eigenvectors that are round-off still count
float64_dense_cut   of these, the ones above the rank tolerance
range               the certified range method, above the rank tolerance: what the tables list
gauss_newton_cut    of the Gauss-Newton part of H the eigenvectors above the rank tolerance
gauss_newton        all that are outside its null space, however small their eigenvalues: the only
                    list whose small members float64 determines (curvature/gauss_newton.py)

The loss is given per sample, in the form without cancellation; float32 takes the usual form.
"""

from collections.abc import Iterator
from copy import deepcopy
from functools import partial

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.alignment import MINIMUM_GRADIENT_NORM, random_directions
from pipeline.curvature.dense import dense_matrix
from pipeline.curvature.gauss_newton import (
    gauss_newton_factor,
    graded_eigenpairs,
    hessian_rank_bound,
)
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.layer_steps import is_layered
from pipeline.curvature.layered import layered_hessian
from pipeline.curvature.range_finder import range_eigenpairs
from pipeline.gradients import per_sample_gradients
from pipeline.losses import Loss, cross_entropy_per_sample
from pipeline.randomness import derive_seed

# PAPER: the authors' code sets the alignment of shorter gradients to 0
AUTHORS_MINIMUM_NORM = 1e-20
textbook_cross_entropy: Loss = partial(F.cross_entropy, reduction="none")
TEXTBOOK: dict[Loss, Loss] = {cross_entropy_per_sample: textbook_cross_entropy}

# name of the method, alignment on the samples, and what only this method has to say
Outcome = tuple[str, xr.Dataset, dict[str, float]]


def outcomes(
    module: nn.Module, x: Tensor, y: Tensor, loss: Loss, tolerance: float
) -> Iterator[Outcome]:
    """Yield the outcome of every method for the mean loss on x (n, …), y (n,), in float64.

    Raises ValueError for a loss whose Gauss-Newton factor is not known.
    """
    bound = hessian_rank_bound(module, x, loss)
    gradients = unit_gradients(module, x, loss, MINIMUM_GRADIENT_NORM)
    hessian, seed = Hessian(module, x, y, loss), derive_seed("range finder")
    resolved = range_eigenpairs(hessian, rank_tolerance=tolerance, seed=seed)
    outcome = align(resolved.eigenvalues, resolved.eigenvectors, *gradients)
    yield "range", outcome, {"ceiling": bound / hessian.dimension}

    factor = gauss_newton_factor(module, x, y, loss)
    graded = graded_eigenpairs(factor)
    ceiling = min(factor.shape) / hessian.dimension
    for method, pairs in (
        ("gauss_newton_cut", graded.above(tolerance)),
        ("gauss_newton", graded),
    ):
        inside = pairs.above(tolerance).eigenvectors @ resolved.eigenvectors.T
        overlap = float(inside.square().sum(1).mean())
        further = {"ceiling": ceiling, "overlap_with_range": overlap}
        yield method, align(pairs.eigenvalues, pairs.eigenvectors, *gradients), further

    layered = is_layered(module)
    matrix = layered_hessian(module, x, y, loss) if layered else dense_matrix(hessian)
    values, vectors = all_eigenpairs(matrix)
    yield "float64_dense", align(values, vectors, *gradients), {}
    kept = values.abs() > tolerance * values.abs().max()
    yield "float64_dense_cut", align(values[kept], vectors[kept], *gradients), {}
    del matrix, vectors
    yield _float32(module, x, y, TEXTBOOK.get(loss, loss), values)


def _float32(module: nn.Module, x: Tensor, y: Tensor, loss: Loss, in_float64: Tensor) -> Outcome:
    single, inputs = deepcopy(module).float(), x.float()
    gradients = unit_gradients(single, inputs, loss, AUTHORS_MINIMUM_NORM)
    matrix = dense_matrix(Hessian(single, inputs, y, loss))
    # numbers below 1e-38 decide nothing here, and processors take ten times as long with them
    torch.set_flush_denormal(True)
    try:
        values, vectors = all_eigenpairs(matrix)
    finally:
        torch.set_flush_denormal(False)
    samples = align(values, vectors, *gradients)
    for name in ("alignment", "random_alignment"):
        samples[name] = samples[name].fillna(0)
    # with the zeros of rows that were left out, in ascending order
    size = len(matrix)
    both = [F.pad(v.double(), (0, size - len(v))).sort().values for v in (values, in_float64)]
    return "float32_dense", samples, {"eigenvalue_error": float((both[0] - both[1]).abs().max())}


def unit_gradients(
    module: nn.Module, x: Tensor, loss_per_sample: Loss, minimum_norm: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return directions (n, p) and lengths (n,) of g_θ(x_s), and the predicted labels (n,).

    Gradients take the predicted label (Eq. 1); below `minimum_norm` their direction is NaN.
    Lengths are taken relative to the largest entry: squares of entries below 1e-154 would be 0.
    """
    with torch.no_grad():
        predicted = module(x).argmax(1)
    gradients = per_sample_gradients(module, x, predicted, loss_per_sample)
    largest = gradients.abs().amax(1)
    scaled = gradients / torch.where(largest > 0, largest, 1)[:, None]
    lengths = torch.linalg.vector_norm(scaled, dim=1)
    long_enough = lengths * largest > minimum_norm
    directions = torch.where(long_enough[:, None], scaled / lengths[:, None], torch.nan)
    return directions, lengths * largest, predicted


def all_eigenpairs(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues (k,) and eigenvectors (k, p) of a symmetric matrix (p, p) by LAPACK.

    Rows that are identically zero are left out: their eigenvectors are the unit vectors, and no
    gradient has a component there.
    """
    used = torch.nonzero((matrix != 0).any(0)).flatten()
    eigenvalues, columns = torch.linalg.eigh(matrix[used][:, used])
    eigenvectors = matrix.new_zeros(len(used), len(matrix))
    eigenvectors[:, used] = columns.T
    return eigenvalues, eigenvectors


def align(
    eigenvalues: Tensor, eigenvectors: Tensor, directions: Tensor, lengths: Tensor, labels: Tensor
) -> xr.Dataset:
    """Return what `measures` takes of an alignment with all eigenvectors (k, p) of a matrix."""
    parameters = eigenvectors.shape[1]
    random = torch.from_numpy(random_directions(parameters)).to(directions) @ directions.T
    cosine = eigenvectors @ directions.T
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), cosine.cpu().numpy()),
            "random_alignment": (("direction", "sample"), random.cpu().numpy()),
            "resolved_share": ("sample", cosine.square().sum(0).cpu().numpy()),
            "gradient_norm": ("sample", lengths.cpu().numpy()),
            "prediction": ("sample", labels.cpu().numpy()),
        },
        coords={"eigenvalue": ("eigen", eigenvalues.cpu().numpy())},
        attrs={
            "rank": len(eigenvalues),
            "null_space_dimension": parameters - len(eigenvalues),
            "not_computed": 0,
            "complete": True,
        },
    )
