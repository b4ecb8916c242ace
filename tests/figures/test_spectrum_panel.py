"""Spectra by rank: every eigenvalue, what the rules count, and axes that rows share."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from helpers.made_up_artifacts import samples
from helpers.made_up_layouts import LAYOUTS, inputs_and_settings
from hessian_boundary.figures.spectrum_panel import (
    Window,
    cuts,
    estimated_ranks,
    outliers_in_words,
    spectrum_by_rank,
)
from hessian_boundary.figures.style import ACCENT, new_figure, publication_style


def spectrum_of(*eigenvalues: float, **attributes: Any) -> xr.Dataset:
    values = {"eigenvalue": ("eigen", np.array(eigenvalues))}
    about = {"null_space_dimension": 0, "not_computed": 0, "rank": len(eigenvalues)}
    return xr.Dataset(coords=values, attrs=about | attributes)


BULK = [*np.linspace(0.2, 0.1, 60), *-np.linspace(0.1, 0.2, 60)]
WITH_OUTLIERS = spectrum_of(9.0, 7.0, 5.0, *BULK)


@pytest.fixture
def axes() -> Any:
    with publication_style():
        yield new_figure(1).add_subplot()


def drawn(axes: Any, spectrum: xr.Dataset, marked: int) -> list[Any]:
    spectrum_by_rank(axes, spectrum, marked, Window.of([spectrum], marked))
    return axes.lines


def test_positive_and_negative_eigenvalues_have_their_rank_by_size(axes) -> None:
    negative, positive, top = drawn(axes, spectrum_of(3.0, 1.0, 0.2, -0.1, -0.4), 2)[:3]
    np.testing.assert_allclose(positive.get_xydata(), [[1, 3], [2, 1], [3, 0.2]])
    np.testing.assert_allclose(negative.get_xydata(), [[1, 0.4], [2, 0.1]])
    np.testing.assert_allclose(top.get_xydata(), [[1, 3], [2, 1]])
    assert top.get_color() == ACCENT
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_the_outliers_that_are_counted_are_the_points_above_the_lines(axes) -> None:
    lines = drawn(axes, WITH_OUTLIERS, 2)
    heights = {line.get_linestyle(): line.get_ydata()[0] for line in lines[3:]}
    assert heights["--"] == pytest.approx((5 * 0.2) ** 0.5)
    assert heights[":"] == pytest.approx(1.25 * 0.2)
    above = [(lines[1].get_ydata() > height).sum() for height in heights.values()]
    assert above == [3, 3]
    assert [text.get_text() for text in axes.texts] == ["gap 3\nedge 3"]


def test_a_rule_that_says_nothing_has_no_line() -> None:
    positive = spectrum_of(*np.linspace(0.2, 0.1, 60))
    assert (cuts(positive), outliers_in_words(positive)) == ({}, "gap 0\nedge –")


def test_all_that_is_to_be_compared_is_within_the_axes() -> None:
    weak = spectrum_of(1e-3, 1e-4, 1e-5, -1e-6)
    window = Window.of([WITH_OUTLIERS, weak], 3)
    assert window.low < 1.25e-6  # the edge of the weak one
    assert window.high > 9
    assert window.ranks > 63
    assert Window.of([samples(0)], 3).high > 0  # of a training that diverged


@pytest.mark.parametrize("layout", ["alignment_maps", "embedded_alignments", "margins"])
def test_rows_share_their_axes_and_the_legend_explains_both_rules(layout) -> None:
    inputs, settings = inputs_and_settings(layout)
    inputs["alignment_samples"][1] = samples().assign_coords(
        eigenvalue=("eigen", [3e-4, 1e-4, 1e-5, -1e-6])
    )
    figure = LAYOUTS[layout].draw(inputs, settings)
    panels = [axes for axes in figure.axes if axes.get_yscale() == "log"]
    assert len(panels) == 2
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1
    entries = [text.get_text() for text in figure.legends[1].get_texts()]
    assert entries[0] == "$λ_1$ … $λ_{3}$"
    assert entries[-2:] == ["gap rule (the widest gap)", "edge rule (1.25 |$λ_{\\mathrm{min}}$|)"]


def test_of_a_partial_spectrum_the_counts_are_bounds() -> None:
    def part(*eigenvalues: float, **attributes: Any) -> xr.Dataset:
        return spectrum_of(*eigenvalues, complete=False, **attributes)

    assert outliers_in_words(part(3.0, 1.0, 0.2)) == "gap ≥ 0\nedge ≥ 0"
    # 3 exceeds 1.25, 1 does not
    assert outliers_in_words(part(3.0, 1.0, 0.2, -1.0)) == "gap ≥ 0\nedge ≥ 1"
    assert cuts(part(3.0, 1.0, 0.2, -1.0)) == {"edge": 1.25}
    # the lower end was not computed: −1 is not the most negative one
    unknown = part(3.0, 1.0, 0.2, -1.0, bottom_pairs=0)
    assert (outliers_in_words(unknown), cuts(unknown)) == ("gap ≥ 0\nedge ≥ 0", {})


def test_the_estimate_of_a_partial_spectrum_says_how_many_are_as_large(axes) -> None:
    partial = spectrum_of(3.0, 2.9, complete=False, not_computed=40)
    partial["density_nodes"] = ("probe", "step"), np.array([[0.5, 3.0, -1.0], [0.4, 2.9, -1.0]])
    partial["density_weights"] = ("probe", "step"), np.array([[0.8, 0.1, 0.1], [0.6, 0.2, 0.2]])
    ranks, values = estimated_ranks(partial)
    np.testing.assert_allclose(values, [3.0, 2.9, 0.5, 0.4])
    np.testing.assert_allclose(ranks, np.cumsum([0.1, 0.2, 0.8, 0.6]) * 42 / 2)
    estimate = drawn(axes, partial, 1)[0]
    np.testing.assert_allclose(estimate.get_ydata(), values)
    assert axes.get_xlim()[1] > ranks[-1]
