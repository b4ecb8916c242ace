"""An adversarial start against normal training, from values set here."""

import math

import pandas as pd
import pytest

from hessian_boundary.report.comparisons.contrast import contrasts


def _values(values: dict[tuple[str, str], dict[int, float]]) -> pd.Series:
    rows = [(*key, seed, value) for key, seeds in values.items() for seed, value in seeds.items()]
    frame = pd.DataFrame(rows, columns=["dataset", "training", "seed", "value"])
    return frame.set_index(["dataset", "training", "seed"])["value"]


def test_runs_of_one_seed_belong_together() -> None:
    (found,) = contrasts(
        _values({
            ("moons", "adversarial"): {2: 4.0, 0: 3.0, 1: 1.0},
            ("moons", "normal"): {0: 2.0, 1: 3.0, 2: 1.0, 3: 100.0},
            ("moons", "large_norm"): {0: 1.0},
        })
    )  # fmt: skip
    assert found.dataset == "moons"
    assert found.runs_higher == 2
    assert found.factor == pytest.approx(8 / 6)
    # both means over seeds 0, 1, 2: (8 − 6)/3 over √(7/3 + 1)
    assert found.apart == pytest.approx(2 / 3 / math.sqrt(7 / 3 + 1))


def test_a_single_run_has_no_spread() -> None:
    (found,) = contrasts(_values({("a", "normal"): {0: 1.0}, ("a", "adversarial"): {0: 2.0}}))
    assert math.isnan(found.apart)
    assert (found.factor, found.runs_higher) == (2.0, 1)


def test_data_sets_without_a_seed_of_both_are_left_out() -> None:
    values = _values({
        ("b", "normal"): {0: 1.0}, ("b", "adversarial"): {1: 2.0},
        ("c", "normal"): {0: 1.0},
        ("d", "normal"): {0: 1.0}, ("d", "adversarial"): {0: math.nan},
        ("a", "normal"): {0: 1.0}, ("a", "adversarial"): {0: 2.0},
    })  # fmt: skip
    assert [found.dataset for found in contrasts(values)] == ["a"]
    assert list(contrasts(values[:0])) == []
