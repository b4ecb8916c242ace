"""Tables 1 and 2: measures as mean ± standard deviation over seeds, and beside the paper's."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

# measure -> heading; the ones the paper tabulates compete for bold within a data set
COLUMNS = {
    "g_theta_max": "G_θ (max)",
    "g_theta_mean": "G_θ (mean)",
    "trace": "trace(H)",
    "lambda_max": "λ_max(H)",
    "norm_published": "Σ‖θ_tensor‖₂",
    "norm_l2": "‖θ‖₂",
    "resolved_share_mean": "resolved share, mean",
    "resolved_share_min": "resolved share, min",
}
# further measures that reports and correlations name
LABELS = {
    **COLUMNS,
    "outliers_gap": "outliers (gap)",
    "outliers_edge": "outliers (edge)",
    "gauss_newton_g_theta_max": "G_θ (max), Gauss–Newton",
}
BOLD_LOWEST = ("g_theta_max", "g_theta_mean", "trace", "lambda_max", "norm_published", "norm_l2")
# column of the published CSV -> the measure that it was computed as
PUBLISHED = {
    "g_theta": "g_theta_max",
    "trace": "trace",
    "lambda_max": "lambda_max",
    "norm": "norm_published",
}


def summarise(measures: pd.DataFrame, rows: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Average over seeds: one line per data set and training, in the order of `rows`.

    `measures` is tidy (dataset, training, seed, status, measure, value). Diverged runs have no
    measures and are left out of the averages; runs that did not fit are kept. Both are counted.

    Returns dataset, training, runs, diverged, not_fitted, and for each measure its mean and
    `_std`, the sample standard deviation (n − 1; NaN for a single run).

    Raises ValueError when a row of the table has no run.
    """
    lines = []
    for dataset, trainings in rows.items():
        for training in trainings:
            chosen = measures[(measures["dataset"] == dataset) & (measures["training"] == training)]
            if chosen.empty:
                raise ValueError(
                    f"expected measures of {dataset}/{training}, found none; its runs must be "
                    "among the inputs of the table"
                )
            status = chosen.groupby("seed")["status"].first()
            line = {
                "dataset": dataset,
                "training": training,
                "runs": len(status),
                "diverged": int((status == "diverged").sum()),
                "not_fitted": int((status == "not fitted").sum()),
            }
            kept = chosen[chosen["status"] != "diverged"]
            for measure in COLUMNS:
                values = kept.loc[kept["measure"] == measure, "value"]
                line[measure], line[f"{measure}_std"] = values.mean(), values.std(ddof=1)
            lines.append(line)
    return pd.DataFrame(lines)


def compare_with_published(summary: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Set our means beside the published ones: one line per data set, training and measure.

    `difference` is (ours − published) / sqrt(std_ours² + std_published²): how many combined
    standard deviations apart the two means are. It is NaN where the published deviation is zero
    (footnote a of Table 1: those five runs share one start, so their spread says nothing).
    """
    lines = []
    table = published.set_index(["dataset", "training"])
    for _, row in summary.iterrows():
        key = (row["dataset"], row["training"])
        if key not in table.index:
            continue
        for column, measure in PUBLISHED.items():
            theirs, theirs_std = table.loc[key, column], table.loc[key, f"{column}_std"]
            ours, ours_std = row[measure], row[f"{measure}_std"]
            spread = math.hypot(ours_std, theirs_std) if theirs_std else float("nan")
            lines.append({
                "dataset": key[0], "training": key[1], "measure": measure,
                "ours": ours, "ours_std": ours_std,
                "published": theirs, "published_std": theirs_std,
                "difference": (ours - theirs) / spread,
            })  # fmt: skip
    return pd.DataFrame(lines)


def display(summary: pd.DataFrame) -> pd.DataFrame:
    """Format a summary for reading; the lowest value of a measure per data set is **bold**."""
    shown = pd.DataFrame(
        {
            "Data set": summary["dataset"].str.replace("_", " "),
            "Training": [_training_label(row) for _, row in summary.iterrows()],
        }
    )
    for measure, heading in COLUMNS.items():
        lowest = summary.groupby("dataset")[measure].transform("min")
        shown[heading] = [
            _bold(mean_and_deviation(mean, std), measure in BOLD_LOWEST and mean == best)
            for mean, std, best in zip(
                summary[measure], summary[f"{measure}_std"], lowest, strict=True
            )
        ]
    return shown


def display_comparison(comparison: pd.DataFrame) -> pd.DataFrame:
    """Format a comparison with the published values for reading."""
    return pd.DataFrame(
        {
            "Data set": comparison["dataset"].str.replace("_", " "),
            "Training": comparison["training"].str.replace("_", " "),
            "Measure": comparison["measure"].map(COLUMNS),
            "Ours": list(map(mean_and_deviation, comparison["ours"], comparison["ours_std"])),
            "Published": list(
                map(mean_and_deviation, comparison["published"], comparison["published_std"])
            ),
            "Difference / σ": [
                "–" if math.isnan(value) else f"{value:+.1f}" for value in comparison["difference"]
            ],
        }
    )


def measure_label(measure: str) -> str:
    """Return what a measure is called in text."""
    return LABELS.get(measure, measure.replace("_", " "))


def display_correlations(correlations: pd.DataFrame) -> pd.DataFrame:
    """Format rank correlations for reading: a line per measure, a column per data set."""
    cells = [
        "–" if math.isnan(row.tau) else f"{row.tau:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"
        for row in correlations.itertuples()
    ]
    shown = correlations.assign(cell=cells).pivot(index="measure", columns="dataset", values="cell")
    order = [*sorted(set(correlations["dataset"]) - {"all"}), "all"]
    shown = shown.loc[list(dict.fromkeys(correlations["measure"])), order].fillna("–")
    shown.index = pd.Index(list(map(measure_label, shown.index)))
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
        shown[name] = shown[name].str.replace("_", " ")
    shown.columns = pd.Index([str(name).replace("_", " ") for name in shown.columns])
    return shown.rename(columns={"dataset": "Data set", "training": "Training"})


def footnotes(summary: pd.DataFrame, profile: str) -> list[str]:
    """Say what the numbers are, and which runs are not what the paper's regime presumes."""
    notes = ["Mean ± sample standard deviation over runs; the lowest value per data set is bold."]
    if profile:
        notes.append(f"Not the full study: {profile}.")
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


def mean_and_deviation(mean: float, deviation: float) -> str:
    """Write mean ± deviation with two digits of the deviation, and at most six decimals."""
    if math.isnan(mean):
        return "–"
    if math.isnan(deviation) or deviation == 0:
        return f"{mean:.4g} ± {'–' if math.isnan(deviation) else 0}"
    decimals = min(6, max(0, 1 - math.floor(math.log10(deviation))))
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def _training_label(row: pd.Series) -> str:
    marks = ("†" if row["not_fitted"] else "") + ("‡" if row["diverged"] else "")
    return row["training"].replace("_", " ") + (f" {marks}" if marks else "")


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text
