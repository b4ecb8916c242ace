"""The other sections of the report, each by hand."""

import pandas as pd
import pytest

from helpers.made_up_report import CORRELATIONS, ROWS, png, tidy_measures
from hessian_boundary.claims.claim_list import read_claims
from hessian_boundary.claims.claim_table import claim_table
from hessian_boundary.claims.numbers import collect
from hessian_boundary.report.sections.claims import claims_section
from hessian_boundary.report.sections.complexity import complexity_section
from hessian_boundary.report.sections.figures import figure_view
from hessian_boundary.report.sections.published import published_table, within_spread
from hessian_boundary.report.sections.run import run_section
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.wording.labels import TABULATED


def test_claims_without_outcomes_are_refused() -> None:
    entry = {"where": "S", "says": "s", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
    line = {
        "number": 2,
        "verdict": "partly",
        "check": "a < b",
        "runs": 1,
        "holds": True,
        "one_run": False,
    }
    table = pd.DataFrame([line])
    with pytest.raises(ValueError, match=r"expected outcomes of claim 1 \(S\), found none"):
        claims_section(read_claims([entry], ["fig01"]), table, {})


def test_a_correlation_is_of_all_trainings_and_of_no_run() -> None:
    checks = ["correlations:all:g_theta_max > 0", "circle/normal:g_theta_max > 0"]
    entry = {"where": "S", "says": "s", "figures": ["fig01"], "checks": checks}
    claims = read_claims([entry], ["fig01"])
    table = claim_table(claims, collect(tidy_measures(), {}, CORRELATIONS))
    (view,) = claims_section(claims, table, {}).claims
    assert [check.over_models for check in view.checks] == [True, False]


def test_a_figure_is_told_what_holds_on_its_own_data() -> None:
    checks = ["circle/normal:g_theta_max > 99", "gaussian/normal:g_theta_max > 0"]
    entry = {"where": "S", "says": "s", "figures": ["fig01"], "checks": checks}
    claims = read_claims([entry], ["fig01"])
    table = claim_table(claims, collect(tidy_measures(), {}, CORRELATIONS))
    (view,) = claims_section(claims, table, {}).claims
    assert "found circle/normal:g_theta_max = " in view.finding
    own = view.finding_of(["gaussian/adversarial"])
    assert "1 of 2 comparisons hold, 1 of 1 on the data drawn here; for instance gaussian" in own


def test_published_numbers_within_two_deviations_are_counted() -> None:
    summary = summarise(tidy_measures(), ROWS)
    published = summary[["dataset", "training"]].copy()
    for name, measure in [("g_theta", "g_theta_max"), ("trace", "trace"),
                          ("lambda_max", "lambda_max"), ("norm", "norm_published")]:  # fmt: skip
        published[name], published[f"{name}_std"] = summary[measure], 0.1
    published.loc[0, "trace"] += 100  # far away
    published.loc[1, "trace_std"] = 0  # no spread: not compared
    table = published_table("t", "T", "", summary, compare_with_published(summary, published))
    assert within_spread([table, table]) == (28, 30)
    assert "beyond" in table.comparison.rows[1][-1]
    assert table.comparison.rows[5][-1] == ""


def test_complexity_names_what_is_clearly_correlated_and_counts_outliers() -> None:
    experiments = [("circle", "normal"), ("gaussian", "normal"), ("iris", "normal")]
    section = complexity_section(CORRELATIONS, tidy_measures(), experiments, {"circle": 2})
    assert section.clear == (TABULATED["g_theta_max"], "outliers (edge)")
    assert section.unclear == ("length",)  # p is not small
    assert section.above == ("outliers (edge)",)
    assert (section.models, section.trainings) == (12, 4)
    assert [row[2] for row in section.pooled.rows] == ["+0.40", "−0.10", "+0.70", "+0.20", "–"]
    assert [row[3] for row in section.pooled.rows][2:] == ["+0.60 … +0.80", "+0.10 … +0.30", "–"]
    assert [row[4] for row in section.pooled.rows][2:] == ["0.002", "0.120", "–"]
    first, second = section.counts.rows  # in the order asked for; none counted for iris
    assert (first[0], second[0]) == ("circle", "gaussian")
    assert "[" in first[2]
    assert first[3:6] == ("–", "2", "4")  # edge not counted; C; C²
    assert second[4:6] == ("–", "–")


def test_outliers_of_partial_spectra_are_counted_as_at_least() -> None:
    rows = [("a", "b", 0, "fitted", "outliers_edge_at_least", 10.0)]
    rows += [("a", "b", 1, "fitted", "outliers_edge_at_least", 12.0)]
    rows += [("a", "b", seed, "fitted", "outliers_gap", float("nan")) for seed in (0, 1)]
    measures = pd.DataFrame(rows, columns=tidy_measures().columns)
    (line,) = complexity_section(CORRELATIONS, measures, [("a", "b")], {"a": 3}).counts.rows
    assert line[:6] == ("a", "b", "–", "≥ 11", "3", "9")


def test_bounds_of_some_runs_and_numbers_of_others_are_an_interval() -> None:
    rows = [("a", "b", 0, "fitted", "outliers_edge_at_least", 2.0)]
    rows += [("a", "b", 0, "fitted", "outliers_edge_at_most", 8.0)]
    rows += [("a", "b", 1, "fitted", "outliers_edge", 4.0)]
    measures = pd.DataFrame(rows, columns=tidy_measures().columns)
    (line,) = complexity_section(CORRELATIONS, measures, [("a", "b")], {"a": 3}).counts.rows
    assert line[3] == "[3, 6]"  # (2 + 4) / 2 and (8 + 4) / 2


def test_figures_show_quantities_by_experiment() -> None:
    numbers = pd.DataFrame(
        [("a/b", "rank", 3.0), ("a/c", "rank", 4.0), ("a/c", "beta_1", 0.5)],
        columns=["experiment", "quantity", "value"],
    )
    view = figure_view(
        "fig01", "Figure 1: a title", "Text.", layout="maps", experiments=["a/b", "a/c"],
        arrays=[], png=png(10, 10), numbers=numbers,
    )  # fmt: skip
    assert (view.heading, view.title) == ("Figure 1", "A title")
    assert view.numbers.columns == ("Quantity", "a, b", "a, c")
    assert view.numbers.rows == (("rank", "3", "4"), ("beta 1", "–", "0.5"))


def test_versions_and_settings_are_listed() -> None:
    section = run_section({"torch": "2.13.0", "scipy": "1"}, {"profile": "x"})
    assert section.versions.rows == (("torch", "2.13.0"), ("scipy", "1"))
    assert section.settings.rows == (("profile", "x"),)


def test_a_table_of_ones_own_has_nothing_to_compare_with() -> None:
    summary = summarise(tidy_measures(), ROWS)
    table = published_table("mine", "Mine", "", summary, None)
    assert table.comparison is None
    assert len(table.ours.rows) == len(summary)
    assert within_spread([table]) == (0, 0)
