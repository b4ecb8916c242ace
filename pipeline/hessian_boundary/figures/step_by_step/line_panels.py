"""The panels of Figure 4 over inputs with one feature, its network and its spectrum."""

import json
from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.boundary import boundary_points
from hessian_boundary.figures.panels import class_label
from hessian_boundary.figures.style import (
    ACCENT,
    SMALL,
    class_colour,
    class_marker,
    mixed,
)

VECTOR_COLOURS = ("black", ACCENT, "#0072B2", "#009E73", "#CC79A7")
VECTOR_DASHES = ("-", "--", "-.", ":", (0, (1, 1)))
NEURONS = 10  # of a layer that are drawn at most


def data_line(axes: Axes, dataset: xr.Dataset, grid: xr.Dataset) -> None:
    """(A) Draw the training inputs x(sample, 1) on a line, with their classes."""
    # DEVIATION: six points, as in the authors' code; the paper's caption says five.
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    train = dataset.isel(sample=dataset["split"].values == "train")
    for label in np.unique(train["y"]):
        x = train["x"].values[train["y"].values == label, 0]
        axes.plot(
            x, np.zeros_like(x), class_marker(int(label)), color=class_colour(int(label)),
            markersize=4.5, markeredgecolor="black", markeredgewidth=0.3,
            label=class_label(int(label), [dataset]),
        )  # fmt: skip
    share_axis(axes, grid, "(A) training data")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.92), ncols=8, handletextpad=0.1)
    axes.set(yticks=[], ylim=(-1, 1))
    axes.spines["left"].set_visible(False)


def network(axes: Axes, model: xr.Dataset) -> None:
    """(B) Draw the neurons of a fully connected network with their connections."""
    architecture = json.loads(model.attrs["architecture"])
    if "hidden" not in architecture:
        raise ValueError(
            "expected a network whose architecture has `hidden`, the sizes of its hidden layers, "
            f"to draw its neurons, found {architecture}; take the architecture mlp, or a layout "
            "that does not draw the network"
        )
    hidden = architecture["hidden"]
    sizes = [model.attrs["input_shape"][0], *hidden, model.attrs["classes"]]
    columns = []
    for depth, size in enumerate(sizes):
        drawn = min(size, NEURONS)
        heights = (np.arange(drawn) - (drawn - 1) / 2) / NEURONS
        columns.append(np.column_stack([np.full(drawn, depth), heights]))
    for before, after in pairwise(columns):
        ends = np.array([(a, b) for a in before for b in after])
        axes.plot(ends[..., 0].T, ends[..., 1].T, color="0.7", linewidth=0.4, zorder=1)
    for depth, neurons in enumerate(columns):
        axes.plot(*neurons.T, "o", color="white", markeredgecolor="black", markersize=5, zorder=2)
        axes.text(depth, -0.62, str(sizes[depth]), ha="center", va="center", fontsize=SMALL)
    axes.text(-0.12, 0, "$x$", ha="right", va="center")
    for label, (_, height) in enumerate(columns[-1][::-1]):
        axes.text(
            len(sizes) - 1 + 0.12, height, f"$f_{{{label}}}(x)$", va="center",
            color=mixed(class_colour(label), "black", 0.2),
        )  # fmt: skip
    axes.set(xlim=(-0.4, len(sizes) - 0.4), ylim=(-0.72, 0.55))
    axes.set_axis_off()
    axes.set_title("(B) network $f_θ$", loc="left")


