"""The rows of the comparison, and where they are kept."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.with_suffix(".csv")
OURS = "this project"
HEADINGS = ("what", "library", "time", "products", "residual / λ_max", "peak memory", "time / ours")

Row = tuple[str, ...]


def row(what: str, tolerance: float, library: str, found: dict[str, Any], ours: float) -> Row:
    """Return the cells of one answer; one that is late, or not exact enough, says so.

    found: what `measured` returns; tolerance: of residuals; ours: the seconds that we took.
    """
    seconds, late = found["seconds"], "residual" not in found
    reached = "stopped" if late else f"{found['residual']:.0e}"
    if not late and not found["residual"] <= tolerance:
        reached += " (not reached)"
    return (
        what,
        library,
        f"{'> ' if late else ''}{seconds:,.1f} s",
        f"{found['products']:,}" if found["products"] else "",
        reached,
        f"{found['peak']:.1f} GB",
        f"{'> ' if late else ''}{seconds / ours:.1f}",
    )


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Return the rows by question, new ones in the place of old ones of the same library."""
    rows = list({cells[:2]: cells for cells in [*old, *new]}.values())
    questions = list(dict.fromkeys(cells[0] for cells in rows))
    return sorted(rows, key=lambda cells: questions.index(cells[0]))


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with times over ours for the same question, where ours is there."""
    ours = {cells[0]: _seconds(cells) for cells in rows if cells[1] == OURS}
    return [
        (*cells[:-1], f"{'> ' * (cells[2][0] == '>')}{_seconds(cells) / ours[cells[0]]:.1f}")
        if cells[0] in ours
        else cells
        for cells in rows
    ]


def _seconds(cells: Row) -> float:
    return float(cells[2].strip("> s").replace(",", ""))


def keep(new: Sequence[Row], table: Path = TABLE) -> None:
    """Put rows into the table, whose other rows stay but for the ratios to ours."""
    with table.open(newline="") as file:
        old = [tuple(cells) for cells in csv.reader(file)][1:]
    with table.open("w", newline="") as file:
        rows = with_ratios(merged(old, new))
        csv.writer(file, lineterminator="\n").writerows([HEADINGS, *rows])
