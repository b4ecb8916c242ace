"""The tables as text: numbers with their deviations, headings, footnotes."""

import math
from collections.abc import Sequence

import pandas as pd

from hessian_boundary.tables.summary import BOUNDS, INTERVAL, KNOWN_RUNS
from hessian_boundary.wording.labels import PRESUMED_BETTER, TABULATED, measure_label, readable
from hessian_boundary.wording.numbers import between, mean_and_deviation, number, p_value

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


def study_notes(note: str) -> list[str]:
    """Say that the numbers are not those of the full study; nothing where they are."""
    return [f"Not the full study: {note}."] if note else []


def what_is_averaged(summary: pd.DataFrame) -> str:
    """Say what the numbers of a summary are: averages over runs, or a single run's."""
    several = (summary["runs"] > 1).any()
    return "Mean ± sample standard deviation over runs" if several else "One run of each training"


def footnotes(summary: pd.DataFrame, note: str) -> list[str]:
    """Say what the numbers are, and which runs are not what the paper's regime presumes."""
    notes = [f"{what_is_averaged(summary)}; the lowest value per data set is bold."]
    names = summary["dataset"] + "/" + summary["training"]
    notes += [*study_notes(note), *_error_notes(summary)]
    return [*notes, *run_notes(summary, names.tolist())]


def run_notes(summary: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Say where there are bounds only, and which rows have runs that did not fit, that diverged or
    that lack a measure."""
    notes = []
    if any(str(column).endswith(BOUNDS) for column in summary):
        notes.append(
            "≥ and [low, high] are bounds: of those models only part of the spectrum was computed."
        )
    for name, (_, row) in zip(names, summary.iterrows(), strict=True):
        if row["not_fitted"]:
            notes.append(
                f"† {name}: {row['not_fitted']} of {row['runs']} runs did not reach 100 % training "
                f"accuracy{_worst(row)}; they are part of the average."
            )
        if row["diverged"]:
            notes.append(
                f"‡ {name}: {row['diverged']} of {row['runs']} runs diverged; they are left out."
            )
        notes += [
            f"{name}: {measure_label(str(column).removesuffix(KNOWN_RUNS))} is of {count:.0f} of "
            f"{row['runs']} runs; of the others there is none."
            for column, count in row.items()
            if str(column).endswith(KNOWN_RUNS) and count > 0
        ]
    return notes


def _worst(row: pd.Series) -> str:
    error = row["worst_train_error"]
    return (
        ""
        if math.isnan(error)
        else f" (of the worst {number(100 * error)} % of the samples are wrong)"
    )


def _error_notes(summary: pd.DataFrame) -> list[str]:
    """Say of which samples test errors are, and name trainings that the published order misjudges.

    Those generalise no worse although the order presumes it.
    """
    if summary[INTERVAL].isna().all():
        return []
    notes = [
        "Test error: of 200,000 fresh samples where the data set is simulated, else of the test "
        "part of the split; [95 % interval for these samples, Wilson]."
    ]
    rows = {(row["dataset"], row["training"]): row for _, row in summary.iterrows()}
    for (dataset, training), row in rows.items():
        other = rows.get((dataset, PRESUMED_BETTER.get(training)))
        if other is not None and row[INTERVAL] <= other[INTERVAL]:
            notes.append(_misjudged(row, other))
    return notes


def _misjudged(row: pd.Series, better: pd.Series) -> str:
    missed = better["not_fitted"]
    unfitted = f", of which {missed} of {better['runs']} runs did not fit" if missed else ""
    return (
        f"{row['dataset']}/{row['training']}: the published order presumes that it generalises "
        f"worse than {readable(better['training'])}, and it does not: a test error of "
        f"{number(row[INTERVAL])}, against {number(better[INTERVAL])}{unfitted}."
    )


def _interval(row: pd.Series) -> str:
    low, high = row[f"{INTERVAL}_low"], row[f"{INTERVAL}_high"]
    return "" if math.isnan(low) else f" [{number(low)}, {number(high)}]"


def marked(label: str, row: pd.Series) -> str:
    """Return a row's label with the signs of its notes."""
    marks = ("†" if row["not_fitted"] else "") + ("‡" if row["diverged"] else "")
    return f"{label} {marks}" if marks else label


def _correlation(tau: float, low: float, high: float, p: float) -> str:
    """Return τ [low, high], p; what is not known is left out."""
    if math.isnan(tau):
        return "–"
    interval = "" if math.isnan(low) else f" [{low:+.2f}, {high:+.2f}]"
    return f"{tau:+.2f}{interval}" + ("" if math.isnan(p) else f", p {p_value(p)}")


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text
