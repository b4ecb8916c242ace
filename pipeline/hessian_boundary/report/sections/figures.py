"""Section "Figures": each with its caption, the image, and the numbers behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.html.images import Picture, embed
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.wording.labels import experiment_label, measure_label
from hessian_boundary.wording.numbers import measured


@dataclass(frozen=True)
class FigureView:
    """A figure as it stands on the page; `reason` says why one was not made."""

    name: str
    heading: str  # "Figure 1"
    title: str
    text: str
    layout: str
    experiments: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()  # files that it was drawn from, relative to the results folder
    picture: Picture | None = None
    numbers: Table | None = None
    reason: str = ""

    @property
    def description(self) -> str:
        """What a reader who does not see the image is told."""
        name = f"{self.heading}: {self.title}" if self.title else self.heading
        return f"{name}. Drawn from {', '.join(self.experiments)}. {self.text}".rstrip()


def figure_view(
    name: str, title: str, text: str, *, layout: str, experiments: Sequence[str],
    arrays: Sequence[str], png: bytes, numbers: pd.DataFrame,
) -> FigureView:  # fmt: skip
    """Embed a figure's image and turn its (experiment, quantity, value) into a table."""
    heading, short = _split(title)
    return FigureView(
        name, heading, short, text, layout, tuple(experiments), tuple(arrays),
        picture=embed(png),
        numbers=_numbers(numbers),
    )  # fmt: skip


def missing_figure(name: str, title: str, layout: str, reason: str) -> FigureView:
    """Return the place of a figure that was not made."""
    heading, short = _split(title)
    return FigureView(name, heading, short, "", layout, reason=reason)


def _split(title: str) -> tuple[str, str]:
    heading, colon, short = title.partition(": ")
    return (heading, short[:1].upper() + short[1:]) if colon else (title, "")


def _averages(numbers: pd.DataFrame) -> Table:
    """Return a row per experiment, of whose runs every quantity is averaged."""
    rows = []
    for experiment, found in numbers.groupby("experiment", sort=False):
        row = {"Experiment": experiment_label(str(experiment))}
        for quantity, values in found.groupby("quantity", sort=False)["value"]:
            cell = measured(values.mean(), values.std(ddof=1), len(values))
            row[measure_label(str(quantity))] = cell
        rows.append(row)
    return table_view(pd.DataFrame(rows).fillna("–"), labels=1)


def _numbers(numbers: pd.DataFrame) -> Table | None:
    if numbers.empty:
        return None
    if "seed" in numbers:
        return _averages(numbers)
    order = list(dict.fromkeys(numbers["quantity"]))
    wide = numbers.pivot_table(
        index="quantity", columns="experiment", values="value", sort=False, dropna=False
    ).reindex(order)
    wide.index = pd.Index([name.replace("_", " ") for name in order])
    wide = wide.rename(columns=experiment_label)
    return table_view(wide.rename_axis("Quantity").reset_index(), labels=1)
