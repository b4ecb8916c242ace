"""Are network and loss functions of each sample for itself, and the network always the same one?"""

from collections.abc import Sequence

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
AT_ONCE = 256  # samples at a time where all are evaluated


def certify_network(problem: Problem) -> list[Certificate]:
    """Check that f draws nothing and that samples do not see each other, in f or in the loss.

    f(x) is taken twice with different states of the random number generators, and
    f(x)[s] is compared with f(x[s:s+1]): else there are no per-sample gradients.

    Raises CertificateError when one of it does not hold, or when logits are not finite.
    """
    some = spread(problem.samples, BATCH)
    x, labels = problem.x[some], problem.y[some]
    together, again = (_logits(problem, x, seed) for seed in (1, 2))
    _check_finite(together, x, some)
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
    return [repeated, separate, certify_loss_of_samples(problem, together, labels)]


def _logits(problem: Problem, x: Tensor, seed: int) -> Tensor:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        return problem.network(x.clone()).detach()


def check_finite(problem: Problem) -> None:
    """Check that the logits of every sample are finite: of many, `certify_network` sees some.

    Raises CertificateError where they are not, with the first such sample.
    """
    done = 0
    for x, _ in problem.batches(AT_ONCE):
        with torch.no_grad():
            logits = problem.network(x.clone()).detach()
        _check_finite(logits, x, range(done, done + len(x)))
        done += len(x)


def _check_finite(logits: Tensor, x: Tensor, samples: Sequence[int]) -> None:
    bad = ~logits.isfinite().all(1)
    if not bad.any():
        return
    first = int(bad.nonzero()[0])
    cause = "the parameters are not finite, or so large that they overflow"
    if x.is_floating_point() and not x[first].isfinite().all():
        cause = "x has NaN or infinity in it: leave such samples out, or fill them in"
    raise CertificateError(
        f"check of the network failed: expected finite logits, found NaN or infinity at sample "
        f"{samples[first]}; {cause}"
    )


def certify_loss_of_samples(problem: Problem, logits: Tensor, labels: Tensor) -> Certificate:
    """Check that ℓ(f, y)[s] is ℓ(f[s:s+1], y[s:s+1]) for logits (m, C) and labels (m,).

    Raises CertificateError where the loss of a sample depends on the others of its batch.
    """
    rows = zip(logits, labels, strict=True)
    with torch.no_grad():
        together = problem.loss(logits, labels)
        alone = torch.cat([problem.loss(row[None], label[None]) for row, label in rows])
    scale = float(together.abs().max().clamp(min=1e-300))
    return certify(
        "losses alone and together",
        float((alone - together).abs().max()) / scale,
        TOLERANCE[problem.dtype],
        "the loss of a sample not to depend on the other samples of its batch",
        "another loss for a sample that is alone",
        "divide by constants, such as the weights' mean over all samples, not by what the batch "
        "holds, and choose no samples by their loss",
    )


def _difference_alone(problem: Problem, x: Tensor, together: Tensor, chosen: list[int]) -> float:
    differences = []
    for sample in chosen:
        try:
            with torch.no_grad():
                alone = problem.network(x[sample : sample + 1].clone()).detach()
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
