"""The tables as text: numbers with their deviations, headings, footnotes."""

import math

import pandas as pd

from hessian_boundary.measures.g_theta import AT_LEAST
from hessian_boundary.tables.summary import INTERVAL
from hessian_boundary.wording.labels import PRESUMED_BETTER, TABULATED, measure_label, readable
from hessian_boundary.wording.numbers import at_least, mean_and_deviation, number, p_value

BOLD_LOWEST = ("g_theta_max", "g_theta_mean", "trace", "lambda_max", "norm_published", "norm_l2")


def display(summary: pd.DataFrame) -> pd.DataFrame:
    """Format a summary for reading; the lowest value of a measure per data set is **bold**.

    Where only lower bounds of a measure are known, their mean is shown as "≥ 0.02".
    """
    shown = pd.DataFrame(
        {
            "Data set": summary["dataset"].map(readable),
            "Training": [_training_label(row) for _, row in summary.iterrows()],
        }
    )
    for measure, heading in TABULATED.items():
        lowest = summary.groupby("dataset")[measure].transform("min")
        bounds = summary.get(f"{measure}{AT_LEAST}", pd.Series(math.nan, summary.index))
        shown[heading] = [
            at_least(bound)
            if math.isnan(mean)
            else _bold(mean_and_deviation(mean, std), measure in BOLD_LOWEST and mean == best)
            for mean, std, best, bound in zip(
                summary[measure], summary[f"{measure}_std"], lowest, bounds, strict=True
            )
        ]
        if measure == INTERVAL:
            shown[heading] += [_interval(row) for _, row in summary.iterrows()]
    return shown


def display_comparison(comparison: pd.DataFrame) -> pd.DataFrame:
    """Format a comparison with the published values for reading."""
    return pd.DataFrame(
        {
            "Data set": comparison["dataset"].map(readable),
            "Training": comparison["training"].map(readable),
            "Measure": comparison["measure"].map(TABULATED),
            "Ours": list(map(mean_and_deviation, comparison["ours"], comparison["ours_std"])),
            "Published": list(
                map(mean_and_deviation, comparison["published"], comparison["published_std"])
            ),
            "Difference / σ": [
                "–" if math.isnan(value) else f"{value:+.1f}" for value in comparison["difference"]
            ],
        }
    )


def display_correlations(correlations: pd.DataFrame) -> pd.DataFrame:
    """Format rank correlations for reading: a line per measure, a column per data set."""
    cells = [_correlation(row.tau, row.low, row.high, row.p) for row in correlations.itertuples()]
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
        f"{mean:.4g}" if math.isnan(deviation) else mean_and_deviation(mean, deviation)
        for mean, deviation in zip(summary["mean"], summary["std"], strict=True)
    ]  # one run has no deviation
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


def footnotes(summary: pd.DataFrame, note: str) -> list[str]:
    """Say what the numbers are, and which runs are not what the paper's regime presumes."""
    notes = ["Mean ± sample standard deviation over runs; the lowest value per data set is bold."]
    notes += study_notes(note)
    if any(str(column).endswith(AT_LEAST) for column in summary):
        notes.append(
            "≥ is a lower bound: of those models only a part of the spectrum was computed."
        )
    if summary[INTERVAL].notna().any():
        notes.append(
            "Test error: of 200,000 fresh samples where the data set is simulated, else of the "
            "test part of the split; [95 % interval for these samples, Wilson]."
        )
    notes += _presumptions(summary)
    for _, row in summary.iterrows():
        name = f"{row['dataset']}/{row['training']}"
        if row["not_fitted"]:
            notes.append(
                f"† {name}: {row['not_fitted']} of {row['runs']} runs did not reach 100 % training "
                "accuracy; they are part of the average."
            )
        if row["diverged"]:
            notes.append(
                f"‡ {name}: {row['diverged']} of {row['runs']} runs diverged; they are left out."
            )
    return notes


def _presumptions(summary: pd.DataFrame) -> list[str]:
    """Name the trainings that generalise no worse although the published order presumes it."""
    errors = summary.set_index(["dataset", "training"])[INTERVAL]
    notes = []
    for (dataset, training), error in errors.items():
        better = errors.get((dataset, PRESUMED_BETTER.get(training)), math.nan)
        if error <= better:
            notes.append(
                f"{dataset}/{training}: the published order presumes that it generalises worse "
                f"than {readable(PRESUMED_BETTER[training])}, and it does not: a test error of "
                f"{number(error)}, against {number(better)}."
            )
    return notes


def _interval(row: pd.Series) -> str:
    low, high = row[f"{INTERVAL}_low"], row[f"{INTERVAL}_high"]
    return "" if math.isnan(low) else f" [{number(low)}, {number(high)}]"


def _training_label(row: pd.Series) -> str:
    marks = ("†" if row["not_fitted"] else "") + ("‡" if row["diverged"] else "")
    return readable(row["training"]) + (f" {marks}" if marks else "")


def _correlation(tau: float, low: float, high: float, p: float) -> str:
    """Return τ [low, high], p; what is not known is left out."""
    if math.isnan(tau):
        return "–"
    interval = "" if math.isnan(low) else f" [{low:+.2f}, {high:+.2f}]"
    return f"{tau:+.2f}{interval}" + ("" if math.isnan(p) else f", p {p_value(p)}")


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text
