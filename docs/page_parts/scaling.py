"""How costs grow with a problem's sizes, as `python -m benchmarks.scaling` left them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from hessian_boundary.figures.style import ACCENT, CLASS_COLOURS
from hessian_study.project import ROOT
from page_parts.plots import inline_svg

AXES = {"n": "samples n", "p": "parameters p", "C": "classes C", "k": "eigenpairs k"}
# column -> label, colour, marker
QUESTIONS = {
    "top_pairs_seconds": ("top k pairs of H", CLASS_COLOURS[0], "o"),
    "gauss_newton_seconds": ("Gauss–Newton G_θ", ACCENT, "^"),
}


def scaling() -> str:
    """Return benchmarks/scaling.csv as four panels with logarithmic axes."""
    measured = pd.read_csv(ROOT / "benchmarks" / "scaling.csv")
    return inline_svg("CPU seconds against n, p, C and k", lambda: scaling_figure(measured))


def scaling_figure(measured: pd.DataFrame) -> Figure:
    """Draw a panel per size: seconds, their exponents, and the products of the top pairs."""
    figure = Figure(figsize=(6.8, 5.4), layout="constrained")
    panels = figure.subplots(2, 2, sharey=True)
    for panel, (varied, label) in zip(panels.flat, AXES.items(), strict=True):
        _draw(panel, measured[measured["varied"] == varied], varied)
        panel.set_xlabel(label)
    for panel in panels[:, 0]:
        panel.set_ylabel("CPU seconds")
    return figure


def _draw(panel: Axes, rows: pd.DataFrame, varied: str) -> None:
    sizes = rows[varied].to_numpy()
    for column, (label, colour, marker) in QUESTIONS.items():
        if (varied, column) == ("k", "gauss_newton_seconds"):
            continue  # it takes all eigenvectors, whatever k
        seconds = rows[column].to_numpy()
        panel.loglog(
            sizes,
            seconds,
            marker=marker,
            color=colour,
            label=f"{label}, exponent {exponent(sizes, seconds):.1f}",
        )
    top = rows["top_pairs_seconds"]
    for size, height, products in zip(sizes, top, rows["products"], strict=True):
        panel.annotate(
            f"{products:,}",
            (size, height),
            xytext=(2, -11),  # below and to the right: the other line comes from below and left
            textcoords="offset points",
            fontsize=7,
            color=CLASS_COLOURS[0],
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )
    panel.xaxis.set_major_locator(FixedLocator(sizes))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks(sizes, [_short(size) for size in sizes])
    panel.margins(x=0.1, y=0.2)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, fontsize=7.5)


def _short(size: int) -> str:
    return f"{size / 1000:.2g}k" if size >= 1000 else str(size)


def exponent(sizes: np.ndarray, seconds: np.ndarray) -> float:
    """Return the a of seconds ∝ sizes^a that fits all points best, logarithmically."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
