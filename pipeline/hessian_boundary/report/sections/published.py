"""Section "Published numbers": the paper's tables, as measured here and beside the paper's."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.html.intervals import axis, interval
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.tables.columns import display_columns, notes_of_columns
from hessian_boundary.tables.notes import footnotes
from hessian_boundary.tables.text import display, display_comparison

# combined standard deviations over runs: means no further apart lie within the run-to-run spread,
# which is not to say that they agree: by chance alone, means of five runs differ by 1/√5 of one
CLOSE = 2.0
AXIS = 5.0  # of the drawn differences


@dataclass(frozen=True)
class PublishedTable:
    """One table: our numbers and, where the paper has it too, the comparison."""

    name: str
    title: str
    text: str
    ours: Table
    notes: tuple[str, ...]
    comparison: Table | None
    compared: int  # numbers with a published deviation
    close: int  # of them, within the run-to-run spread


def published_table(
    name: str, title: str, text: str, summary: pd.DataFrame, comparison: pd.DataFrame | None
) -> PublishedTable:
    """Put a table and its comparison (see `tables.summary`) into the form of the page.

    `comparison` is None for a table of the user's own.
    """
    absent = pd.Series(dtype=float)
    difference = absent if comparison is None else comparison["difference"].astype(float)
    return PublishedTable(
        name, title, text,
        ours=table_view(display(summary), 2, "Measured here"),
        notes=tuple(footnotes(summary, "")),
        comparison=None if comparison is None else _beside(comparison, difference),
        compared=int(difference.notna().sum()),
        close=int((difference.abs() <= CLOSE).sum()),
    )  # fmt: skip


def own_table(
    name: str, title: str, text: str, summary: pd.DataFrame, columns: Sequence[str]
) -> PublishedTable:
    """Put a table with columns of one's own (see `tables.columns`) into the form of the page."""
    shown, labels = display_columns(summary, columns)
    return PublishedTable(
        name, title, text,
        ours=table_view(shown, labels),
        notes=tuple(notes_of_columns(summary, "")),
        comparison=None, compared=0, close=0,
    )  # fmt: skip


def _beside(comparison: pd.DataFrame, difference: pd.Series) -> Table:
    table = table_view(display_comparison(comparison), 3, "Beside the published numbers")
    if difference.isna().all():  # of single runs
        return table
    drawn = [interval(value, value, value, AXIS, band=CLOSE) for value in difference]
    return table.with_column(len(table.columns), axis(AXIS), drawn)


def within_spread(tables: Sequence[PublishedTable]) -> tuple[int, int]:
    """Return how many numbers lie within the run-to-run spread, and how many were compared."""
    return sum(table.close for table in tables), sum(table.compared for table in tables)
