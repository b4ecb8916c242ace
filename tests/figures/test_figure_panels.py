"""The panels that layouts are made of: what is drawn where, and what it counts."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from helpers.made_up_artifacts import dataset, decision_boundary, grid, model, samples
from helpers.made_up_layouts import draw
from hessian_boundary.figures.boundary import boundary_points, class_margins
from hessian_boundary.figures.panels import alignment_map, class_means, draw_boundary
from hessian_boundary.figures.spectrum_panel import (
    known_outliers,
    mark_outliers,
    spectrum_histogram,
)
from hessian_boundary.figures.step_by_step.vector_panels import gradient_map
from hessian_boundary.figures.style import UNDEFINED, new_figure, publication_style


@pytest.fixture
def axes() -> Any:
    return new_figure(1).add_subplot()


def test_scatter_panels_put_the_strongest_alignment_on_top() -> None:
    figure = draw("feature_alignments", eigenvectors=1)
    undefined, defined = figure.axes[1].collections
    assert len(undefined.get_offsets()) == 1  # the sample without direction
    strength = np.abs(defined.get_array())
    assert (np.diff(strength) >= 0).all()
    train = dataset()["x"].values[:4]
    order = np.argsort(np.abs(samples()["alignment"].values[0, :4]))
    np.testing.assert_allclose(defined.get_offsets(), train[order][:, ::-1])  # length, width


def test_the_exact_boundary_is_drawn_piece_by_piece(axes) -> None:
    draw_boundary(axes, grid(), decision_boundary(), width=1)
    (lines,) = axes.collections
    np.testing.assert_array_equal(lines.get_segments(), [[[0.1, -1.0], [0.1, 1.0]]])


def test_a_boundary_that_was_not_traced_is_drawn_where_the_logits_cross(axes) -> None:
    untraced = decision_boundary().isel(piece=[]).assign_attrs(untraced="no ReLU network")
    draw_boundary(axes, grid(), untraced, width=1)
    (contour,) = axes.collections  # one for two classes: no line is drawn twice
    (path,) = contour.get_paths()
    np.testing.assert_allclose(path.vertices[:, 0], 0.1)
    assert {path.vertices[:, 1].min(), path.vertices[:, 1].max()} == {-1, 1}


def test_margins_and_boundary_points_by_hand() -> None:
    logits = np.array([[3.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 6.0]])
    np.testing.assert_array_equal(class_margins(logits), [[2, -2, -6], [-2, 2, -6], [-3, -2, 6]])
    # f_0 − f_1 goes from 2 to −2, and f_1 − f_2 from 2 to −6
    np.testing.assert_allclose(boundary_points(np.array([0.0, 1, 2]), logits), [0.5, 1.25])


def test_undefined_alignment_is_grey(axes) -> None:
    image = alignment_map(axes, grid(), grid()["alignment"][0], decision_boundary())
    pixels = image.to_rgba(image.get_array())
    np.testing.assert_allclose(pixels[0, 0, :3], to_rgb(UNDEFINED))
    assert np.abs(pixels[1, 1, :3] - to_rgb(UNDEFINED)).max() > 0.1
    assert image.get_clim() == (-1, 1)
    legend = draw("alignment_maps").legends[0]
    assert legend.get_texts()[-1].get_text() == "gradient too short"


def test_histogram_counts_every_eigenvalue_once(axes) -> None:
    counts = spectrum_histogram(axes, samples(), marked=2)
    assert counts.sum() == 4 + 38
    # from -0.1 to 3 in 60 bins: zero is in the second, the largest in the last
    assert (counts[1], counts[-1]) == (38, 1)
    marks = axes.lines[0]
    np.testing.assert_array_equal(marks.get_xdata(), [3, 1])


def test_histogram_says_how_many_outliers_each_rule_counts(axes) -> None:
    bulk = np.concatenate([np.linspace(0.1, 0.2, 60), -np.linspace(0.1, 0.2, 60)])
    note = mark_outliers(axes, np.concatenate([[9.0, 7.0, 5.0], bulk]))
    assert note == "outliers by\ngap: 3\nedge: 3"
    gap, edge = (line.get_xdata()[0] for line in axes.lines)
    assert gap == pytest.approx((5 * 0.2) ** 0.5)
    assert edge == pytest.approx(1.25 * 0.2)
    positive = mark_outliers(axes, np.linspace(0.1, 0.2, 60))
    assert positive == "outliers by\ngap: 0\nedge: –"


def test_without_a_negative_eigenvalue_nothing_is_known_of_outliers_of_a_partial_spectrum() -> None:
    def known(*eigenvalues: float, **attributes: int) -> str:
        values = {"eigenvalue": ("eigen", np.array(eigenvalues))}
        return known_outliers(xr.Dataset(coords=values, attrs=attributes))

    assert known(3.0, 1.0, 0.2) == "outliers by edge: ≥ 0"
    # 3 exceeds 1.25, 1 does not
    assert known(3.0, 1.0, 0.2, -1.0) == "outliers by edge: ≥ 1"
    # the lower end was not computed: −1 is not the most negative one
    assert known(3.0, 1.0, 0.2, -1.0, bottom_pairs=0) == "outliers by edge: ≥ 0"


def test_class_means_leave_out_samples_without_direction() -> None:
    alignment = samples()["alignment"].values
    means = class_means(samples(), eigenvectors=3)
    np.testing.assert_allclose(means[0], (alignment[:3, 0] + alignment[:3, 2]) / 2)
    np.testing.assert_allclose(means[1], (alignment[:3, 1] + alignment[:3, 3]) / 2)


def test_gradients_are_asked_for_by_name(axes) -> None:
    with pytest.raises(ValueError, match=r"expected the variable gradient\(parameter, x\)"):
        gradient_map(axes, grid(dims=("x",)).drop_vars("gradient"), model())


def test_style_leaves_the_callers_settings_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with publication_style():
        assert mpl.rcParams["pdf.fonttype"] == 42
    assert dict(mpl.rcParams) == before


def test_counts_of_a_partial_spectrum_are_an_estimate_and_say_so(axes) -> None:
    partial = samples().assign_attrs(null_space_dimension=0, not_computed=38, complete=False)
    partial["density_nodes"] = ("probe", "step"), np.array([[0.0, 3.0], [0.0, 2.9]])
    partial["density_weights"] = ("probe", "step"), np.array([[0.9, 0.1], [0.8, 0.2]])
    counts = spectrum_histogram(axes, partial, marked=1)
    assert counts.sum() == pytest.approx(42)
    assert counts[-1] == pytest.approx(0.1 * 42 / 2)
    assert "estimate\noutliers by edge: ≥ 3" in [text.get_text() for text in axes.texts]


def test_without_an_estimate_the_histogram_says_how_many_eigenvalues_it_shows(axes) -> None:
    partial = samples().assign_attrs(null_space_dimension=0, not_computed=38, complete=False)
    assert spectrum_histogram(axes, partial, marked=1).sum() == 4
    (note,) = [text.get_text() for text in axes.texts]
    assert note.startswith("4 of 42 eigenvalues\noutliers by edge: ≥ ")
