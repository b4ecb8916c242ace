"""The order of G_θ run by run, from values set here."""

import pandas as pd

from hessian_boundary.report.comparisons.order_over_seeds import order_over_seeds

DOUBLE, RESOLVED = "g_theta_max", "gauss_newton_g_theta_max"
CONTROL = f"{RESOLVED}_equal_confidence"


def _measures(values: dict[tuple[str, str, str], list[float]]) -> pd.DataFrame:
    rows = [
        (dataset, training, seed, "fitted", measure, value)
        for (dataset, training, measure), found in values.items()
        for seed, value in enumerate(found)
    ]
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_runs_of_the_same_seed_are_compared() -> None:
    found = order_over_seeds(
        _measures({
            ("circle", "normal", DOUBLE): [0.1, 0.2, 0.3],
            ("circle", "adversarial", DOUBLE): [0.2, 0.1, 0.4],
            ("circle", "normal", RESOLVED): [0.1, 0.2, 0.3],
            ("circle", "adversarial", RESOLVED): [0.5, 0.6, 0.7],
            ("circle", "large_norm", RESOLVED): [0.3, float("nan"), 0.5],
            ("circle", "normal", CONTROL): [0.3, 0.3, 0.3],
            ("circle", "adversarial", CONTROL): [0.2, 0.3, 0.4],
        })
    )  # fmt: skip
    assert found is not None
    assert found.table.columns[2:] == ("normal", "adversarial", "large norm", "higher", "apart")
    double, resolved, control = found.table.rows
    # 0.2333 − 0.2 over √(0.1² + 0.1528²); 0.4 over √(0.1² + 0.1²)
    assert double[2:] == ("0.20 ± 0.10", "0.23 ± 0.15", "–", "2 of 3", "+0.2")
    assert resolved[2:] == ("0.20 ± 0.10", "0.60 ± 0.10", "0.40 ± 0.14", "3 of 3", "+2.8")
    assert control[-2:] == ("1 of 3", "+0.0")
    first, second, _ = found.sentences
    assert "in 2 of 3 pairs of runs, and by more than one combined" in first
    assert "deviation in the mean on 0 of 1 data sets" in first
    assert "in 3 of 3 pairs of runs, and by more" in second
    assert "deviation in the mean on 1 of 1 data sets" in second


def test_a_single_run_has_no_spread() -> None:
    values = {(t, m): [v] for t, v in (("normal", 0.1), ("adversarial", 0.2))
              for m in (DOUBLE, RESOLVED, CONTROL)}  # fmt: skip
    found = order_over_seeds(_measures({("iris", *key): value for key, value in values.items()}))
    assert found is not None
    assert found.table.columns[-1] == "higher"  # nothing to be apart by
    assert [row[-1] for row in found.table.rows] == ["1 of 1"] * 3
    assert found.sentences[0].endswith("in 1 of 1 pairs of runs.")


def test_data_sets_without_both_are_left_out() -> None:
    one = {("mnist", training, DOUBLE): [0.1, 0.2] for training in ("normal", "adversarial")}
    assert order_over_seeds(_measures(one)) is None
    assert order_over_seeds(_measures({("mnist", "normal", DOUBLE): [0.1]})) is None
    both = {("circle", training, m): [0.1, 0.2] for training in ("normal", "adversarial")
            for m in (DOUBLE, RESOLVED, CONTROL)}  # fmt: skip
    found = order_over_seeds(_measures(one | both))
    assert found is not None
    assert {row[0] for row in found.table.rows} == {"circle"}
