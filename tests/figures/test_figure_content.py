"""What single figures show: points, lines, legends, notes."""

import numpy as np

from helpers.drawn_layouts import texts
from helpers.made_up_artifacts import dataset, samples, spectrum
from helpers.made_up_layouts import LAYOUTS, draw, inputs_and_settings
from hessian_boundary.figures.layouts import covariance_comparison, similarity_metrics
from hessian_boundary.figures.panels import class_means


def test_a_view_of_one_class_shows_that_classes_points_only() -> None:
    experiments = ["gaussian/normal/class1", "gaussian/normal/class0"]
    figure = draw("alignment_maps", experiments=experiments)
    first, second = (figure.axes[i] for i in (0, 5))
    np.testing.assert_allclose(first.lines[-1].get_xdata(), dataset()["x"].values[2:4, 0])
    np.testing.assert_allclose(second.lines[-1].get_xdata(), dataset()["x"].values[:2, 0])


def test_eigenvectors_beyond_the_rank_are_left_off_with_a_note() -> None:
    inputs, settings = inputs_and_settings("similarity_metrics", eigen=2)
    assert texts(similarity_metrics.draw(inputs, settings)) == ["rank < 3"] * 2
    inputs["alignment_grid"][0].attrs["rank"] = 4  # resolved, and the grid was made with fewer
    assert texts(similarity_metrics.draw(inputs, settings)) == ["not\ncomputed"] * 2


def test_maps_of_an_own_scale_say_which() -> None:
    common, own = draw("comparison_directions"), draw("comparison_directions", own_scale=True)
    images = {name: [a.images[0] for a in f.axes if a.images] for name, f in
              {"common": common, "own": own}.items()}  # fmt: skip
    assert {image.get_clim() for image in images["common"]} == {(-1, 1)}
    assert {image.get_clim() for image in images["own"]} == {(-0.5, 0.5), (-0.01, 0.01)}
    assert "±0.01" in [axes.get_xlabel() for axes in own.axes]


def test_the_covariance_is_compared_by_cosine_and_by_subspace() -> None:
    inputs, settings = inputs_and_settings("covariance_comparison")
    turned = np.eye(42)[[0, 2, 1, 3]]  # the second and third change places: same span
    inputs["spectrum"][1] = spectrum().assign(eigenvectors=(("eigen", "parameter"), turned))
    figure = covariance_comparison.draw(inputs, settings)
    shown = [axes.get_xlabel() for axes in figure.axes if "span" in axes.get_xlabel()]
    assert [text.split("= ")[1] for text in shown] == [
        "1.00, span 1.00", "0.00, span 0.50", "0.00, span 1.00"
    ]  # fmt: skip


def test_the_margin_panel_holds_estimate_and_truth() -> None:
    figure = draw("margins")
    panels = [axes for axes in figure.axes if "true" in axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["margin 0.40, true 0.30"] * 2
    marked = {line.get_label(): line.get_xdata() for line in panels[0].lines}
    np.testing.assert_allclose(marked["$x_b$"], [0.1])


def test_every_sample_and_every_class_mean_has_a_line() -> None:
    panel = draw("sample_alignments").axes[1]
    (lines,) = panel.collections
    assert len(lines.get_segments()) == 5
    labelled = {line.get_label(): line for line in panel.lines}
    np.testing.assert_allclose(
        labelled["class 1"].get_ydata(), class_means(samples(), eigenvectors=3)[1]
    )


def test_one_legend_explains_the_classes_of_all_panels() -> None:
    inputs, settings = inputs_and_settings("sample_alignments")
    more = inputs["alignment_samples"][1].copy()
    more["label"] = "sample", [0, 1, 2, 1, 1]
    inputs["alignment_samples"][1] = more
    figure = LAYOUTS["sample_alignments"].draw(inputs, settings)
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    entries = [[text.get_text() for text in legend.get_texts()] for legend in legends]
    assert entries == [["class 0", "class 1", "class 2"]]


def test_toy_figure_marks_the_boundary_and_shares_its_colours() -> None:
    figure = draw("walkthrough", eigenvectors=2)
    panels = {axes.get_title(loc="left")[:5]: axes for axes in figure.axes}
    assert "$x_{1}$" in texts(figure)  # one boundary point: neither left nor right
    gradients, vectors = panels["(C.3)"], panels["(C.4)"]
    assert gradients.images[0].get_clim() == vectors.images[0].get_clim()
    assert [text.get_text() for text in gradients.get_yticklabels()] == [
        "$W_{1}$",
        "$b_{1}$",
        "$W_{2}$",
        "$b_{2}$",
    ]
    dotted = [line for line in panels["(C.5)"].lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose([line.get_xdata()[0] for line in dotted], [0.1])
    points = panels["(C.2)"].lines[0].get_ydata()
    np.testing.assert_allclose(points, [3, 1, 0.2, 0.1] + [0] * 38)


def test_all_eigenvectors_are_drawn_on_a_logarithmic_axis() -> None:
    panel = draw("sample_alignments", eigenvectors="all").axes[1]
    assert panel.get_xscale() == "log"
    assert len(panel.collections[0].get_segments()[0]) == 4


def test_panels_go_on_in_a_further_row() -> None:
    figure = draw("sample_alignments", columns=1)
    first, second = (axes.get_position() for axes in figure.axes)
    assert first.x0 == second.x0
    assert first.y0 > second.y1
