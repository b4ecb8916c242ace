"""G_θ where every gradient is resolved: in the eigenvectors of the Gauss-Newton part."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf

from hessian_boundary.alignment.gauss_newton import align_with_all, serve_gauss_newton
from hessian_boundary.measures.confidence import with_confidence
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.problem import Problem

PREFIX, AT_EQUAL_CONFIDENCE = "gauss_newton_", "_equal_confidence"


def gauss_newton_measures(problem: Problem, *, memory_limit: float = inf) -> dict[str, float]:
    """Return G_θ by all eigenvectors of F = H − K, for a problem in float64.

    Gradients at the predicted labels do not depend on the true labels, nor does F, unless the loss
    weights classes: then F has the weight of a sample's true one.
    A gradient at its predicted label lies in the range of F, however confident its sample is, and
    F's eigenvectors are known to high relative precision (`curvature.gauss_newton`): so G_θ needs
    no rank tolerance here. In seconds, unlike the other methods of `precision.arithmetics`, it can
    be had for every seed.

    gauss_newton_g_theta_max, _mean: Eq. (6) with both statistics; gauss_newton_rank: of F;
    gauss_newton_resolved_share_min: of a gradient's squared length what lies in its range, the
    least over samples. gauss_newton_g_theta_max_equal_confidence, _mean_…: the same after all
    logits are scaled to one confidence (`measures.confidence`), which leaves the boundary as it
    is; left out where they cannot be. Under torchrun this is for the first process; the others call
    `serve_gauss_newton_measures`.

    Raises ValueError for a loss whose Gauss-Newton factor is not known, MemoryLimitError when what
    grows with the number of samples is more than `memory_limit` bytes.
    """
    values: dict[str, float] = {}
    for ending, part in _as_trained_and_scaled(problem):
        samples = align_with_all(part, memory_limit=memory_limit)
        found = g_theta_by_statistic(samples)
        values |= {f"{name}{ending}": value for name, value in found.items()}
        if part is problem:
            values["rank"] = float(samples.sizes["eigen"])
            values["resolved_share_min"] = float(samples["resolved_share"].min())
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def serve_gauss_newton_measures(problem: Problem, *, memory_limit: float = inf) -> None:
    """Do the part of a process that is not the first in its `gauss_newton_measures`.

    All processes are given the same problem and limit. Raises as `gauss_newton_measures`.
    """
    for _, part in _as_trained_and_scaled(problem):
        serve_gauss_newton(part, memory_limit=memory_limit)


def _as_trained_and_scaled(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """Yield the problem, and at one confidence where its logits can be scaled, with endings."""
    yield "", problem
    if (scaled := with_confidence(problem.network, problem.x)) is not None:
        yield AT_EQUAL_CONFIDENCE, replace(problem, network=scaled)
