"""Table 1 in the authors' arithmetic: published G_θ, ours, and float32's of the same runs."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from hessian_boundary.tables.summary import averages, run_counts
from hessian_boundary.tables.text import marked
from hessian_boundary.wording.labels import readable
from hessian_boundary.wording.numbers import mean_and_deviation

# measure -> heading; all from the maximum over samples, as the published numbers
ARITHMETICS = {
    "g_theta_max": "ours (float64)",
    "float32_uncut_g_theta_max": "float32",
    "float32_dense_g_theta_max": "float32, short gradients cut",
}


def compare_arithmetics(
    measures: pd.DataFrame, rows: Mapping[str, Sequence[str]], published: pd.DataFrame
) -> pd.DataFrame:
    """Return a line per row of Table 1 and arithmetic: our G_θ beside the published one.

    `measures` is tidy (dataset, training, seed, status, measure, value), `rows` data set ->
    trainings, `published` the paper's table.

    Returns dataset, training, runs, diverged, not_fitted, worst_train_error; measure, mean and std
    over runs (sample standard deviation); published, published_std; difference, how many combined
    standard deviations the two means are apart (NaN where either has no deviation).

    Raises ValueError when a row of the table has no run.
    """
    theirs = published.set_index(["dataset", "training"])
    lines = []
    for row in [(dataset, training) for dataset, found in rows.items() for training in found]:
        ours = averages(measures, *row, ARITHMETICS)
        known = theirs.loc[row] if row in theirs.index else {}
        mean, deviation = (known.get(name, math.nan) for name in ("g_theta", "g_theta_std"))
        for name in ARITHMETICS:
            spread = math.hypot(ours[f"{name}_std"], deviation) if deviation else math.nan
            lines.append(
                {
                    **run_counts(measures, *row),
                    "measure": name,
                    "mean": ours[name],
                    "std": ours[f"{name}_std"],
                    "published": mean,
                    "published_std": deviation,
                    "difference": (ours[name] - mean) / spread,
                }
            )
    return pd.DataFrame(lines)


def display_arithmetics(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `compare_arithmetics` returns for reading: a line per row of Table 1."""
    lines = []
    for (dataset, training), found in table.groupby(["dataset", "training"], sort=False):
        first = found.iloc[0]
        line = {
            "Data set": readable(dataset),
            "Training": marked(readable(training), first),
            "published": mean_and_deviation(first["published"], first["published_std"]),
        }
        for _, row in found.iterrows():
            apart = row["difference"]
            known = "" if math.isnan(apart) else f" ({apart:+.1f} σ)"
            line[ARITHMETICS[row["measure"]]] = mean_and_deviation(row["mean"], row["std"]) + known
        lines.append(line)
    return pd.DataFrame(lines)


def arithmetic_notes(table: pd.DataFrame) -> list[str]:
    """Say what the numbers are, and which arithmetic comes nearest to the published numbers."""
    off = table.assign(size=abs(table["mean"] / table["published"] - 1)).dropna(subset=["size"])
    typical = off.groupby("measure", sort=False)["size"].median()
    sizes = "; ".join(f"{ARITHMETICS[name]} {size:.0%}" for name, size in typical.items())
    return [
        "G_θ from the maximum over samples; mean ± sample standard deviation over runs (combined "
        "standard deviations from the published mean).",
        "float32: the Hessian, all its eigenvectors and the gradients, as in the authors' code. "
        "Cut: gradients shorter than 1e-20 have the alignment 0.",
        *([f"Median distance from the published mean: {sizes}."] if sizes else []),
    ]
