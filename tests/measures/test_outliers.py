"""Counts of outliers: by hand, and spectra that are too small or have none."""

import math

import numpy as np
import pytest

from hessian_boundary.measures.outliers import CERTAIN_GAP, RULES, count_outliers, outlier_measures


def test_gap_worked_by_hand():
    """log λ = 10, 9, 4, 3, 2, 1, 0: at most 3 count.

    s_1 = 1 / mean(9, 4, 3, 2, 1), s_2 = 5 / mean(4, 3, 2, 1), s_3 = 1 / mean(3, 2, 1)
    """
    found = count_outliers(np.exp([3.0, 10, 1, 9, 0, 4, 2]), "gap")
    assert found.count == found.high == 2
    assert found.low == 0  # as 2 < log 21
    assert found.clarity == pytest.approx(2 / 0.5)
    assert found.threshold == pytest.approx(math.exp((9 + 4) / 2))


def gap_count(eigenvalues: np.ndarray, window: int, required: float) -> int:
    """The rule as its docstring has it, sum by sum."""
    values = sorted((float(value) for value in eigenvalues if value > 0), reverse=True)
    best, count = required, 0
    for m in range(1, min(20, (len(values) - 1) // 2) + 1):
        length = min(window, len(values) - m - 1)  # λ_{m+length+1} is the last there is
        decay = sum(math.log(values[m + i - 1] / values[m + length]) for i in range(1, length + 1))
        score = math.log(values[m - 1] / values[m]) / (decay / length)
        if score >= best:
            best, count = score, m
    return count


def test_gap_and_its_ends_are_those_of_three_windows():
    seen = set()
    for seed in range(40):
        draw = np.random.default_rng(seed)
        eigenvalues = draw.pareto(1, 200) + 1
        eigenvalues[:3] *= draw.uniform(2, 60)
        found = count_outliers(draw.permutation([*eigenvalues, *-draw.random(50)]), "gap")
        counts = [gap_count(eigenvalues, window, 1) for window in (25, 50, 100)]
        counts.append(gap_count(eigenvalues, 50, CERTAIN_GAP))
        assert (found.low, found.count, found.high) == (min(counts), counts[1], max(counts))
        seen.add((counts[0] == counts[1], counts[1] == counts[2], counts[1] == counts[3]))
    assert len(seen) > 4, "the windows differ in some of these spectra"


def test_one_gap_of_three_positive_eigenvalues_may_count():
    found = count_outliers(np.array([100.0, 1.1, 1.0, -5.0]), "gap")
    assert (found.low, found.count, found.high) == (1, 1, 1)
    assert count_outliers(np.array([100.0, 1.0, -5.0]), "gap").count == 0


def test_edge_worked_by_hand():
    """|λ_min| = 1: 4 eigenvalues above 1, 3 above 1.25, 2 above 2; 3 is not the widest gap."""
    eigenvalues = np.array([9.0, -0.5, 1.1, 0.2, 1.5, -1.0, 3.0, 0.1])
    found = count_outliers(eigenvalues, "edge")
    assert (found.low, found.count, found.high) == (2, 3, 4)
    assert found.threshold == 1.25
    logarithms = np.log([9.0, 3.0, 1.5, 1.1, 0.2, 0.1])
    scores = [
        (logarithms[m - 1] - logarithms[m]) / (logarithms[m:5] - logarithms[5]).mean()
        for m in range(1, 5)
    ]
    assert found.clarity == pytest.approx(scores[2] / scores[3])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("eigenvalues", [[], [0.0], [0.0] * 50, [-2.0, -1.0]])
def test_without_positive_eigenvalues_there_is_none(rule, eigenvalues):
    found = count_outliers(np.array(eigenvalues), rule)
    assert found.count == found.low == found.high == 0
    assert math.isnan(found.clarity)


@pytest.mark.parametrize("eigenvalues", [[3.0], [3.0, 1.0], [3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 1.0]])
def test_too_few_or_equal_eigenvalues_have_no_gap(eigenvalues):
    found = count_outliers(np.array(eigenvalues), "gap")
    assert (found.count, found.low, found.high) == (0, 0, 0)
    assert math.isnan(found.threshold)


@pytest.mark.parametrize("positive", [[3.0], [3.0, 2.0]])
def test_edge_of_few_eigenvalues(positive):
    found = count_outliers(np.array([*positive, -1.0]), "edge")
    assert found.count == len(positive)
    assert math.isnan(found.clarity)


def test_a_single_gap_above_equal_eigenvalues_is_as_clear_as_can_be():
    found = count_outliers(np.array([2.0] + [0.25] * 40), "gap")
    assert (found.count, found.clarity) == (1, math.inf)


def test_certain_gap_is_the_level_of_five_percent():
    assert sum(math.exp(-m * CERTAIN_GAP) for m in range(1, 100)) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("eigenvalues", "rule", "message"),
    [
        (np.ones(3), "eye", "expected a rule among .*'gap', 'edge'.* found 'eye'"),
        (np.ones((2, 2)), "gap", r"expected a vector of finite eigenvalues, found shape \(2, 2\)"),
        (np.array([1.0, np.nan, np.inf]), "edge", r"found shape \(3,\) with 2 NaN or infinite"),
    ],
)
def test_what_cannot_be_counted(eigenvalues, rule, message):
    with pytest.raises(ValueError, match=message):
        count_outliers(eigenvalues, rule)


def test_measures_of_every_rule_with_its_interval():
    eigenvalues = np.array([10.0, 9.0, *np.geomspace(0.1, 0.001, 60), -0.05])
    measures = outlier_measures(eigenvalues)
    for rule in ("gap", "edge"):
        found = count_outliers(eigenvalues, rule)
        names = [f"outliers_{rule}{end}" for end in ("", "_low", "_high")]
        assert [measures.pop(name) for name in names] == [found.count, found.low, found.high]
    assert measures == {}


def test_of_a_partial_spectrum_only_what_lies_beyond_the_edge_is_known():
    whole = np.array([10.0, 9.0, 8.0, *np.geomspace(2.0, 0.001, 60), -1.0])
    part = whole[[0, 1, -1]]  # two of the outliers and the most negative eigenvalue
    measures = outlier_measures(part, complete=False)
    # by hand: 10 and 9 exceed 1.25; 8 and some of the bulk do too, but were not computed
    assert measures.pop("outliers_edge_at_least") == 2
    assert measures.pop("outliers_gap_at_least") == 0  # it compares with the bulk
    assert outlier_measures(whole)["outliers_edge"] >= 3
    assert set(measures) == set(outlier_measures(whole))
    assert all(np.isnan(value) for value in measures.values())
    without_lower_end = outlier_measures(part[:2], complete=False)
    assert without_lower_end["outliers_edge_at_least"] == 0