def logit_curves(axes: Axes, grid: xr.Dataset) -> None:
    """(C.1) Draw logits(class, x), the predicted class as a tint, and the boundary points."""
    x, logits = grid["x"].values, grid["logits"].values
    points = boundary_points(x, logits)
    names = ("$x_L$", "$x_R$")
    edges = [x[0], *points, x[-1]]
    for low, high in pairwise(edges):
        winner = int(logits[:, np.abs(x - (low + high) / 2).argmin()].argmax())
        axes.axvspan(low, high, color=mixed(class_colour(winner), "white", 0.65), linewidth=0)
    for label, values in enumerate(logits):
        dark = mixed(class_colour(label), "black", 0.2)
        axes.plot(x, values, color=dark, linestyle="-" if label % 2 else "--")
        axes.annotate(
            f"$f_{{{label}}}$", (x[-1], values[-1]), (3, 0), textcoords="offset points",
            color=dark, va="center", annotation_clip=False,
        )  # fmt: skip
    for number, point in enumerate(points):
        name = names[number] if len(points) == 2 else f"$x_{{{number + 1}}}$"
        axes.annotate(
            name, (point, 1), (2, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top",
        )  # fmt: skip
    share_axis(axes, grid, "(C.1) logits and predicted class")
    axes.set_ylabel("$f_c(x)$")


def alignment_curves(axes: Axes, grid: xr.Dataset, eigenvectors: int) -> None:
    """(C.5) Draw alignment(eigen, x) with the top eigenvectors."""
    # DEVIATION: curves; the paper's coloured strips hide how close to ±1 the values come.
    x = grid["x"].values
    points = boundary_points(x, grid["logits"].values)
    for index, values in enumerate(grid["alignment"].isel(eigen=slice(eigenvectors)).values):
        style = _vector_line(index)
        for number, (own, piece) in enumerate(pieces(x, values, points)):
            name = f"$A_{{{index + 1}}}$" if not number else None
            # the network is linear between kinks of ReLU, where A jumps within a step of the grid
            axes.plot(own, piece, drawstyle="steps-mid", label=name, **style)
            ends = [end for end, at in ((0, own[0]), (-1, own[-1])) if at in points]
            axes.plot(own[ends], piece[ends], "o", color=style["color"], markersize=2.5)
    axes.axhline(0, color="0.6", linewidth=0.4, zorder=0)
    share_axis(axes, grid, "(C.5) alignment")
    axes.set(ylim=(-1.1, 1.1), yticks=[-1, 0, 1], xlabel="input $x$", ylabel="$A_i(x)$")
    axes.tick_params(labelbottom=True)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.96), ncols=5, handlelength=2.2)


def pieces(
    x: np.ndarray, values: np.ndarray, points: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut a curve (x,) where it jumps, at the boundary points: return (x, values) of each piece.

    A piece reaches the points at its ends with the values of its first and last point of the grid.
    """
    cut = np.searchsorted(x, points)
    found = []
    for number, (own, piece) in enumerate(
        zip(np.split(x, cut), np.split(values, cut), strict=True)
    ):
        before, after = points[max(number - 1, 0) : number], points[number : number + 1]
        own = np.concatenate([before, own, after])
        piece = np.pad(piece, (len(before), len(after)), mode="edge")
        found.append((own, piece))
    return found


def ranked_spectrum(axes: Axes, spectrum: xr.Dataset, marked: int) -> None:
    """(C.2) Draw all eigenvalues by rank, those of the null space as zeros."""
    values = spectrum["eigenvalues"].values
    every = np.concatenate([values, np.zeros(int(spectrum.attrs["null_space_dimension"]))])
    every = np.sort(every)[::-1]
    axes.plot(np.arange(1, len(every) + 1), every, ".", color="0.5", markersize=2)
    for index, value in enumerate(values[:marked]):
        colour = _vector_line(index)["color"]
        axes.plot(index + 1, value, "o", color=colour, markersize=3)
        axes.annotate(
            f"$λ_{{{index + 1}}}$ = {value:.3g}", (index + 1, value), (5, 2),
            textcoords="offset points", va="bottom", color=colour,
        )  # fmt: skip
    axes.set(ylim=(-0.1 * every[0], 1.3 * every[0]))  # with room for the first label
    axes.set(xlabel="rank $i$", ylabel="eigenvalue $λ_i$")
    axes.set_title("(C.2) Hessian spectrum", loc="left")
    axes.spines[["top", "right"]].set_visible(False)


def _vector_line(index: int) -> dict:
    return {
        "color": VECTOR_COLOURS[index % len(VECTOR_COLOURS)],
        "linestyle": VECTOR_DASHES[index % len(VECTOR_DASHES)],
    }


def share_axis(axes: Axes, grid: xr.Dataset, title: str) -> None:
    """Give the panel the common axis x, the boundary points as dotted lines, and its title."""
    x = grid["x"].values
    for point in boundary_points(x, grid["logits"].values):
        axes.axvline(point, color="black", linestyle=":", linewidth=0.8)
    axes.set_xlim(x[0], x[-1])
    axes.tick_params(labelbottom=False)
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
