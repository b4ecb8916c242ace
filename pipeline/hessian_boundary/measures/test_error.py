"""How often a network errs on samples that it was not trained on."""

from collections.abc import Iterable

from scipy.stats import binomtest
from torch import Tensor, nn

from hessian_boundary.networks.evaluation import hits

LEVEL = 0.95


def error_on_samples(module: nn.Module, parts: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Return the share of samples that a network in eval mode predicts wrong, and how sure it is.

    `parts` are x (n, feature…) and true labels y (n,), one after the other, so that memory does not
    grow with their number. Returns test_error, k / n; test_error_standard_error, the binomial
    √(e (1 − e) / n); test_error_low and test_error_high, the 95 % interval of Wilson (1927, J. Am.
    Stat. Assoc. 22, 209), which holds for few samples and for no error, too; and test_samples, n.
    Where there is no sample test_error is NaN, and nothing else is returned.
    """
    wrong = samples = 0
    for x, y in parts:
        wrong += len(y) - hits(module, x, y)
        samples += len(y)
    if not samples:
        return {"test_error": float("nan")}
    error = wrong / samples
    interval = binomtest(wrong, samples).proportion_ci(LEVEL, method="wilson")
    return {
        "test_error": error,
        "test_error_standard_error": (error * (1 - error) / samples) ** 0.5,
        "test_error_low": float(interval.low),
        "test_error_high": float(interval.high),
        "test_samples": float(samples),
    }
