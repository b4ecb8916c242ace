"""What single figures show: points, lines, legends, notes."""

import numpy as np
from matplotlib.colors import to_rgb

from helpers.drawn_layouts import texts
from helpers.made_up_artifacts import dataset, samples, spectrum
from helpers.made_up_layouts import LAYOUTS, draw, inputs_and_settings
from hessian_boundary.figures.layouts import covariance_comparison, similarity_metrics
from hessian_boundary.figures.sample_panels import class_means
from hessian_boundary.figures.step_by_step.line_panels import pieces
from hessian_boundary.figures.style import class_colour


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


def test_maps_of_an_own_scale_say_which_and_every_direction_has_a_name() -> None:
    common, own = draw("comparison_directions"), draw("comparison_directions", own_scale=True)
    images = {name: [a.images[0] for a in f.axes if a.images] for name, f in
              {"common": common, "own": own}.items()}  # fmt: skip
    assert {image.get_clim() for image in images["common"]} == {(-1, 1)}
    assert {image.get_clim() for image in images["own"]} == {(-0.5, 0.5), (-0.01, 0.01)}
    titles = [axes.get_title() for axes in own.axes]
    assert titles[:3] == ["prediction", "$v_{1}$, ±0.5", "$v_{2}$, ±0.5"]
    assert {"$v_{-1}$, ±0.01", "draw 3, ±0.01"} < set(titles)


def test_the_prediction_that_all_directions_share_is_drawn_once() -> None:
    figure = draw("comparison_directions")
    predictions = [axes for axes in figure.axes if axes.get_ylabel()]
    assert [axes.get_ylabel().split("\n")[0] for axes in predictions] == [
        "top", "bottom", "random", "random"
    ]  # fmt: skip
    assert [bool(axes.collections) for axes in predictions] == [True, False, False, False]


def test_the_covariance_is_compared_by_cosine_and_by_subspace() -> None:
    inputs, settings = inputs_and_settings("covariance_comparison")
    turned = np.eye(42)[[0, 2, 1, 3]]  # the second and third change places: same span
    inputs["spectrum"][1] = spectrum().assign(eigenvectors=(("eigen", "parameter"), turned))
    figure = covariance_comparison.draw(inputs, settings)
    shown = [axes.get_title() for axes in figure.axes if "β" in axes.get_title()]
    assert [text.split(" = ")[1] for text in shown] == [
        "1.00", "0.00\nfirst 2: 0.50", "0.00\nfirst 3: 1.00"
    ]  # fmt: skip


def test_maps_of_the_covariance_have_the_signs_of_a_positive_beta() -> None:
    inputs, settings = inputs_and_settings("covariance_comparison")
    signs = np.array([1, -1, 1, -1.0])[:, None]
    inputs["spectrum"][1] = spectrum().assign(
        eigenvectors=(("eigen", "parameter"), signs * np.eye(42)[:4])
    )
    panels = covariance_comparison.draw(inputs, settings).axes[:8]
    means = [panel.images[0].get_array().mean() for panel in panels if panel.images]
    np.testing.assert_allclose(means, [0.5, 0.5, 0.5, 0.5, -0.5, 0.5])


