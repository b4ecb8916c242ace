"""A table of one's own: settings and measures side by side, a row per experiment."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hessian_boundary.tables.notes import run_notes, study_notes, what_is_averaged
from hessian_boundary.tables.summary import averages, run_counts
from hessian_boundary.tables.text import marked, measure_cells
from hessian_boundary.wording.labels import key_labels, measure_label, readable
from hessian_boundary.wording.numbers import setting

ABOUT = ("dataset", "training", "runs", "diverged", "not_fitted", "worst_train_error")


def summarise_columns(
    measures: pd.DataFrame,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[str],
    settings: Mapping[str, Sequence[Any]],
) -> pd.DataFrame:
    """Return one line per (data set, training) of `rows`, in their order.

    `measures` is tidy (dataset, training, seed, status, measure, value). `settings` has, of the
    columns that are no measures, a value per row; lists and mappings are written as JSON. The
    others are averaged as in `tables.summary`, with `_std` and perhaps `_at_least`.

    Returns dataset, training, runs, diverged, not_fitted, worst_train_error and the columns. A
    setting that is called like one of these six has `setting.` before its name.

    Raises ValueError for a measure that no run has, and for a row that has no run.
    """
    found = set(measures["measure"])
    wanted = [name for name in columns if name not in settings]
    if missing := [name for name in wanted if not {name, f"{name}_at_least"} & found]:
        raise ValueError(
            f"expected the measure {missing[0]!r} of some run, found {sorted(found)}; change the "
            "table's `columns`"
        )
    lines = []
    for number, row in enumerate(rows):
        line: dict[str, Any] = run_counts(measures, *row)
        for name in columns:
            if name in settings:
                line[_column(name)] = _plain(settings[name][number])
            else:
                line |= averages(measures, *row, [name])
        lines.append(line)
    return pd.DataFrame(lines)


def display_columns(summary: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Format a summary for reading; return it, and how many columns at its left name a row.

    Data set and training are left out where the settings already tell the rows apart.
    """
    keys = [name for name in columns if f"{name}_std" not in summary]
    shown = {}
    if summary["dataset"].nunique() > 1:
        shown["Data set"] = [readable(name) for name in summary["dataset"]]
    told = summary[["dataset", *map(_column, keys)]].drop_duplicates()
    if not keys or len(told) < len(summary):
        shown["Training"] = [readable(name) for name in summary["training"]]
    named = len(shown)
    labels = key_labels(keys)
    for name in columns:
        if name in keys:
            shown[readable(labels[name])] = [setting(value) for value in summary[_column(name)]]
        else:
            shown[measure_label(name)] = measure_cells(summary, name)
    leading = next((n for n, name in enumerate(columns) if name not in keys), len(columns))
    first = next(iter(shown))
    shown[first] = [
        marked(cell, row) for cell, (_, row) in zip(shown[first], summary.iterrows(), strict=True)
    ]
    return pd.DataFrame(shown), max(1, named + leading)


def notes_of_columns(summary: pd.DataFrame, note: str) -> list[str]:
    """Say what the numbers are, and which rows have runs that did not fit or diverged."""
    names = [
        f"{readable(dataset)}, {readable(training)}"
        for dataset, training in zip(summary["dataset"], summary["training"], strict=True)
    ]
    first = f"{what_is_averaged(summary)}."
    return [first, *study_notes(note), *run_notes(summary, names)]


def _column(name: str) -> str:
    return f"setting.{name}" if name in ABOUT else name


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
