"""The tables as text: numbers with their deviations, headings, footnotes."""

import math

import pandas as pd

from hessian_boundary.measures.g_theta import AT_LEAST
from hessian_boundary.tables.summary import BOUNDS, INTERVAL
from hessian_boundary.wording.labels import TABULATED, measure_label, readable
from hessian_boundary.wording.numbers import (
    between,
    mean_and_deviation,
    number,
    p_value,
    with_interval,
)

DIFFERENCE = "Difference / σ"
BOLD_LOWEST = ("g_theta_max", "g_theta_mean", "trace", "lambda_max", "norm_published", "norm_l2")


def display(summary: pd.DataFrame) -> pd.DataFrame:
    """Format a summary for reading; the lowest value of a measure per data set is **bold**.

    Where only bounds of a measure are known, their means are shown: "≥ 0.02", "[0.02, 0.3]".
    """
    shown = pd.DataFrame(
        {
            "Data set": summary["dataset"].map(readable),
            "Training": [marked(readable(row["training"]), row) for _, row in summary.iterrows()],
        }
    )
    for measure, heading in TABULATED.items():
        lowest = summary.groupby("dataset")[measure].transform("min")
        bold = (summary[measure] == lowest) & (measure in BOLD_LOWEST)
        if (bound := f"{measure}{AT_LEAST}") in summary:  # which may be lower still
            least = summary[bound].where(summary[measure].isna())
            bold &= ~(least.groupby(summary["dataset"]).transform("min") < lowest)
        cells = measure_cells(summary, measure)
        if measure == INTERVAL:
            rows = summary.iterrows()
            cells = [cell + _interval(row) for cell, (_, row) in zip(cells, rows, strict=True)]
        shown[heading] = list(map(_bold, cells, bold))
    return shown


def measure_cells(summary: pd.DataFrame, measure: str) -> list[str]:
    """Format a measure of a summary: mean ± deviation, its bounds, or "–" for what is not known."""
    low, high = (
        summary.get(f"{measure}{end}", pd.Series(math.nan, summary.index)) for end in BOUNDS
    )
    return [
        between(*bounds) if math.isnan(mean) else mean_and_deviation(mean, std)
        for mean, std, *bounds in zip(
            summary[measure], summary[f"{measure}_std"], low, high, strict=True
        )
    ]


def display_comparison(comparison: pd.DataFrame) -> pd.DataFrame:
    """Format a comparison with the published values for reading.

    Single runs have no spread and so no difference in units of it: then there is no such column.
    """
    shown = pd.DataFrame(
        {
            "Data set": comparison["dataset"].map(readable),
            "Training": comparison["training"].map(readable),
            "Measure": comparison["measure"].map(TABULATED),
            "Ours": list(map(mean_and_deviation, comparison["ours"], comparison["ours_std"])),
            "Published": list(
                map(mean_and_deviation, comparison["published"], comparison["published_std"])
            ),
            DIFFERENCE: [
                "–" if math.isnan(value) else f"{value:+.1f}" for value in comparison["difference"]
            ],
        }
    )
    return shown if comparison["difference"].notna().any() else shown.drop(columns=DIFFERENCE)


def display_correlations(correlations: pd.DataFrame) -> pd.DataFrame:
    """Format rank correlations for reading: a line per measure, a column per data set."""
    cells = [
        _correlation(row.tau, row.low, row.high, row.adjusted_p)
        for row in correlations.itertuples()
    ]
    shown = correlations.assign(cell=cells).pivot(index="measure", columns="dataset", values="cell")
    names = set(correlations["dataset"])
    order = [*sorted(names - {"all"}), *sorted(names & {"all"})]
    shown = shown.loc[list(dict.fromkeys(correlations["measure"])), order].fillna("–")
    shown = shown.rename(index=measure_label, columns=readable)
    return shown.rename_axis("Measure").reset_index()


def display_precision(table: pd.DataFrame, quantity: str, statistic: str) -> pd.DataFrame:
    """Format one quantity of `study_precision` for reading: a line per model, a column per method.

    `table` has the columns dataset, training, seed, method, statistic, quantity, value.
    """
    chosen = table[(table["quantity"] == quantity) & (table["statistic"] == statistic)]
    keys = ["dataset", "training", "method"]
    summary = chosen.groupby(keys, sort=False)["value"].agg(["mean", "std"]).reset_index()
    summary["cell"] = [
        mean_and_deviation(mean, deviation)
        for mean, deviation in zip(summary["mean"], summary["std"], strict=True)
    ]
    shown = summary.pivot(index=["dataset", "training"], columns="method", values="cell")
    order = summary.drop_duplicates(["dataset", "training"]).set_index(["dataset", "training"])
    shown = shown.loc[order.index, list(dict.fromkeys(summary["method"]))].fillna("–").reset_index()
    for name in ("dataset", "training"):
        shown[name] = shown[name].map(readable)
    shown.columns = pd.Index([str(name).replace("_", " ") for name in shown.columns])
    return shown.rename(columns={"dataset": "Data set", "training": "Training"})


def _interval(row: pd.Series) -> str:
    low, high = row[f"{INTERVAL}_low"], row[f"{INTERVAL}_high"]
    return "" if math.isnan(low) else f" [{number(low)}, {number(high)}]"


def marked(label: str, row: pd.Series) -> str:
    """Return a row's label with the signs of its notes."""
    marks = ("†" if row["not_fitted"] else "") + ("‡" if row["diverged"] else "")
    return f"{label} {marks}" if marks else label


def _correlation(tau: float, low: float, high: float, p: float) -> str:
    """Return τ [low, high], p; what is not known is left out."""
    return with_interval(tau, low, high) + ("" if math.isnan(tau + p) else f", p {p_value(p)}")


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text
