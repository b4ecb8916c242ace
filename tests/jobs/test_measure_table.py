"""The tidy form of measures, and which runs are marked."""

import pytest

from hessian_study.jobs.measure_table import measure_table, run_status

ABOUT = {"dataset": "circle", "training": "normal", "seed": "3"}


def test_a_row_per_measure() -> None:
    table = measure_table(ABOUT, {"status": "fitted", "presumes_fit": True}, {"a": 1.5, "b": 2})
    assert list(table) == ["dataset", "training", "seed", "status", "measure", "value"]
    assert table.values.tolist() == [
        ["circle", "normal", "3", "fitted", "a", 1.5],
        ["circle", "normal", "3", "fitted", "b", 2.0],
    ]
    assert list(measure_table(ABOUT, {"status": "diverged"}, {})) == list(table)


@pytest.mark.parametrize(
    ("status", "presumes_fit", "shown"),
    [
        ("fitted", True, "fitted"), ("fitted", False, "fitted"),
        ("not fitted", True, "not fitted"), ("not fitted", False, "trained"),
        ("diverged", True, "diverged"), ("diverged", False, "diverged"),
    ],
)  # fmt: skip
def test_only_runs_that_were_expected_to_fit_are_marked(status, presumes_fit, shown) -> None:
    assert run_status({"status": status, "presumes_fit": presumes_fit}) == shown
