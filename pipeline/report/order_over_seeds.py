"""Does the order of G_θ hold for every seed? Resolved in float64, and resolved wholly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.report.markup import Table, table_view
from pipeline.report.number_text import measured

# measure -> which of the gradients' directions it counts
KINDS = {
    "g_theta_max": "above the rank tolerance",
    "gauss_newton_g_theta_max": "Gauss–Newton, all",
}
TRAININGS = ("normal", "adversarial", "large_norm")


@dataclass(frozen=True)
class OrderOverSeeds:
    """A line per data set and kind, and what the lines of each kind say together."""

    table: Table
    sentences: tuple[str, ...]


def order_over_seeds(measures: pd.DataFrame) -> OrderOverSeeds | None:
    """Compare normal training with the adversarial start, run by run, from the tidy measures.

    A run of one is set beside the run of the same seed of the other; "apart" is the difference of
    the means in combined standard deviations. None where no data set has both kinds of G_θ after
    both trainings.
    """
    values = measures[measures["measure"].isin(KINDS)].dropna(subset="value")
    wide = values.pivot_table(
        index=["dataset", "measure", "seed"], columns="training", values="value"
    )
    if not {"normal", "adversarial"} <= set(wide):
        return None
    resolved = wide.dropna(subset=["normal", "adversarial"])
    complete = resolved.groupby("dataset").filter(
        lambda part: set(part.index.get_level_values("measure")) == set(KINDS)
    )
    if complete.empty:
        return None
    lines = list(_lines(complete))
    table = table_view(pd.DataFrame([line for line, *_ in lines]), 2, "G_θ (max) over all seeds")
    return OrderOverSeeds(table, tuple(_sentences(lines)))


Line = tuple[dict[str, str], str, int, int, float]  # cells, kind, higher, runs, apart


def _lines(wide: pd.DataFrame) -> Iterator[Line]:
    for dataset, part in wide.groupby("dataset", sort=False):
        for measure, kind in KINDS.items():
            runs = part.xs(measure, level="measure")
            higher = int((runs["adversarial"] > runs["normal"]).sum())
            apart = _apart(runs["normal"], runs["adversarial"])
            cells = {"Data set": str(dataset).replace("_", " "), "Directions": kind}
            for training in TRAININGS:
                found = runs[training].dropna() if training in runs else runs["normal"][:0]
                cells[training.replace("_", " ")] = measured(
                    found.mean(), found.std(ddof=1), len(found)
                )
            cells["higher"] = f"{higher} of {len(runs)}"
            cells["apart"] = "–" if np.isnan(apart) else f"{apart:+.1f}"
            yield cells, kind, higher, len(runs), apart


def _apart(left: pd.Series, right: pd.Series) -> float:
    spread = np.hypot(left.std(ddof=1), right.std(ddof=1))
    return float((right.mean() - left.mean()) / spread) if spread > 0 else float("nan")


def _sentences(lines: list[Line]) -> Iterator[str]:
    for kind in KINDS.values():
        mine = [(higher, runs, apart) for _, found, higher, runs, apart in lines if found == kind]
        higher, runs = (sum(column) for column in list(zip(*mine, strict=True))[:2])
        clear = sum(apart > 1 for *_, apart in mine)
        yield (
            f"Over all seeds, with the directions “{kind}”, the adversarial start needs more "
            f"eigenvectors than normal training with the same seed in {higher} of {runs} pairs of "
            f"runs, and clearly so in the mean on {clear} of {len(mine)} data sets."
        )
