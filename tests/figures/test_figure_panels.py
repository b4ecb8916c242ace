"""The panels that layouts are made of: what is drawn where, and what it counts."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.made_up_artifacts import dataset, decision_boundary, grid, model, samples
from helpers.made_up_layouts import draw
from hessian_boundary.figures.boundary import boundary_points, class_margins
from hessian_boundary.figures.panels import alignment_map, draw_boundary
from hessian_boundary.figures.sample_panels import class_means
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
    assert np.abs(pixels[-1, -1, :3] - to_rgb(UNDEFINED)).max() > 0.1
    assert image.get_clim() == (-1, 1)
    legend = draw("alignment_maps").legends[0]
    assert legend.get_texts()[-1].get_text() == "gradient too short"


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
