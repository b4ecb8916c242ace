"""One measure over another, a point per run and the mean of each experiment."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.nothing_to_draw import message
from hessian_boundary.figures.quantities.axis import axis_label, is_logarithmic
from hessian_boundary.figures.quantities.colouring import (
    Colouring,
    colouring_by_number,
    colouring_by_text,
    is_number,
)
from hessian_boundary.figures.quantities.runs import runs_table
from hessian_boundary.figures.row_labels import row_labels
from hessian_boundary.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    SMALL,
    add_panel,
    figure_width,
    new_figure,
    publication_style,
)

ARTIFACTS = ("measures",)
NEEDED, TAKEN = ("x", "y"), ("colour", "labels", "log", "width")
QUANTITIES = ("x", "y", "colour")
NAMED = 8  # experiments that differ by colour where the entry says nothing of colours
# inches
LEFT, TOP, BOTTOM = 0.85, 0.12, 0.52
HEIGHT = {PAGE_WIDTH: 3.0, COLUMN_WIDTH: 2.4}
WIDTH = {PAGE_WIDTH: 4.1, COLUMN_WIDTH: 2.45}  # beside a legend, or above it in a column
WIDTH_WITH_BAR = {PAGE_WIDTH: 5.2, COLUMN_WIDTH: 1.75}
ENTRY = 0.15  # of a line of the legend


@publication_style()
def draw(inputs: Mapping[str, Sequence[pd.DataFrame]], settings: Mapping[str, Any]) -> Figure:
    """Draw every run and, where an experiment has several, their mean and lines to it.

    `settings` has `x` and `y`, names of measures or of settings of the experiments, whose `values`
    it gives, one per experiment. `colour` is a third: a number has a colour bar, anything else a
    legend. Without it, up to eight experiments have a legend. `log` lists which of the three are
    logarithmic; without it, those are that are positive and span more than two decades. With
    `width: column` (see `figure_width`) the legend stands below.

    Raises ValueError for a measure that no run has, an axis of text, and a logarithm of what is not
    positive.
    """
    runs = runs_table(inputs["measures"], settings)
    drawn = runs.dropna(subset=["x", "y"])
    page = figure_width(settings)
    colouring = _colouring(drawn, settings, HEIGHT[page])
    legend = ENTRY * colouring.lines
    below = legend + ENTRY if page == COLUMN_WIDTH else 0  # and a line for what is not drawn
    height = HEIGHT[page] if below else max(HEIGHT[page], legend)
    figure = new_figure(TOP + height + BOTTOM + below, settings["note"], page)
    width = (WIDTH if colouring.lines else WIDTH_WITH_BAR)[page]
    axes = add_panel(figure, LEFT, TOP, width, height)
    axes.spines[["top", "right"]].set_visible(False)
    if drawn.empty:
        message(axes, "no run has both numbers")
    else:
        _draw_points(axes, drawn, colouring)
        bar = add_panel(figure, LEFT + width + 0.2, TOP + 0.2 * height, 0.1, 0.6 * height)
        corner = (-LEFT / width, -BOTTOM / height) if below else (1.02, 1)
        colouring.explain(axes, bar, corner)
        for name in ("x", "y"):
            if is_logarithmic(drawn[name], name, settings.get("log")):
                axes.set(**{f"{name}scale": "log"})
        axes.margins(0.07)
        axes.tick_params(which="minor", length=1.2, width=0.4)
    axes.set_xlabel(axis_label(settings["x"], settings["values"], width))
    axes.set_ylabel(axis_label(settings["y"], settings["values"], height))
    if missing := len(runs) - len(drawn):
        text = f"not drawn: {missing} of {len(runs)} runs, which lack one of the two numbers"
        figure.text(
            0.03 / page,
            (0.03 + (ENTRY if below else 0)) / figure.get_figheight(),
            text,
            ha="left",
            va="bottom",
            fontsize=SMALL,
            color="0.4",
        )
    return figure


def numbers(
    inputs: Mapping[str, Sequence[pd.DataFrame]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the numbers of every run: columns experiment, quantity, value, seed."""
    runs = runs_table(inputs["measures"], settings)
    rows = [
        (run["experiment"], settings[name], run[name], run["seed"])
        for _, run in runs.iterrows()
        for name in QUANTITIES
        if name in run and is_number(run[name])
    ]
    table = pd.DataFrame(rows, columns=["experiment", "quantity", "value", "seed"])
    return table.astype({"value": float}).drop_duplicates(ignore_index=True)


def _colouring(drawn: pd.DataFrame, settings: Mapping[str, Any], height: float) -> Colouring:
    name = settings.get("colour")
    if name is None:
        names = dict(zip(settings["experiments"], row_labels(settings), strict=True))
        labels = [names[experiment].replace("\n", " ") for experiment in drawn["experiment"]]
        return colouring_by_text(labels if 1 < len(names) <= NAMED else [""] * len(drawn), "")
    values, title = drawn["colour"], axis_label(name, settings["values"], height)
    if values.map(is_number).eq(values.notna()).all() and values.nunique() > 1:
        logarithmic = is_logarithmic(values, "colour", settings.get("log"))
        return colouring_by_number(values.astype(float), title, logarithmic)
    return colouring_by_text(values.tolist(), title)


def _draw_points(axes: Axes, drawn: pd.DataFrame, colouring: Colouring) -> None:
    """Draw runs as dots; of several, the mean as a larger one, joined with them."""
    numbered = drawn.assign(row=range(len(drawn)))
    for _, group in numbered.groupby("experiment", sort=False):
        several, mean = len(group) > 1, group[["x", "y"]].mean()
        for _, run in group.iterrows():
            colour, marker = colouring.colours[run["row"]], colouring.markers[run["row"]]
            if several:
                axes.plot(
                    [mean["x"], run["x"]], [mean["y"], run["y"]], color=colour, linewidth=0.5,
                    alpha=0.6, zorder=1,
                )  # fmt: skip
            axes.plot(
                run["x"], run["y"], marker, color=colour, markersize=2.5 if several else 5,
                markeredgecolor="none" if several else "black", markeredgewidth=0.4, zorder=2,
            )  # fmt: skip
        if several:
            first = group["row"].iloc[0]
            axes.plot(
                mean["x"], mean["y"], colouring.markers[first],
                color=colouring.of_mean(group["row"].tolist()), markersize=5.5,
                markeredgecolor="black", markeredgewidth=0.5, zorder=3,
            )  # fmt: skip