def test_the_margin_panel_holds_estimate_and_truth_to_scale() -> None:
    figure = draw("margins")
    panels = [axes for axes in figure.axes if "true" in axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["estimated 0.40 (- -)\ntrue 0.30 (—)"] * 2
    assert panels[0].get_aspect() == 1
    lines = {line.get_label(): line.get_xydata() for line in panels[0].lines}
    np.testing.assert_allclose(lines["$x_b$"], [[0.1, 0]])
    # the second training sample is nearest: its way to the boundary is the true margin
    training = dataset()["x"].values[1]
    np.testing.assert_allclose(lines["true margin"], [training, [0.1, -0.4]])
    estimated, other = (
        next(line.get_xydata() for line in panels[0].lines if line.get_linestyle() == style)
        for style in ("--", ":")
    )
    np.testing.assert_allclose(estimated, [[0.1, 0], [0.5, 0]])
    np.testing.assert_allclose(other, [[0.1, 0], [-0.5, 0]])
    (low, high), (left, right) = panels[0].get_ylim(), panels[0].get_xlim()
    assert high - low == right - left


def test_every_sample_and_every_class_mean_has_a_line() -> None:
    panel = draw("sample_alignments").axes[1]
    (lines,) = panel.collections
    assert len(lines.get_segments()) == 5
    labelled = {line.get_label(): line for line in panel.lines}
    np.testing.assert_allclose(
        labelled["class 1"].get_ydata(), class_means(samples(), eigenvectors=3)[1]
    )


def test_no_class_is_drawn_after_all_others() -> None:
    many = samples().isel(sample=[0, 2] * 50 + [1, 3] * 50)
    inputs, settings = inputs_and_settings("sample_alignments")
    figure = LAYOUTS["sample_alignments"].draw(
        inputs | {"alignment_samples": [many, many]}, settings
    )
    first = to_rgb(class_colour(0))
    of_first = [
        tuple(colour[:3]) == first for colour in figure.axes[0].collections[0].get_edgecolors()
    ]
    assert sum(of_first) == 100
    assert 20 < sum(of_first[:100]) < 80


def test_panels_name_the_data_set_that_they_share() -> None:
    shared = draw("sample_alignments", experiments=["iris/normal", "iris/adversarial"])
    assert [axes.get_title() for axes in shared.axes] == ["Iris, normal", "Iris, adversarial"]
    rows = draw("alignment_maps", experiments=["mnist_017/normal", "mnist_017/adversarial"])
    assert rows.legends[0].get_title().get_text() == "MNIST-017"
    assert draw("alignment_maps").legends[0].get_title().get_text() == ""  # there are two


def test_a_legend_stands_where_the_classes_are_others_than_before() -> None:
    inputs, settings = inputs_and_settings("sample_alignments")
    figure = LAYOUTS["sample_alignments"].draw(inputs, settings)
    assert [axes.get_legend() is not None for axes in figure.axes] == [True, False]
    more = inputs["alignment_samples"][1].copy()
    more["label"] = "sample", [0, 1, 2, 1, 1]
    inputs["alignment_samples"][1] = more
    figure = LAYOUTS["sample_alignments"].draw(inputs, settings)
    entries = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes]
    assert entries == [["class 0", "class 1"], ["class 0", "class 1", "class 2"]]


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


def test_a_curve_is_cut_where_the_prediction_changes() -> None:
    x, values = np.arange(4.0), np.array([1.0, 2.0, -2.0, -1.0])
    (left, before), (right, after) = pieces(x, values, np.array([1.2]))
    np.testing.assert_array_equal(left, [0, 1, 1.2])
    np.testing.assert_array_equal(before, [1, 2, 2])
    np.testing.assert_array_equal(right, [1.2, 2, 3])
    np.testing.assert_array_equal(after, [-2, -2, -1])
    whole = pieces(x, values, np.array([]))
    np.testing.assert_array_equal(whole, [(x, values)])


def test_all_eigenvectors_are_drawn_as_quantiles_on_one_logarithmic_axis() -> None:
    inputs, settings = inputs_and_settings("sample_alignments", eigen=2)
    figure = LAYOUTS["sample_alignments"].draw(inputs, settings | {"eigenvectors": "all"})
    assert [panel.get_xscale() for panel in figure.axes] == ["log", "log"]
    # the first model has two eigenvectors, the second four
    assert [panel.get_xlim() for panel in figure.axes] == [(0.9, 4)] * 2
    widest = figure.axes[1].collections[0].get_paths()[0].vertices[:, 1]
    own = samples()["alignment"].values[:, [0, 2]]
    np.testing.assert_allclose(widest.min(), np.quantile(own, 0.05, axis=1).min())
    np.testing.assert_allclose(widest.max(), np.quantile(own, 0.95, axis=1).max())


def test_panels_go_on_in_a_further_row() -> None:
    figure = draw("sample_alignments", columns=1)
    first, second = (axes.get_position() for axes in figure.axes)
    assert first.x0 == second.x0
    assert first.y0 > second.y1
