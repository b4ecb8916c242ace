"""The test error beside G_θ: its interval, and trainings that err no more though presumed to."""

import pandas as pd
import pytest

from hessian_boundary.tables.notes import footnotes
from hessian_boundary.tables.summary import summarise
from hessian_boundary.tables.text import display

ROWS = {"gaussian": ["normal", "adversarial", "large_norm"], "iris": ["normal", "adversarial"]}
ERRORS = {("gaussian", "normal"): [0.01, 0.02], ("gaussian", "adversarial"): [0.02, 0.03],
          ("gaussian", "large_norm"): [0.01, 0.012], ("iris", "normal"): [0.1, 0.1],
          ("iris", "adversarial"): [0.2, 0.2]}  # fmt: skip


def measures(with_error: bool = True) -> pd.DataFrame:
    rows = [
        (dataset, training, seed, "fitted", name, value)
        for (dataset, training), errors in ERRORS.items()
        for seed, error in enumerate(errors)
        for name, value in (
            ("trace", 1.0),
            ("test_error", error), ("test_error_low", error - 0.002),
            ("test_error_high", error + 0.003), ("test_samples", 200_000),
        )
        if with_error or name == "trace"
    ]  # fmt: skip
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_the_interval_stands_beside_the_mean_over_runs() -> None:
    summary = summarise(measures(), ROWS)
    assert summary["test_error"].tolist() == pytest.approx([0.015, 0.025, 0.011, 0.1, 0.2])
    assert summary["test_error_low"].tolist() == pytest.approx([0.013, 0.023, 0.009, 0.098, 0.198])
    assert display(summary)["test error"][0] == "0.0150 ± 0.0071 [0.013, 0.018]"


def test_trainings_that_err_no_more_are_named() -> None:
    notes = footnotes(summarise(measures(), ROWS), "")
    (note,) = [text for text in notes if "presumes" in text]
    assert note == (
        "gaussian/large_norm: the published order presumes that it generalises worse than normal, "
        "and it does not: a test error of 0.011, against 0.015."
    )
    assert any("200,000 fresh samples" in text for text in notes)


def test_runs_that_did_not_fit_are_named_where_they_are_compared_with() -> None:
    table = measures()
    unfitted = (table["training"] == "normal") & (table["seed"] == 1)
    table.loc[unfitted, "status"] = "not fitted"
    (note,) = [text for text in footnotes(summarise(table, ROWS), "") if "presumes" in text]
    assert note.endswith("0.011, against 0.015, of which 1 of 2 runs did not fit.")


def test_where_it_was_not_measured_nothing_is_said() -> None:
    summary = summarise(measures(with_error=False), ROWS)
    assert set(display(summary)["test error"]) == {"–"}
    notes = footnotes(summary, "")
    assert not any("Test error" in text or "presumes" in text for text in notes)
