"""The eigenvalues of one model by rank, with what the outlier rules count.

Both axes are logarithmic: there a bulk whose eigenvalues fall off like a power law is a straight
line, and outliers, which are few and far apart, each have a place of their own. Negative
eigenvalues are ranked by their size beside the positive ones, since the edge rule compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.figures.style import ACCENT, SMALL
from hessian_boundary.measures.g_theta import AT_LEAST
from hessian_boundary.measures.outliers import (
    EDGE_FACTORS,
    RANK_TOLERANCE,
    RULES,
    Rule,
    count_outliers,
)
from hessian_boundary.measures.sample_outliers import lower_end_computed, outliers_of
from hessian_boundary.wording.numbers import at_least

CUTS: dict[Rule, tuple[Literal["--", ":"], str]] = {  # its line, and what the legend says
    "gap": ("--", "gap rule (the widest gap)"),
    "edge": (":", f"edge rule ({EDGE_FACTORS[1]} |$λ_{{\\mathrm{{min}}}}$|)"),
}
POSITIVE, NEGATIVE, ESTIMATE = "0.35", "#56B4E9", "0.65"
BELOW = 10.0  # how far the axes go on below the lowest thing to be seen
ABOVE = 0.3  # of the decades seen, left free above for the counts
TITLE, LEGEND_TITLE = "|$λ_i$| by rank $i$", "spectrum: outliers are $λ_i$ above a line"
DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o"}


@dataclass(frozen=True)
class Window:
    """The axes that all spectra of a figure share: ranks up to `ranks`, sizes `low` to `high`."""

    ranks: float
    low: float
    high: float

    @classmethod
    def of(cls, spectra: Sequence[xr.Dataset], marked: int) -> "Window":
        """Return the window in which every cut and the `marked` largest eigenvalues are seen."""
        spectra = [samples for samples in spectra if not has_diverged(samples)]
        if not spectra:
            return cls(10, 0.1, 1)
        high = max(_positive(samples).max(initial=RANK_TOLERANCE) for samples in spectra)
        seen = [value for samples in spectra for value in cuts(samples).values()]
        seen += [_positive(samples)[:marked].min(initial=high) for samples in spectra]
        low = max(min(seen) / BELOW, RANK_TOLERANCE * high)
        ranks = max(_last_rank(samples, low) for samples in spectra)
        return cls(max(ranks, marked, 10) * 1.3, low, high * (high / low) ** ABOVE)


def spectrum_by_rank(axes: Axes, samples: xr.Dataset, marked: int, window: Window) -> None:
    """Draw |λ_i| over the rank i, of positive and of negative eigenvalues, the largest first.

    `samples` has the coordinate eigenvalue(eigen). The `marked` largest are in the accent colour.
    A line per rule lies where outliers begin: they are the positive eigenvalues above it, and the
    panel says how many there are. Of a partial spectrum the rest is an estimate, if there is one,
    and both counts are lower bounds. That of the gap rule is 0, since it compares with the bulk.
    """
    positive, negative = _positive(samples), _negative(samples)
    if "density_nodes" in samples:
        axes.plot(*estimated_ranks(samples), color=ESTIMATE, linewidth=0.8)
    axes.plot(_ranks(negative), negative, color=NEGATIVE, markersize=1.2, **DOTS)
    axes.plot(_ranks(positive), positive, color=POSITIVE, markersize=1.2, **DOTS)
    top = positive[:marked]
    axes.plot(_ranks(top), top, color=ACCENT, markersize=2.4, **DOTS)
    for rule, cut in cuts(samples).items():
        axes.axhline(cut, color="black", linewidth=0.7, linestyle=CUTS[rule][0])
    axes.set(xscale="log", yscale="log")
    axes.set(xlim=(0.8, window.ranks), ylim=(window.low, window.high))
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.xaxis.set_major_locator(LogLocator(numticks=4))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())
    axes.spines[["top", "right"]].set_visible(False)
    axes.text(
        0.99, 1, outliers_in_words(samples), transform=axes.transAxes, ha="right", va="top",
        fontsize=SMALL, linespacing=1, bbox={"facecolor": "white", "linewidth": 0, "pad": 0.5},
    )  # fmt: skip


def cuts(samples: xr.Dataset) -> dict[Rule, float]:
    """Return the eigenvalue above which each rule counts outliers, where it says one."""
    said = {rule: count_outliers(samples["eigenvalue"].values, rule).threshold for rule in RULES}
    known = {"gap": _is_complete(samples), "edge": lower_end_computed(samples)}
    return {rule: cut for rule, cut in said.items() if known[rule] and not np.isnan(cut)}


def outliers_in_words(samples: xr.Dataset) -> str:
    """Return a line per rule with its count: "–" where it says nothing, "≥ 3" of a part."""
    found = outliers_of(samples)
    if not _is_complete(samples):
        return "\n".join(
            f"{rule} {at_least(found[f'outliers_{rule}{AT_LEAST}'])}" for rule in RULES
        )
    counts = {rule: found[f"outliers_{rule}"] for rule in RULES}
    return "\n".join(
        f"{rule} {'–' if np.isnan(count) else int(count)}" for rule, count in counts.items()
    )


def estimated_ranks(samples: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return ranks (node,) and positive values (node,) by the quadrature of a partial spectrum.

    Each node of a probe stands for its weight times p eigenvalues, averaged over the probes; the
    rank of a value is how many eigenvalues are at least as large.
    """
    nodes, weights = (samples[f"density_{name}"].values for name in ("nodes", "weights"))
    parameters = samples.sizes["eigen"] + sum(
        int(samples.attrs[name]) for name in ("null_space_dimension", "not_computed")
    )
    order = np.argsort(nodes.ravel())[::-1]
    ranks = np.cumsum(weights.ravel()[order]) * parameters / len(nodes)
    values = nodes.ravel()[order]
    return ranks[values > 0], values[values > 0]


def spectrum_handles(spectra: Sequence[xr.Dataset], marked: int) -> list[Line2D]:
    """Return legend entries for what the panels show: kinds of eigenvalues, and the rules."""
    names = {ACCENT: "$λ_1$" + f" … $λ_{{{marked}}}$" * (marked > 1)}
    names |= {POSITIVE: "other $λ_i$ > 0", NEGATIVE: "|$λ_i$| of $λ_i$ < 0"}
    handles = [
        Line2D([], [], color=colour, markersize=2.4, label=name, **DOTS)
        for colour, name in names.items()
    ]
    if any("density_nodes" in samples for samples in spectra):
        handles.append(Line2D([], [], color=ESTIMATE, linewidth=0.8, label="estimate"))
    return handles + [
        Line2D([], [], color="black", linewidth=0.7, linestyle=style, label=label)
        for style, label in CUTS.values()
    ]


def _last_rank(samples: xr.Dataset, low: float) -> float:
    """Return how many eigenvalues are larger, by the estimate where there is one."""
    counted = float((_positive(samples) > low).sum())
    if "density_nodes" not in samples:
        return counted
    ranks, values = estimated_ranks(samples)
    return max(counted, ranks[values > low].max(initial=0.0))


def _is_complete(samples: xr.Dataset) -> bool:
    return bool(samples.attrs.get("complete", True)) and "density_nodes" not in samples


def _positive(samples: xr.Dataset) -> np.ndarray:
    values = samples["eigenvalue"].values
    return np.sort(values[values > 0])[::-1]


def _negative(samples: xr.Dataset) -> np.ndarray:
    """Return the sizes of the negative eigenvalues, the largest first."""
    values = samples["eigenvalue"].values
    return np.sort(-values[values < 0])[::-1]


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.arange(1, len(values) + 1)
