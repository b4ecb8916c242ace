"""How often a measure errs about which of two models is better, environment by environment.

An average hides where a measure fails. Source: Dziugaite, Drouin, Neal, Rajkumar, Caballero, Wang,
Mitliagkas & Roy (2020), In search of robust measures of generalization, NeurIPS.
"""

import numpy as np

from hessian_boundary.statistics.knob_pairs import Pairs

DEVIATIONS = 2.0  # of a difference of errors, within which it may be noise
FEWEST = 3  # pairs that are told apart, for an environment to say something
SUMMARY = ("median", "90", "worst")


def error_deviation(error: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return the standard deviation (model,) of errors k / n, √(q (1 − q) / (n + 4)).

    q = (k + 2) / (n + 4), since no error among few samples does not mean no deviation. Source:
    Agresti & Coull (1998), Am. Stat. 52, 119.
    """
    smoothed = (error * samples + 2) / (samples + 4)
    return np.sqrt(smoothed * (1 - smoothed) / (samples + 4))


def told_apart(error: np.ndarray, deviation: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return 1 for pairs (pair,) whose errors differ by more than Monte-Carlo noise, else 0.

    `deviation` (model,) is the standard deviation of each error; noise is up to two standard
    deviations of a difference, √(s_i² + s_j²).
    """
    differences = np.abs(error[pairs.first] - error[pairs.second])
    noise = np.hypot(deviation[pairs.first], deviation[pairs.second])
    return (differences > DEVIATIONS * noise).astype(float)


def sign_errors(agreements: np.ndarray, weights: np.ndarray, environment: np.ndarray) -> np.ndarray:
    """Return the weighted share of pairs that a measure orders wrong, (line, environment).

    `agreements` (line, pair) are those of `granulated.agreement`: a tie counts half. `environment`
    (pair,) numbers that of each pair; one with fewer than three pairs of weight is left out.
    """
    wrong = (1 - np.atleast_2d(agreements)) / 2
    member = np.equal.outer(environment, np.unique(environment)) * weights[:, None]
    sizes = member.sum(axis=0)
    enough = sizes >= FEWEST
    return wrong @ member[:, enough] / sizes[enough]


def summarised(errors: np.ndarray) -> dict[str, np.ndarray]:
    """Return median, 90th percentile and largest (line,) of errors (line, environment).

    The percentile is the smallest error that nine in ten of the environments do not exceed.
    """
    if not errors.shape[-1]:
        return dict.fromkeys(SUMMARY, np.full(len(errors), np.nan))
    median = np.median(errors, axis=-1)
    most, worst = np.quantile(errors, [0.9, 1.0], axis=-1, method="inverted_cdf")
    return dict(zip(SUMMARY, (median, most, worst), strict=True))
