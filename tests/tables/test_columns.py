"""Tables with columns of one's own, against numbers worked out by hand."""

import math

import pandas as pd
import pytest

from hessian_boundary.tables.columns import display_columns, notes_of_columns, summarise_columns
from hessian_boundary.tables.formats import latex
from hessian_boundary.wording.numbers import setting

NAN = float("nan")
ROWS = [("circle", "rates,width=8"), ("circle", "rates,width=64")]
SETTINGS = {"architecture.width": [8, 64], "architecture.hidden": [[8], None]}
COLUMNS = ["architecture.width", "trace", "architecture.hidden", "test_error"]


def measures(*statuses: str) -> pd.DataFrame:
    """Of each row two seeds; trace is 1 and 3, then 2 and 5; there are no test samples."""
    traces = {ROWS[0]: (1.0, 3.0), ROWS[1]: (2.0, 5.0)}
    return pd.DataFrame(
        {
            "dataset": dataset,
            "training": training,
            "seed": seed,
            "status": (statuses or ("fitted",) * 2)[seed],
            "measure": measure,
            "value": value if measure == "trace" else NAN,
        }
        for (dataset, training), values in traces.items()
        for seed, value in enumerate(values)
        for measure in ("trace", "test_error")
    )


def test_settings_stand_beside_means_in_the_order_of_the_rows() -> None:
    summary = summarise_columns(measures(), ROWS[::-1], COLUMNS, {
        name: values[::-1] for name, values in SETTINGS.items()
    })  # fmt: skip
    assert list(summary["training"]) == ["rates,width=64", "rates,width=8"]
    assert list(summary["architecture.width"]) == [64, 8]
    assert summary["architecture.hidden"].isna().tolist() == [True, False]
    assert summary["architecture.hidden"][1] == "[8]"
    assert list(summary["trace"]) == [3.5, 2.0]
    assert summary["trace_std"].tolist() == pytest.approx([3 / math.sqrt(2), math.sqrt(2)])
    assert summary["test_error"].isna().all()


def test_it_is_shown_as_text_and_says_the_same_after_it_was_saved(tmp_path) -> None:
    summary = summarise_columns(measures(), ROWS, COLUMNS, SETTINGS)
    summary.to_csv(tmp_path / "a.csv", index=False)
    for table in (summary, pd.read_csv(tmp_path / "a.csv")):
        shown, labels = display_columns(table, COLUMNS)
        assert (list(shown), labels) == (["width", "trace(H)", "hidden", "test error"], 1)
        assert shown.values.tolist() == [
            ["8", "2.0 ± 1.4", "[8]", "–"],
            ["64", "3.5 ± 2.1", "–", "–"],
        ]
    assert "2.0 $\\pm$ 1.4" in latex(shown, notes_of_columns(summary, ""))


def test_names_stand_there_where_settings_do_not_tell_rows_apart() -> None:
    summary = summarise_columns(measures("fitted", "not fitted"), ROWS, ["trace"], {})
    shown, labels = display_columns(summary, ["trace"])
    assert (list(shown), labels) == (["Training", "trace(H)"], 1)
    assert shown["Training"].tolist() == ["rates, width = 8 †", "rates, width = 64 †"]
    assert notes_of_columns(summary, "quick profile")[:3] == [
        "Mean ± sample standard deviation over runs.",
        "Not the full study: quick profile.",
        "† circle, rates, width = 8: 1 of 2 runs did not reach 100 % training accuracy; they are "
        "part of the average.",
    ]
    other = measures().replace({"dataset": {"circle": "iris"}})
    both = pd.concat([measures(), other])
    summary = summarise_columns(
        both, [ROWS[0], ("iris", ROWS[0][1])], ["k", "trace"], {"k": [1, 1]}
    )
    assert list(display_columns(summary, ["k", "trace"])[0]) == ["Data set", "k", "trace(H)"]
    assert display_columns(summary, ["k", "trace"])[1] == 2


def test_diverged_runs_are_left_out_and_marked() -> None:
    summary = summarise_columns(measures("fitted", "diverged"), ROWS, COLUMNS, SETTINGS)
    assert list(summary["trace"]) == [1.0, 2.0]
    assert display_columns(summary, COLUMNS)[0]["width"].tolist() == ["8 ‡", "64 ‡"]


def test_a_measure_that_not_every_run_has_is_said_to_be_of_fewer() -> None:
    table = measures()
    table.loc[(table["training"] == ROWS[1][1]) & (table["seed"] == 1), "value"] = NAN
    summary = summarise_columns(table, ROWS, COLUMNS, SETTINGS)
    assert list(summary["trace"]) == [2.0, 2.0]
    assert summary["trace_known_runs"].isna().tolist() == [True, False]
    (note,) = notes_of_columns(summary, "")[1:]
    assert note.endswith("width = 64: trace(H) is of 1 of 2 runs; of the others there is none.")
    diverged = summarise_columns(measures("fitted", "diverged"), ROWS, COLUMNS, SETTINGS)
    assert "trace_known_runs" not in diverged  # ‡ says it


def test_a_setting_may_be_called_like_a_column_that_is_there_anyway() -> None:
    summary = summarise_columns(measures(), ROWS, ["training"], {"training": ["./a.py", "./b.py"]})
    assert list(summary["setting.training"]) == ["./a.py", "./b.py"]
    assert display_columns(summary, ["training"])[0]["training"].tolist() == ["./a.py", "./b.py"]


def test_what_no_run_has_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"measure 'trce' of some run, found \['test_error', 'trac"
    ):
        summarise_columns(measures(), ROWS, ["trce"], {})
    with pytest.raises(ValueError, match="expected measures of iris/a, found none"):
        summarise_columns(measures(), [("iris", "a")], ["trace"], {})


@pytest.mark.parametrize(
    ("value", "text"),
    [(8, "8"), (8.0, "8"), (1e-05, "1e-05"), (0.1 + 0.2, "0.3"), (True, "true"), (None, "–"),
     (NAN, "–"), ("cross_entropy", "cross entropy"), ("[8, 8]", "[8, 8]")],
)  # fmt: skip
def test_settings_are_written_as_they_were_given(value, text) -> None:
    assert setting(value) == text
