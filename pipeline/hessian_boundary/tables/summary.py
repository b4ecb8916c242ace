"""Tables 1 and 2: measures as mean ± standard deviation over seeds, and beside the paper's."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from hessian_boundary.measures.g_theta import AT_LEAST, AT_MOST
from hessian_boundary.wording.labels import TABULATED

BOUNDS = (AT_LEAST, AT_MOST)
KNOWN_RUNS = "_known_runs"  # ends the name of how many runs have a measure, where not all have
INTERVAL = "test_error"  # the measure that has an interval of its own: `measures.test_error`
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

    Returns dataset, training, runs, diverged, not_fitted, worst_train_error, and for each measure
    its mean and `_std`, the sample standard deviation (n − 1; NaN for a single run). Of measures
    that some partial spectrum only bounds, the mean and deviation are NaN, and `_at_least` and
    `_at_most` are the means of the bounds; a run whose number is known counts with it. Of the test
    error also its 95 % interval, test_error_low and test_error_high, and test_samples, averaged.

    Raises ValueError when a row of the table has no run.
    """
    named = [(dataset, training) for dataset, found in rows.items() for training in found]
    return pd.DataFrame(
        {
            **run_counts(measures, *row),
            **averages(measures, *row, TABULATED),
            **_interval(measures, *row),
        }
        for row in named
    )


def run_counts(measures: pd.DataFrame, dataset: str, training: str) -> dict[str, Any]:
    """Return dataset, training, and how many of the runs there are, diverged, or did not fit.

    Also worst_train_error, the largest of the runs that did not diverge: a run that learned nothing
    is told from one that misses a sample. NaN where it was not measured.

    Raises ValueError when there is no run.
    """
    chosen = _of_training(measures, dataset, training)
    if chosen.empty:
        raise ValueError(
            f"expected measures of {dataset}/{training}, found none; its runs must be "
            "among the inputs of the table"
        )
    status = chosen.groupby("seed")["status"].first()
    return {
        "dataset": dataset,
        "training": training,
        "runs": len(status),
        "diverged": int((status == "diverged").sum()),
        "not_fitted": int((status == "not fitted").sum()),
        "worst_train_error": _by_run(_kept(chosen), "train_error").max(),
    }


def averages(
    measures: pd.DataFrame, dataset: str, training: str, names: Iterable[str]
) -> dict[str, float]:
    """Return the mean of each measure over the runs that did not diverge, and its `_std`.

    Of what some run of the table has a bound of, also the means of the bounds, `_at_least` and
    `_at_most`. A run whose number is known counts with it, and the mean is not known. Of what only
    some of these runs have, also how many they are, `_known_runs`.
    """
    kept = _kept(_of_training(measures, dataset, training))
    bounds = {name for name in measures["measure"].unique() if name.endswith(BOUNDS)}
    own = bounds & set(kept["measure"])
    found = {}
    for measure in names:
        values = _by_run(kept, measure)
        found[measure], found[f"{measure}_std"] = values.mean(), values.std(ddof=1)
        if 0 < values.count() < kept["seed"].nunique() and not own & _bounds_of(measure):
            found[f"{measure}{KNOWN_RUNS}"] = values.count()
        for bound in sorted(bounds & _bounds_of(measure)):
            known = _by_run(kept, bound)
            found[bound] = known.combine_first(values).mean() if len(known) else math.nan
            if len(known):
                found[measure] = found[f"{measure}_std"] = math.nan
    return found


def _bounds_of(measure: str) -> set[str]:
    return {f"{measure}{end}" for end in BOUNDS}


def _of_training(measures: pd.DataFrame, dataset: str, training: str) -> pd.DataFrame:
    return measures[(measures["dataset"] == dataset) & (measures["training"] == training)]


def _kept(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the runs that count: those that did not diverge."""
    return measures[measures["status"] != "diverged"]


def _interval(measures: pd.DataFrame, dataset: str, training: str) -> dict[str, float]:
    kept = _kept(_of_training(measures, dataset, training))
    names = (f"{INTERVAL}_low", f"{INTERVAL}_high", "test_samples")
    return {name: _by_run(kept, name).mean() for name in names}


def _by_run(measures: pd.DataFrame, measure: str) -> pd.Series:
    """Return one measure of an experiment's runs, by seed."""
    return measures[measures["measure"] == measure].set_index("seed")["value"]


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
