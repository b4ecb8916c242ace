"""Tables 1 and 2: measures as mean ± standard deviation over seeds, and beside the paper's."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from hessian_boundary.measures.g_theta import AT_LEAST
from hessian_boundary.wording.labels import TABULATED

INTERVAL = "test_error"  # the measure that has an interval of its own: `measures.generalisation`
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
    `_std`, the sample standard deviation (n − 1; NaN for a single run). Of measures that some
    partial spectrum only bounds from below, also the mean of those bounds, `_at_least`. Of the test
    error, where it was measured, also its 95 % interval, test_error_low and test_error_high, and
    test_samples, averaged.

    Raises ValueError when a row of the table has no run.
    """
    bounds = {name for name in measures["measure"].unique() if name.endswith(AT_LEAST)}
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
            for measure in TABULATED:
                values = kept.loc[kept["measure"] == measure, "value"]
                line[measure], line[f"{measure}_std"] = values.mean(), values.std(ddof=1)
                bound = f"{measure}{AT_LEAST}"
                if bound in bounds:
                    line[bound] = kept.loc[kept["measure"] == bound, "value"].mean()
            for name in (f"{INTERVAL}_low", f"{INTERVAL}_high", "test_samples"):
                line[name] = kept.loc[kept["measure"] == name, "value"].mean()
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
