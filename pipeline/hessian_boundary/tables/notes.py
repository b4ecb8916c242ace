"""What stands below a table: what its numbers are, and which runs are not as one would presume."""

import math
from collections.abc import Sequence

import pandas as pd

from hessian_boundary.tables.summary import BOUNDS, INTERVAL, KNOWN_RUNS
from hessian_boundary.wording.labels import PRESUMED_BETTER, measure_label, readable
from hessian_boundary.wording.numbers import number


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
