"""All eigenvalues of one model as a histogram, with the outliers that the rules count."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.style import ACCENT
from hessian_boundary.measures.g_theta import AT_LEAST
from hessian_boundary.measures.outliers import Rule, count_outliers
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_boundary.wording.numbers import at_least

CUTS: dict[Rule, str] = {"gap": "--", "edge": ":"}  # lines at which outliers begin
BINS = 60


def spectrum_histogram(axes: Axes, samples: xr.Dataset, marked: int) -> np.ndarray:
    """Draw all p eigenvalues of the Hessian, and tick marks for the `marked` largest (Figure 1).

    `samples` has the coordinate eigenvalue(eigen) and the attribute null_space_dimension, the
    number of further eigenvalues, all zero. Returns the counts (bin,), which sum to p. Of a partial
    spectrum the counts are an estimate, or those of what was computed, and the panel says so, with
    the number of outliers known; of
    a complete one it says how many there are by each rule, with a line where the rule cuts.
    """
    eigenvalues = samples["eigenvalue"].values
    counts, edges = eigenvalue_counts(samples)
    # one count is 10⁰: bars begin below it, and the marks have a strip of their own below the bars
    filled = counts > 0.5
    widths = np.diff(edges)[filled]
    axes.bar(
        edges[:-1][filled], counts[filled] - 0.5, widths, bottom=0.5, align="edge", color="0.35"
    )
    top = eigenvalues[:marked]
    axes.plot(top, np.full(len(top), 0.2), "|", color=ACCENT, markersize=4, markeredgewidth=0.7)
    axes.set(yscale="log", ylim=(0.1, 3 * counts.max()))
    axes.set_yticks([10.0**power for power in range(0, 1 + int(np.log10(counts.max())), 2)])
    axes.minorticks_off()
    largest = f"{eigenvalues[0]:.0f}" if eigenvalues[0] >= 100 else f"{eigenvalues[0]:.2g}"
    axes.set_xticks([0, eigenvalues[0]], ["0", largest])
    axes.get_xticklabels()[-1].set_horizontalalignment("right")  # or it leaves the page
    axes.spines[["top", "right"]].set_visible(False)
    if samples.attrs.get("complete", True) and "density_nodes" not in samples:
        note = mark_outliers(axes, eigenvalues)
    else:
        note = "\n".join([what_is_drawn(samples), known_outliers(samples)])
    axes.text(0.98, 0.98, note, transform=axes.transAxes, ha="right", va="top", fontsize=5.5)
    return counts


def mark_outliers(axes: Axes, eigenvalues: np.ndarray) -> str:
    """Draw a line at each rule's cut; return the counts in words, "–" where a rule says nothing."""
    said = []
    for rule, style in CUTS.items():
        found = count_outliers(eigenvalues, rule)
        said.append(f"{rule}: {'–' if np.isnan(found.count) else int(found.count)}")
        if not np.isnan(found.threshold):
            axes.axvline(found.threshold, 0.12, color=ACCENT, linewidth=0.6, linestyle=style)
    return "\n".join(["outliers by", *said])


def what_is_drawn(samples: xr.Dataset) -> str:
    """Say what the histogram of a partial spectrum shows."""
    if "density_nodes" in samples:
        return "estimate"
    known = len(samples["eigenvalue"]) + int(samples.attrs["null_space_dimension"])
    return f"{known:,} of {known + int(samples.attrs['not_computed']):,} eigenvalues"


def known_outliers(samples: xr.Dataset) -> str:
    """Say how many outliers a partial spectrum has at least."""
    found = outliers_of(samples.assign_attrs(complete=False))
    return f"outliers by edge: {at_least(found[f'outliers_edge{AT_LEAST}'])}"


def eigenvalue_counts(samples: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return counts (bin,) and edges (bin + 1,) of a histogram of all p eigenvalues.

    Of a partial spectrum the counts come from the quadrature: each node of a probe stands for its
    weight times p eigenvalues, averaged over the probes.
    """
    eigenvalues = samples["eigenvalue"].values
    zeros = np.zeros(int(samples.attrs["null_space_dimension"]))
    if "density_nodes" not in samples:
        return np.histogram(np.concatenate([eigenvalues, zeros]), BINS)
    nodes, weights = samples["density_nodes"].values, samples["density_weights"].values
    parameters = len(eigenvalues) + len(zeros) + samples.attrs["not_computed"]
    ends = (min(nodes.min(), eigenvalues.min()), max(nodes.max(), eigenvalues.max()))
    return np.histogram(
        nodes.ravel(), BINS, range=ends, weights=weights.ravel() * parameters / len(nodes)
    )
