"""One plot per question, from the tables of a run, as SVG inside the page."""

import io
from collections.abc import Callable, Sequence
from html import escape

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from hessian_boundary.figures.style import ACCENT, CLASS_COLOURS
from hessian_boundary.wording.labels import measure_label, readable

OURS = CLASS_COLOURS[0]
TRAININGS = {"normal": OURS, "large_norm": CLASS_COLOURS[2], "adversarial": ACCENT}


def published_g_theta(comparison: pd.DataFrame) -> str:
    """Plot G_θ of a table beside the published values, with deviations where they are known."""
    rows = comparison[comparison["measure"] == "g_theta_max"].reset_index(drop=True)

    def draw(panel: Axes) -> None:
        for side, shift, colour in (("ours", 0.12, OURS), ("published", -0.12, ACCENT)):
            panel.errorbar(
                rows[side],
                [-place + shift for place in rows.index],
                xerr=rows[f"{side}_std"].fillna(0),
                fmt="o",
                color=colour,
                label=side,
            )
        panel.legend(frameon=False)
        panel.set_xlabel("G_θ (max)")

    names = [f"{readable(row.dataset)}, {readable(row.training)}" for row in rows.itertuples()]
    return _svg("G_θ beside the published values", names, draw)


def boundary_pieces(measures: pd.DataFrame) -> str:
    """Plot the exact number of pieces of each run's boundary, a line per data set."""
    pieces = measures[measures["measure"] == "pieces"]
    pieces = pieces[pieces["training"].isin(TRAININGS)]
    datasets = list(dict.fromkeys(pieces["dataset"]))

    def draw(panel: Axes) -> None:
        for shift, (training, colour) in zip((0.12, 0, -0.12), TRAININGS.items(), strict=True):
            part = pieces[pieces["training"] == training]
            places = [shift - datasets.index(name) for name in part["dataset"]]
            panel.plot(part["value"], places, "o", color=colour, label=readable(training))
        panel.set_xscale("log")
        for ticks in (panel.xaxis.set_major_formatter, panel.xaxis.set_minor_formatter):
            ticks(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
        panel.legend(frameon=False)
        panel.set_xlabel("straight pieces of the decision boundary, a dot per seed")

    return _svg("pieces of the boundary by training", list(map(readable, datasets)), draw)


def rank_correlations(correlations: pd.DataFrame) -> str:
    """Plot Kendall's τ with the number of pieces over all data sets, with 95 % intervals."""
    rows = correlations[correlations["dataset"] == "all"].dropna(subset="tau")
    rows = rows.sort_values("tau", ascending=False).reset_index(drop=True)

    def draw(panel: Axes) -> None:
        low, high = rows["low"].fillna(rows["tau"]), rows["high"].fillna(rows["tau"])
        panel.hlines(-rows.index, low, high, color=OURS)
        panel.plot(rows["tau"], -rows.index, "o", color=OURS)
        panel.axvline(0, color="grey", linewidth=0.5)
        panel.set_xlim(-1.05, 1.05)
        panel.set_xlabel("Kendall's τ with the number of pieces")

    return _svg(
        "rank correlations with 95 % intervals", list(map(measure_label, rows["measure"])), draw
    )


def _svg(title: str, names: Sequence[str], draw: Callable[[Axes], None]) -> str:
    """Draw a line per name on a panel; "" where there is none."""
    if not names:
        return ""

    def panel_of_lines() -> Figure:
        figure = Figure(figsize=(6.4, 1.2 + 0.27 * len(names)), layout="constrained")
        panel = figure.subplots()
        draw(panel)
        panel.set_yticks([-place for place in range(len(names))], names)
        panel.spines[["top", "right"]].set_visible(False)
        return figure

    return inline_svg(title, panel_of_lines)


def inline_svg(title: str, make: Callable[[], Figure]) -> str:
    """Return a figure as SVG inside a page."""
    # text stays text; ids differ from those of the page's other plots
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 9}):
        buffer = io.StringIO()
        make().savefig(buffer, format="svg", metadata={"Date": None})
    picture = buffer.getvalue()
    picture = picture[picture.index("<svg") :].replace(
        "<svg", f'<svg role="img" aria-label="{escape(title)}"', 1
    )
    return f"<div>{''.join(picture.splitlines())}</div>\n"
