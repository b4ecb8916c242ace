"""Counts of outliers on bulks of known form, and on random matrices."""

import math

import numpy as np
import pytest

from hessian_boundary.measures.outliers import RULES, count_outliers

SIZE = 400


def _semicircle() -> np.ndarray:
    """The 200 positive midpoint quantiles of Wigner's law on [-1, 1], from its closed form."""
    x = np.linspace(-1, 1, 400_001)
    distribution = 0.5 + (x * np.sqrt(1 - x**2) + np.arcsin(x)) / math.pi
    return np.interp((np.arange(SIZE // 2, SIZE) + 0.5) / SIZE, distribution, x)


def _marchenko_pastur() -> np.ndarray:
    """The eigenvalues of a sample covariance, aspect ratio 1/2."""
    data = np.random.default_rng(1).normal(size=(SIZE, 2 * SIZE))
    return np.linalg.eigvalsh(data @ data.T / (2 * SIZE))


RANKS = np.arange(1, SIZE + 1)


# eigenvalues of the bulk that are positive, and the factor by which the outliers exceed them
BULKS = {
    "power law": (1e-3 / RANKS, 30.0),
    "flat power law": (RANKS**-0.2, 3.0),
    "exponential": (np.exp(-0.02 * RANKS), 10.0),
    "Marchenko–Pastur": (_marchenko_pastur(), 3.0),
    "semicircle": (_semicircle(), 3.0),
    "equal": (np.full(SIZE, 0.25), 2.5),
}


def _planted(bulk: np.ndarray, factor: float, outliers: int, sides: int) -> np.ndarray:
    """Shuffle a bulk, mirrored to both `sides` of zero or not, with outliers 1.3 times apart."""
    planted = bulk.max() * factor * 1.3 ** np.arange(outliers)
    mirrored = -bulk if sides == 2 else np.empty(0)
    return np.random.default_rng(0).permutation(np.concatenate([bulk, mirrored, planted]))


@pytest.mark.parametrize("outliers", [1, 2, 5, 12])
@pytest.mark.parametrize("name", BULKS)
@pytest.mark.parametrize("rule", RULES)
def test_planted_outliers_are_counted_on_every_bulk(rule, name, outliers):
    bulk, factor = BULKS[name]
    eigenvalues = _planted(bulk, factor, outliers, sides=2)
    found = count_outliers(eigenvalues, rule)
    assert found.count == found.low == found.high == outliers
    assert (eigenvalues > found.threshold).sum() == outliers
    assert found.threshold > bulk.max()
    assert found.clarity > 1


@pytest.mark.parametrize("name", BULKS)
@pytest.mark.parametrize("rule", RULES)
def test_a_bulk_alone_has_no_outliers(rule, name):
    found = count_outliers(_planted(BULKS[name][0], 1, 0, sides=2), rule)
    assert found.count == found.low == found.high == 0
    assert math.isnan(found.clarity)


def test_one_sided_bulks_are_for_the_gap_rule_only():
    bulk, factor = BULKS["Marchenko–Pastur"]
    eigenvalues = _planted(bulk, factor, 3, sides=1)
    assert count_outliers(eigenvalues, "gap").count == 3
    # what LAPACK returns for a zero eigenvalue is not an edge
    for spectrum in (eigenvalues, np.append(eigenvalues, -1e-16)):
        edge = count_outliers(spectrum, "edge")
        assert all(math.isnan(value) for value in vars(edge).values())


@pytest.mark.parametrize("rule", RULES)
def test_random_matrices_with_spikes(rule):
    """A Wigner matrix of radius 1 plus a rank-3 matrix: outliers at θ + 1 / (4 θ) for θ > 1/2.

    Capitaine, Donati-Martin & Féral (2009), Ann. Probab. 37, 1. The spike of 0.4 stays hidden.
    """
    random = np.random.default_rng(7)
    noise = random.normal(size=(SIZE, SIZE))
    wigner = (noise + noise.T) / math.sqrt(8 * SIZE)
    directions = np.linalg.qr(random.normal(size=(SIZE, 4)))[0]
    spikes = np.array([6.0, 4.0, 3.0, 0.4])
    eigenvalues = np.linalg.eigvalsh(wigner + (directions * spikes) @ directions.T)
    found = count_outliers(eigenvalues, rule)
    assert found.count == found.low == 3
    # a random edge is beyond its own mirror image half the time
    assert found.high - 3 in ([0] if rule == "gap" else [0, 1])
    assert 1 < found.threshold < 3 + 1 / 12
    assert eigenvalues[-3] == pytest.approx(3 + 1 / 12, rel=0.05)


def test_independent_power_law_eigenvalues_are_flagged():
    """They leave gaps wide enough to count, which 93 of 100 times are not wide enough for `low`."""
    random = np.random.default_rng(3)
    found = [count_outliers(random.pareto(2, SIZE) + 1, "gap") for _ in range(300)]
    assert np.mean([spectrum.low > 0 for spectrum in found]) < 0.12
    assert np.mean([spectrum.count > 0 for spectrum in found]) > 0.4


def test_the_gap_rule_finds_outliers_in_bulks_that_have_none():
    """The rates that the docstring of `gap_rule` and the caveats of claims state."""
    for size in (200, SIZE, 1000):
        random = np.random.default_rng(0)
        found = [count_outliers(random.pareto(2, size) + 1, "gap") for _ in range(500)]
        counts, low = np.array([(each.count, each.low) for each in found]).T
        assert 0.53 < (counts > 0).mean() < 0.67  # standard error 0.022
        assert 0.17 < (counts >= 2).mean() < 0.31
        assert 0.02 < (low > 0).mean() < 0.12


def test_the_exponent_of_a_power_law_does_not_matter():
    """s_m is a ratio of differences of logarithms: a power of all eigenvalues leaves it alone."""
    bulk = np.random.default_rng(0).pareto(1, SIZE) + 1
    found = [count_outliers(bulk**power, "gap") for power in (0.2, 1, 2)]
    assert len({(each.count, each.low, each.high) for each in found}) == 1


def test_edge_is_never_below_the_eigenvalues_that_the_indefinite_part_cannot_explain():
    """H = G + F with F of paired eigenvalues ±σ: above λ_max(F) = σ_1 an eigenvalue needs G."""
    random = np.random.default_rng(5)
    explained = []
    for rank in (1, 4, 9):
        block = random.normal(size=(30, 50)) / 10
        indefinite = np.block([[np.zeros((30, 30)), block], [block.T, np.zeros((50, 50))]])
        factor = random.normal(size=(80, rank))
        eigenvalues = np.linalg.eigvalsh(factor @ factor.T + indefinite)
        exact = int((eigenvalues > np.linalg.svd(block)[1][0]).sum())
        assert count_outliers(eigenvalues, "edge").high >= exact
        explained.append(exact)
    assert explained == [1, 4, 9]


def test_clarity_tells_one_gap_from_two_of_the_same_width():
    bulk = np.exp(-0.01 * RANKS)
    single = count_outliers(np.append(bulk, math.e**2), "gap")
    double = count_outliers(np.append(bulk, [math.e, math.e**2]), "gap")
    assert single.clarity > 50
    assert 1 <= double.clarity < 1.6
    assert (single.count, double.count) == (1, 2)


@pytest.mark.parametrize("rule", RULES)
def test_units_order_and_null_space_do_not_matter(rule):
    eigenvalues = _planted(*BULKS["semicircle"], 4, sides=2)
    found = count_outliers(eigenvalues, rule)
    padded = np.concatenate([np.sort(eigenvalues), np.zeros(9000), [1e-17, -1e-17]])
    assert count_outliers(padded, rule) == found
    scaled = count_outliers(eigenvalues * 2.0**-40, rule)
    assert (scaled.count, scaled.low, scaled.high) == (found.count, found.low, found.high)
    assert scaled.threshold == pytest.approx(found.threshold * 2.0**-40)


@pytest.mark.parametrize("rule", RULES)
def test_equal_outliers_stay_together(rule):
    bulk = 0.98**RANKS
    assert count_outliers(np.concatenate([[5.0] * 3, bulk, -bulk]), rule).count == 3
