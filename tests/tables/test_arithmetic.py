"""Table 1 in the authors' arithmetic, from made-up numbers."""

import math

import pandas as pd
import pytest

from hessian_boundary.tables.arithmetic import (
    ARITHMETICS,
    arithmetic_notes,
    compare_arithmetics,
    display_arithmetics,
)

OURS, UNCUT, CUT = ARITHMETICS
PUBLISHED = pd.DataFrame(
    [["gaussian", "normal", 0.05, 0.003], ["gaussian", "adversarial", 0.2, 0.0]],
    columns=["dataset", "training", "g_theta", "g_theta_std"],
)
ROWS = {"gaussian": ["normal", "adversarial"], "circle": ["normal"]}


def _measures() -> pd.DataFrame:
    """Two seeds; all numbers of a run are a multiple of the first."""
    lines = [
        (dataset, training, seed, "fitted", name, size * factor * (1 + 0.16 * seed))
        for (dataset, training), size in {
            ("gaussian", "normal"): 0.05,
            ("gaussian", "adversarial"): 0.1,
            ("circle", "normal"): 0.04,
        }.items()
        for name, factor in ((OURS, 1), (UNCUT, 2), (CUT, 0.5))
        for seed in (0, 1)
    ]
    return pd.DataFrame(
        lines, columns=["dataset", "training", "seed", "status", "measure", "value"]
    )


def test_each_arithmetic_stands_beside_the_published_number() -> None:
    table = compare_arithmetics(_measures(), ROWS, PUBLISHED)
    assert len(table) == 3 * 3
    first = table.iloc[0]
    assert (first["measure"], first["runs"], first["published"]) == (OURS, 2, 0.05)
    std = 0.05 * 0.16 / math.sqrt(2)
    assert first["mean"] == pytest.approx(0.054)
    assert first["std"] == pytest.approx(std)
    assert first["difference"] == pytest.approx(0.004 / math.hypot(std, 0.003))
    adversarial = table[table["training"] == "adversarial"]
    assert adversarial["mean"].tolist() == pytest.approx([0.108, 0.216, 0.054])
    assert adversarial["difference"].isna().all()  # the published deviation says nothing
    assert table[table["dataset"] == "circle"][["published", "difference"]].isna().all(axis=None)


def test_the_text_has_a_line_per_row_and_says_what_comes_nearest() -> None:
    table = compare_arithmetics(_measures(), ROWS, PUBLISHED)
    shown = display_arithmetics(table)
    assert list(shown) == ["Data set", "Training", "published", *ARITHMETICS.values()]
    assert shown["Training"].tolist() == ["normal", "adversarial", "normal"]
    assert "(+0.6 σ)" in shown[ARITHMETICS[OURS]][0]
    assert "σ" not in shown[ARITHMETICS[OURS]][1]
    # from 0.05 and 0.2: ours 8 % and 46 %, float32 116 % and 8 %, cut 46 % and 73 %
    *_, nearest = arithmetic_notes(table)
    assert nearest == (
        "Median distance from the published mean: ours (float64) 27%; float32 62%; "
        "float32, short gradients cut 60%."
    )
    assert len(arithmetic_notes(table.assign(published=math.nan))) == 2


def test_a_run_that_diverged_is_marked_and_one_that_is_missing_refused() -> None:
    measures = _measures()
    lost = (measures["training"] == "adversarial") & (measures["seed"] == 1)
    measures.loc[lost, "status"] = "diverged"
    table = compare_arithmetics(measures, ROWS, PUBLISHED)
    assert display_arithmetics(table)["Training"][1] == "adversarial ‡"
    with pytest.raises(ValueError, match="expected measures of circle/large_norm, found none"):
        compare_arithmetics(measures, {"circle": ["large_norm"]}, PUBLISHED)
