"""Tables against numbers worked out by hand."""

import math

import pandas as pd
import pytest

from hessian_boundary.tables.formats import latex
from hessian_boundary.tables.notes import footnotes
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.tables.text import display, display_comparison
from hessian_boundary.wording.labels import TABULATED

NAN = float("nan")


def tidy(runs: dict[tuple[str, str], list[tuple[str, float]]]) -> pd.DataFrame:
    """Rows of (data set, training) -> one (status, value) per seed, the same for all measures."""
    return pd.DataFrame(
        {
            "dataset": dataset,
            "training": training,
            "seed": seed,
            "status": status,
            "measure": measure,
            "value": value,
        }
        for (dataset, training), results in runs.items()
        for seed, (status, value) in enumerate(results)
        for measure in TABULATED
    )


MEASURES = tidy(
    {
        ("circle", "normal"): [("fitted", 1.0), ("fitted", 2.0), ("fitted", 6.0)],
        ("circle", "large_norm"): [
            ("not fitted", 2.0),
            ("diverged", float("nan")),
            ("fitted", 3.0),
        ],
    }
)
ROWS = {"circle": ["large_norm", "normal"]}


def test_mean_and_sample_deviation() -> None:
    summary = summarise(MEASURES, ROWS).set_index("training")
    assert summary.loc["normal", "trace"] == 3.0
    # (4 + 1 + 9) / (3 − 1) = 7
    assert summary.loc["normal", "trace_std"] == pytest.approx(math.sqrt(7))


def test_a_measure_that_is_only_bounded_is_shown_as_at_least_the_mean_of_the_bounds() -> None:
    whole = display(summarise(MEASURES, ROWS))
    unknown = (MEASURES["training"] == "normal") & (MEASURES["measure"] == "g_theta_max")
    bounds = MEASURES[unknown].assign(measure="g_theta_max_at_least")
    partial = MEASURES.assign(value=MEASURES["value"].mask(unknown))
    summary = summarise(pd.concat([partial, bounds]), ROWS)
    # (1 + 2 + 6) / 3
    assert summary.set_index("training").loc["normal", "g_theta_max_at_least"] == 3
    shown = display(summary)
    cells = shown[TABULATED["g_theta_max"]]
    assert cells.to_list() == ["**2.50 ± 0.71**", "≥ 3"]
    others = [name for name in whole if name != TABULATED["g_theta_max"]]
    pd.testing.assert_frame_equal(shown[others], whole[others])
    assert not [name for name in summarise(MEASURES, ROWS) if name.endswith("at_least")]
    assert r"$\geq$ 3" in latex(shown, [])
    said = "≥ and [low, high] are bounds: of those models only part of the spectrum was computed."
    assert said in footnotes(summary, "")
    assert said not in footnotes(summarise(MEASURES, ROWS), "")


def test_one_run_that_is_only_bounded_makes_an_interval_of_the_row() -> None:
    """The runs are 1, 2 and 6; of the first only 0.5 … 4 is known."""
    normal = (MEASURES["training"] == "normal") & (MEASURES["measure"] == "g_theta_max")
    first = normal & (MEASURES["value"] == 1)
    ends = [
        MEASURES[first].assign(measure=f"g_theta_max_{end}", value=value)
        for end, value in (("at_least", 0.5), ("at_most", 4.0))
    ]
    partial = MEASURES.assign(value=MEASURES["value"].mask(first))
    summary = summarise(pd.concat([partial, *ends]), ROWS)
    # (0.5 + 2 + 6) / 3 and (4 + 2 + 6) / 3
    assert display(summary)[TABULATED["g_theta_max"]].to_list()[1] == "[2.833, 4]"


def test_diverged_runs_are_counted_and_left_out_and_unfitted_ones_are_kept() -> None:
    row = summarise(MEASURES, ROWS).set_index("training").loc["large_norm"]
    assert (row["runs"], row["diverged"], row["not_fitted"]) == (3, 1, 1)
    assert row["trace"] == 2.5
    notes = "\n".join(footnotes(summarise(MEASURES, ROWS), "quick profile: 3 seeds"))
    assert "circle/large_norm: 1 of 3 runs did not reach 100 % training accuracy" in notes
    assert "circle/large_norm: 1 of 3 runs diverged" in notes
    assert "quick profile: 3 seeds" in notes


def test_of_the_worst_run_that_counts_it_is_said_how_much_it_gets_wrong() -> None:
    errors = MEASURES.copy()
    errors.loc[errors["measure"] == "train_error", "value"] = [0.0, 0.01, 0.02, 0.655, NAN, 0.1]
    summary = summarise(errors, ROWS)
    assert summary["worst_train_error"].tolist() == [0.655, 0.02]
    (note,) = [text for text in footnotes(summary, "") if text.startswith("†")]
    assert "training accuracy (of the worst 65.5 % of the samples are wrong); they are" in note


def test_rows_keep_the_order_of_the_configuration_and_the_lowest_is_bold() -> None:
    shown = display(summarise(MEASURES, ROWS))
    assert list(shown["Training"]) == ["large norm †‡", "normal"]
    trace = shown[TABULATED["trace"]]
    assert trace[0] == "**2.50 ± 0.71**"
    assert trace[1] == "3.0 ± 2.6"


def test_a_row_without_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="expected measures of circle/adversarial, found none"):
        summarise(MEASURES, {"circle": ["adversarial"]})


def test_difference_in_combined_deviations() -> None:
    published = pd.DataFrame(
        {"dataset": ["circle"], "training": ["normal"]}
        | {f"{c}{s}": [v] for c in ("g_theta", "trace", "lambda_max", "norm")
           for s, v in (("", 9.0), ("_std", 3.0))}
    )  # fmt: skip
    comparison = compare_with_published(summarise(MEASURES, ROWS), published)
    assert list(comparison["training"].unique()) == ["normal"]
    # (3 − 9) / sqrt(7 + 9) = −1.5
    assert comparison["difference"].tolist() == pytest.approx([-1.5] * 4)
    assert display_comparison(comparison)["Difference / σ"].tolist() == ["-1.5"] * 4


def test_a_published_deviation_of_zero_gives_no_difference() -> None:
    published = pd.DataFrame(
        {"dataset": ["circle"], "training": ["normal"]}
        | {f"{c}{s}": [v] for c in ("g_theta", "trace", "lambda_max", "norm")
           for s, v in (("", 9.0), ("_std", 0.0))}
    )  # fmt: skip
    comparison = compare_with_published(summarise(MEASURES, ROWS), published)
    assert comparison["difference"].isna().all()
    # a column of nothing is left out; of some differences the others are "–"
    assert "Difference / σ" not in display_comparison(comparison)
    comparison.loc[0, "difference"] = -1.25
    assert display_comparison(comparison)["Difference / σ"].tolist()[:2] == ["-1.2", "–"]


def test_of_one_run_there_is_no_deviation() -> None:
    single = MEASURES[MEASURES["seed"] == MEASURES["seed"].min()]
    summary = summarise(single, ROWS)
    assert not display(summary).map(lambda cell: "±" in str(cell)).any(axis=None)
    assert footnotes(summary, "")[0].startswith("One run of each training; the lowest")
    assert display(summarise(MEASURES, ROWS)).map(lambda cell: "±" in str(cell)).any(axis=None)
