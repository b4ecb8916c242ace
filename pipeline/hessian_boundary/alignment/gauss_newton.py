"""Alignment of the samples' gradients with all eigenvectors of the Gauss-Newton part."""

from collections.abc import Iterable
from math import inf

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.unit_gradients import alignment_with_all
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM, about_spectrum
from hessian_boundary.certificates.certificate import as_attribute
from hessian_boundary.certificates.gradients import certify_gradients, gradient_error
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.curvature.gauss_newton.decomposition import (
    GaussNewtonPairs,
    decomposed,
    gauss_newton_pairs,
)
from hessian_boundary.curvature.gauss_newton.factor_rows import (
    FactorRows,
    Triangle,
    all_rows,
    gathered,
    serve_rows,
)
from hessian_boundary.curvature.gauss_newton.room import check_rows
from hessian_boundary.curvature.gauss_newton.row_slices import (
    SLICE_BYTES,
    fitting_slice,
)
from hessian_boundary.curvature.gauss_newton.rows import BATCH
from hessian_boundary.curvature.gauss_newton.spectrum import gauss_newton_spectrum
from hessian_boundary.networks.problem import Problem


def gauss_newton_artifacts(
    problem: Problem,
    top: int,
    *,
    members: Tensor | None = None,
    memory_limit: float = inf,
    pieces: Iterable[Triangle] = (),
) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the spectrum of F and the samples' alignment, in the schemas of any matrix.

    The spectrum holds the `top` eigenvectors; the alignment is with all that are not in the null
    space, of all samples. With `members` (n,), F is that of these samples' mean loss. Memory grows
    with the square of the m = n (C − 1) rows (n C for the squared error); of p numbers there are
    the eigenvectors and a few more arrays. `pieces` are all those of `gauss_newton_piece`, where
    there are some. Under torchrun this is for the first process, whose passes over the rows are
    spread over all; the others call `serve_gauss_newton`.

    Raises MemoryLimitError when that is more than `memory_limit` bytes, ValueError for a loss whose
    factor is not known, CertificateError when the network draws numbers or mixes samples, or when
    plain backward passes give other gradients.
    """
    check_rows(problem, memory_limit, top)
    with all_rows(problem, fitting_slice(problem.network, memory_limit)) as rows:
        certify_network(problem)  # before what would fail on such a network without saying why
        found = gathered(pieces) if pieces else rows.triangle(_directions(problem))
        pairs = decomposed(rows, *found, members)
        samples = align_pairs(pairs)
        spectrum = gauss_newton_spectrum(pairs, top, samples.attrs["checks"])
    with torch.no_grad():
        logits = torch.cat([problem.network(x.clone()).detach() for x, _ in problem.batches(BATCH)])
    samples = samples.assign(
        label=("sample", problem.y.cpu().numpy()),
        scalar_product=samples["alignment"] * samples["gradient_norm"],
        logits=(("class", "sample"), logits.T.cpu().numpy()),
    ).assign_coords(
        eigen=np.arange(samples.sizes["eigen"]), sample=np.arange(samples.sizes["sample"])
    )
    return spectrum, samples.assign_attrs(about_spectrum(spectrum) | samples.attrs)


def gauss_newton_piece(
    problem: Problem, number: int, count: int, *, memory_limit: float = inf
) -> Triangle:
    """Return piece `number`, from 0, of `count` of what the pairs of F are made of.

    It is R (d, m) of the factor's rows at a part of the parameters, and their products (m, j) with
    the random directions there. Raises as `gauss_newton_artifacts`.
    """
    check_rows(problem, memory_limit)
    certify_network(problem)
    slice_bytes = fitting_slice(problem.network, memory_limit)
    return FactorRows(problem, slice_bytes, number, count).triangle(_directions(problem))


def align_with_all(problem: Problem, *, memory_limit: float = inf) -> xr.Dataset:
    """Return the samples' alignment alone, as `align_pairs` does.

    Under torchrun this is for the first process; the others call `serve_gauss_newton`. Raises as
    `gauss_newton_artifacts`.
    """
    check_rows(problem, memory_limit)
    with all_rows(problem, fitting_slice(problem.network, memory_limit)) as rows:
        return align_pairs(decomposed(rows, *rows.triangle(_directions(problem))))


def serve_gauss_newton(problem: Problem, *, memory_limit: float = inf) -> None:
    """Do the part of a process that is not the first in its `gauss_newton_artifacts`.

    Or in its `align_with_all`. All processes are given the same problem and limit. Raises as these.
    """
    check_rows(problem, memory_limit)
    serve_rows(problem, fitting_slice(problem.network, memory_limit))


def _directions(problem: Problem) -> Tensor:
    return problem.tensor(random_directions(problem.parameters))


def pairs_with_random_directions(
    problem: Problem, slice_bytes: int = SLICE_BYTES
) -> GaussNewtonPairs:
    """Return all eigenpairs of F for a problem in float64, and the products that ε is made of.

    Raises ValueError for a loss whose Gauss-Newton factor is not known, or that is flat in float64.
    """
    return gauss_newton_pairs(problem, _directions(problem), slice_bytes)


def align_pairs(pairs: GaussNewtonPairs, tolerance: float = 0) -> xr.Dataset:
    """Return what `measures` takes of an alignment with all eigenvectors of F on its samples.

    Nothing is formed in parameter space: a gradient is a known combination of the rows of F's
    factor. Pairs with λ ≤ tolerance · λ_1 are counted in the null space. `pairs` come from
    `pairs_with_random_directions`; a gradient no longer than 1e-300 has no direction: NaN.

    Raises CertificateError when plain backward passes give other gradients.
    """
    problem = pairs.problem
    gradients = pairs.combined(pairs.triangle.T)
    sizes = torch.linalg.vector_norm(gradients, dim=1)
    lengths = sizes * pairs.factor.logarithms.exp()
    divisors = torch.where(lengths > MINIMUM_GRADIENT_NORM, sizes, torch.nan)[:, None]
    kept = pairs.eigenvalues > tolerance * pairs.eigenvalues[0]
    random = (pairs.combined(pairs.products) / divisors).T
    labels = pairs.factor.predicted
    found = (_directions(problem), random, lengths)
    error = gradient_error(problem.network, problem.x, labels, problem.loss, *found)
    certificate = certify_gradients(error, problem.dtype, "rows of the Gauss-Newton factor")
    alignment = alignment_with_all(
        pairs.eigenvalues[kept],
        pairs.coordinates[kept] @ (gradients / divisors).T,
        random,
        lengths,
        labels,
        problem.parameters,
    )
    checks = as_attribute([*certify_network(problem), certificate])
    return alignment.assign_attrs(gradients="rows", checks=checks)
