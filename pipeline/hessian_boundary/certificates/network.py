"""Is the network a function of each sample for itself, and always the same one?"""

import torch
from torch import Tensor

from hessian_boundary.certificates.certificate import (
    TOLERANCE,
    Certificate,
    CertificateError,
    certify,
    spread,
    worst,
)
from hessian_boundary.networks.problem import Problem

BATCH, ALONE = 32, 4  # samples that are evaluated together, and of these, one by one


def certify_network(problem: Problem) -> list[Certificate]:
    """Check that f draws nothing and that samples do not see each other.

    f(x) is taken twice with different states of the random number generators, and
    f(x)[s] is compared with f(x[s:s+1]): else there are no per-sample gradients.

    Raises CertificateError when one of it does not hold, or when logits are not finite.
    """
    x = problem.x[spread(problem.samples, BATCH)]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        together = problem.network(x.clone())
        torch.manual_seed(2)
        again = problem.network(x.clone())
    if not torch.isfinite(together).all():
        raise CertificateError(
            "check of the network failed: expected finite logits, found NaN or infinity; the "
            "parameters or inputs are not finite, or so large that they overflow"
        )
    scale = float(together.abs().max().clamp(min=1e-300))
    tolerance = TOLERANCE[problem.dtype]
    repeated = certify(
        "f(x) taken twice",
        float((again - together).abs().max()) / scale,
        tolerance,
        "the same logits",
        "others at the second time",
        "the network draws random numbers or counts in eval mode (dropout without "
        "`training=self.training`, noise, a counter): switch that off in eval mode",
    )
    chosen = spread(len(x), ALONE)
    separate = certify(
        "samples alone and together",
        _difference_alone(problem, x, together, chosen) / scale,
        tolerance,
        "the logits of a sample not to depend on the other samples of its batch",
        "other logits for a sample that is alone",
        "a part mixes samples (a mean over the batch, batch normalisation without running "
        "statistics): there is no gradient of one sample; use running statistics or LayerNorm",
    )
    return [repeated, separate]


def _difference_alone(problem: Problem, x: Tensor, together: Tensor, chosen: list[int]) -> float:
    differences = []
    for sample in chosen:
        try:
            with torch.no_grad():
                alone = problem.network(x[sample : sample + 1].clone())
        except Exception as error:
            raise CertificateError(
                "check of samples alone and together failed: expected the network to evaluate one "
                f"sample, found {type(error).__name__}: {error}; a part needs several samples "
                "(batch normalisation without running statistics): use one that does not"
            ) from error
        if alone.shape != (1, problem.classes):
            raise CertificateError(
                "check of samples alone and together failed: expected logits of shape "
                f"(1, {problem.classes}) for one sample, found {tuple(alone.shape)}; keep the "
                "dimension of samples (do not `squeeze` it)"
            )
        differences.append(float((alone[0] - together[sample]).abs().max()))
    return worst(differences)
