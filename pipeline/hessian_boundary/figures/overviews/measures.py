"""How well each measure orders models by their test error: one dot and interval per measure."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.style import ACCENT, PAGE_WIDTH, publication_style
from hessian_boundary.generalisation.verdict import CONFIRM, EXPLORE, scope
from hessian_boundary.wording.compared_measures import measure_name

OTHER = "#0072B2"
CHANCE = "#e6e6e6"
READING = (
    "Ψ: of two fitted networks that differ in one setting, does it tell which errs more?\n"
    "dot: confirming half, 95 % interval · ring: exploring half · grey: chance"
)
ROW_HEIGHT = 0.19  # inches
SYMBOL = r"$\mathbf{G_\theta}$"


@publication_style()
def draw_measures(judged: pd.DataFrame, asked_about: str, headline: str, note: str) -> Figure:
    """Draw Ψ of every measure on all data sets together, the largest first.

    Dots and 95 % intervals are of the confirming half, rings of the exploring one, of fitted
    models. The grey band holds Ψ of 95 % of the exchanges of test errors.
    Measures whose name contains `asked_about` are in the accent colour.
    """
    lines = scope(judged, CONFIRM).dropna(subset=["psi"]).sort_values("psi").reset_index(drop=True)
    explored = scope(judged, EXPLORE).set_index("measure")["psi"]
    height = 0.95 + ROW_HEIGHT * max(len(lines), 1)
    figure, axes = plt.subplots(figsize=(0.75 * PAGE_WIDTH, height), layout="constrained")
    places = np.arange(len(lines))
    for place, row in zip(places, lines.itertuples(), strict=True):
        colour = ACCENT if asked_about in row.measure else OTHER
        axes.fill_betweenx(
            [place - 0.42, place + 0.42], row.chance_low, row.chance_high, color=CHANCE, lw=0
        )
        axes.plot([row.psi_low, row.psi_high], [place, place], color=colour, lw=1.2)
        axes.plot(row.psi, place, "o", color=colour, ms=4.5)
        if np.isfinite(explored.get(row.measure, np.nan)):
            axes.plot(explored[row.measure], place, "o", mec=colour, mfc="white", ms=3, mew=0.7)
    _labelled(axes, lines, asked_about)
    figure.supxlabel(READING, fontsize=7)
    figure.suptitle("\n".join(filter(None, [headline, note])).replace("G_θ", SYMBOL), fontsize=8)
    return figure


def _labelled(axes: Axes, lines: pd.DataFrame, asked_about: str) -> None:
    axes.axvline(0, color="black", lw=0.6)
    axes.set_yticks(
        range(len(lines)),
        [label.replace("G_θ", SYMBOL) for label in map(measure_name, lines["measure"])],
    )
    for label, name in zip(axes.get_yticklabels(), lines["measure"], strict=True):
        if asked_about in name:
            label.set_color(ACCENT)
            label.set_fontweight("bold")
    axes.set_ylim(-0.7, len(lines) - 0.3)
    axes.set_xlim(-1.03, 1.03)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xticklabels(["−1\nalways wrong", "−0.5", "0\na coin", "0.5", "1\nalways right"])
    axes.spines[["top", "right"]].set_visible(False)
