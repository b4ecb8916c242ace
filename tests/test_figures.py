"""Figures of artifacts small enough to know what every panel must show."""

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from tiny_study import ROOT

from pipeline.artifacts import save_artifact, save_figure
from pipeline.figures.boundary import boundary_points, class_margins, class_means
from pipeline.figures.labels import row_labels
from pipeline.figures.layouts import (
    alignment_maps,
    comparison_directions,
    covariance_comparison,
    data_sets,
    embedded_alignments,
    feature_alignments,
    margins,
    sample_alignments,
    similarity_metrics,
    walkthrough,
)
from pipeline.figures.line_panels import gradient_map
from pipeline.figures.panels import alignment_map, draw_boundary
from pipeline.figures.spectrum_panel import mark_outliers, spectrum_histogram
from pipeline.figures.style import UNDEFINED, new_figure, publication_style
from pipeline.schema import check, string_array
from workflow.job import Job
from workflow.layouts import artifacts_of
from workflow.scripts import figure as figure_step

ABOUT = {"rank": 4, "null_space_dimension": 38, "not_computed": 0, "method": "dense"}
AXIS = np.linspace(-1, 1, 9)


def dataset(features: int = 2) -> xr.Dataset:
    """Six samples of three classes; the last is not trained on."""
    return xr.Dataset(
        {
            "x": (("sample", "feature"), np.linspace(-0.8, 0.8, 6 * features).reshape(6, features)),
            "y": ("sample", [0, 0, 1, 1, 2, 2]),
            "y_random": ("sample", [0, 1, 2, 0, 1, 2]),
            "split": ("sample", string_array(["train"] * 5 + ["test"])),
        }
    )


def grid(eigen: int = 3, dims: tuple[str, ...] = ("y", "x")) -> xr.Dataset:
    """Class 1 where x > 0.1, for one or two features; alignment 0.5 everywhere but one NaN."""
    shape = (len(AXIS),) * len(dims)
    x = np.broadcast_to(AXIS, shape)
    alignment = np.full((eigen, *shape), 0.5)
    alignment[:, *(0,) * len(dims)] = np.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", *dims), alignment),
            "scalar_product": (("eigen", *dims), alignment),
            "gradient_norm": (dims, np.ones(shape)),
            "logits": (("class", *dims), np.stack([np.zeros(shape), 2 * (x - 0.1)])),
            "prediction": (dims, (x > 0.1).astype(int)),
            "gradient": (("parameter", *dims), np.full((42, *shape), 42**-0.5)),
        },
        coords=dict.fromkeys(dims, AXIS) | {"eigenvalue": ("eigen", [3.0, 1, 0.2, 0.1][:eigen])},
        attrs=ABOUT | {"rank": min(4, eigen)},
    )


def samples(eigen: int = 4) -> xr.Dataset:
    """Five samples, of which the last has no direction."""
    alignment = np.linspace(-1, 1, eigen * 5).reshape(eigen, 5)
    alignment[:, 4] = np.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "scalar_product": (("eigen", "sample"), alignment),
            "random_alignment": (("direction", "sample"), np.zeros((5, 5))),
            "gradient_norm": ("sample", np.ones(5)),
            "resolved_share": ("sample", np.ones(5)),
            "label": ("sample", [0, 1, 0, 1, 1]),
            "prediction": ("sample", [0, 1, 0, 1, 1]),
        },
        coords={"eigenvalue": ("eigen", [3.0, 1.0, 0.2, -0.1][:eigen])},
        attrs=ABOUT,
    )


def spectrum(eigen: int = 4) -> xr.Dataset:
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.array([3.0, 1.0, 0.2, 0.1])[:eigen]),
            "eigenvectors": (("eigen", "parameter"), np.eye(42)[:eigen]),
            "residuals": ("eigen", np.zeros(eigen)),
        },
        attrs=ABOUT,
    )


def model() -> xr.Dataset:
    layers = ["0.weight"] * 10 + ["0.bias"] * 10 + ["2.weight"] * 20 + ["2.bias"] * 2
    return xr.Dataset(
        {
            "parameters": ("parameter", np.zeros(42)),
            "layer": ("parameter", string_array(layers)),
            "loss": ("epoch", np.zeros(1)),
            "accuracy": ("epoch", np.ones(1)),
        },
        attrs={"architecture": json.dumps({"hidden": [10]}), "input_shape": [1], "classes": 2},
    )


def embedding() -> xr.Dataset:
    points = np.arange(10.0).reshape(5, 2)
    return xr.Dataset({"embedding": (("sample", "coordinate"), points)})


def directions() -> xr.Dataset:
    """Four kinds of three directions; alignment 0.5, and 0.01 with the random ones."""
    one = grid().rename(eigen="index").drop_vars(["eigenvalue", "scalar_product"])
    sizes = xr.DataArray([0.5, 0.01, 0.01, 0.01], dims="kind")
    samples_part = xr.DataArray(np.zeros((4, 3, 5)), dims=("kind", "index", "sample"))
    kinds = ["top", "bottom", "random eigenvector", "random direction"]
    return xr.Dataset(
        {
            "alignment": sizes * xr.ones_like(one["alignment"]),
            "sample_alignment": samples_part,
            "logits": one["logits"],
        },
        coords={"kind": string_array(kinds), "index": [1, 2, 3]},
    )


def margin() -> xr.Dataset:
    points = {"x_boundary": [0.1, 0.0], "x_max": [0.5, 0.0], "x_min": [-0.5, 0.0]}
    return xr.Dataset(
        {name: ("feature", np.array(point)) for name, point in points.items()},
        attrs={"margin": 0.4, "squared_cosine": 0.99},
    )


def decision_boundary() -> xr.Dataset:
    """The line x = 0.1, from bottom to top."""
    return xr.Dataset(
        {
            "start": (("piece", "feature"), [[0.1, -1.0]]),
            "end": (("piece", "feature"), [[0.1, 1.0]]),
            "classes": (("piece", "side"), [[0, 1]]),
            "part": ("piece", [0]),
            "distance": ("sample", np.array([0.9, 0.3])),
        },
        attrs={"pieces": 1, "untraced": ""},
    )


def features_of(points: xr.Dataset) -> xr.Dataset:
    return points.assign_coords(feature=string_array(["width", "length"]))


LAYOUTS = {
    "alignment_maps": alignment_maps,
    "comparison_directions": comparison_directions,
    "covariance_comparison": covariance_comparison,
    "data_sets": data_sets,
    "embedded_alignments": embedded_alignments,
    "feature_alignments": feature_alignments,
    "margins": margins,
    "sample_alignments": sample_alignments,
    "similarity_metrics": similarity_metrics,
    "walkthrough": walkthrough,
}
# panels beside the colour bar, for two experiments (the toy's, the directions': one)
PANELS = {
    "alignment_maps": 2 * (1 + 3 + 1),  # classes, alignments, spectrum
    "comparison_directions": 4 * (1 + 3),
    "covariance_comparison": 2 * (1 + 3),
    "data_sets": 2 - 1,  # no colour bar
    "embedded_alignments": 2 * (1 + 3 + 1),
    "feature_alignments": 2 * (1 + 3 + 1),
    "margins": 2 * (1 + 3 + 1 + 1),
    "sample_alignments": 2 - 1,
    "similarity_metrics": 4 * (1 + 3),
    "walkthrough": 7,
}
# panels that say so when the first of two trainings diverged
DIVERGED_PANELS = {
    "alignment_maps": 5,
    "covariance_comparison": 4,
    "embedded_alignments": 5,
    "feature_alignments": 5,
    "margins": 5,
    "sample_alignments": 1,
    "similarity_metrics": 8,
    "walkthrough": 5,
}


def inputs_and_settings(layout: str, eigen: int = 4) -> tuple[dict[str, list], dict[str, Any]]:
    """What a layout is given when its first model has `eigen` eigenvectors."""
    toy, first = layout == "walkthrough", min(eigen, 3)
    dims = ("x",) if toy else ("y", "x")
    made = {
        "dataset": [features_of(dataset()) if not toy else dataset(features=1), dataset()],
        "model": [model()],
        "spectrum": [spectrum(eigen), spectrum()],
        "alignment_grid": [grid(first, dims), grid()],
        "alignment_samples": [samples(eigen), samples()],
        "alignment_directions": [directions()],
        "embedding": [embedding(), embedding()],
        "margin": [margin(), margin()],
        "decision_boundary": [decision_boundary(), decision_boundary()],
    }
    if layout == "feature_alignments":
        made["dataset"] = [features_of(dataset())] * 2
    single = layout in ("walkthrough", "comparison_directions")
    experiments = ["half_moon/normal", "checkerboard/narrow_margin"][: 1 if single else 2]
    inputs = {kind: made[kind][: len(experiments)] for kind in LAYOUTS[layout].ARTIFACTS}
    settings = {"experiments": experiments, "eigenvectors": 3, "profile": "note"}
    return inputs, settings | {"features": ["length", "width"]}


def draw(layout: str, eigen: int = 4, **settings: Any) -> Any:
    inputs, defaults = inputs_and_settings(layout, eigen)
    return LAYOUTS[layout].draw(inputs, defaults | settings)


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.fixture
def axes() -> Any:
    return new_figure(1).add_subplot()


def test_made_up_artifacts_fulfil_the_contract() -> None:
    for kind, artifact in [
        ("dataset", dataset()),
        ("alignment_grid", grid()),
        ("alignment_samples", samples()),
        ("spectrum", spectrum()),
        ("model", model()),
        ("embedding", embedding()),
        ("alignment_directions", directions()),
        ("margin", margin()),
        ("decision_boundary", decision_boundary()),
    ]:
        check(artifact, kind)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_figure_has_every_panel_and_is_saved_with_the_projects_settings(layout, tmp_path) -> None:
    figure = draw(layout)
    assert len(figure.axes) == PANELS[layout] + 1
    save_figure(figure, {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"})
    png = (tmp_path / "a.png").read_bytes()
    # width in pixels: 7 inches at 300 dots per inch
    assert int.from_bytes(png[16:20], "big") == 2100
    assert b"/Subtype /TrueType" in (tmp_path / "a.pdf").read_bytes() or (
        b"/Subtype /Type0" in (tmp_path / "a.pdf").read_bytes()
    )


def test_every_layout_is_tested() -> None:
    folder = ROOT / "pipeline/figures/layouts"
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(LAYOUTS)
    for name, module in LAYOUTS.items():
        assert artifacts_of(name) == module.ARTIFACTS


@pytest.mark.parametrize("layout", DIVERGED_PANELS)
def test_diverged_training_is_said_in_its_panels(layout) -> None:
    assert texts(draw(layout, eigen=0)).count("training\ndiverged") == DIVERGED_PANELS[layout]


def labels_of(*experiments: str) -> list[str]:
    return row_labels({"experiments": experiments})


def test_labels_say_what_tells_the_rows_apart() -> None:
    assert labels_of("gaussian/normal", "gaussian/large_norm") == ["normal", "large norm"]
    assert labels_of("circle/normal", "checkerboard/narrow_margin") == [
        "circle",
        "checkerboard\n(narrow margin)",
    ]
    assert labels_of("gaussian/normal/class0", "gaussian/normal/class2") == [
        "loss of class 0",
        "loss of class 2",
    ]
    assert labels_of("a/dynamics/epoch0", "a/dynamics/epoch50") == ["epoch 0", "epoch 50"]
    assert labels_of("gaussian/adam") == ["adam"]
    assert row_labels({"experiments": ["a/b"], "labels": ["Adam"]}) == ["Adam"]
    assert [text.get_text() for text in draw("alignment_maps").texts] == ["note"]


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


def test_class_means_leave_out_samples_without_direction() -> None:
    alignment = samples()["alignment"].values
    means = class_means(samples(), eigenvectors=3)
    np.testing.assert_allclose(means[0], (alignment[:3, 0] + alignment[:3, 2]) / 2)
    np.testing.assert_allclose(means[1], (alignment[:3, 1] + alignment[:3, 3]) / 2)


def test_every_sample_and_every_class_mean_has_a_line() -> None:
    panel = draw("sample_alignments").axes[1]
    (lines,) = panel.collections
    assert len(lines.get_segments()) == 5
    labelled = {line.get_label(): line for line in panel.lines}
    np.testing.assert_allclose(
        labelled["class 1"].get_ydata(), class_means(samples(), eigenvectors=3)[1]
    )


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


def test_gradients_are_asked_for_by_name(axes) -> None:
    with pytest.raises(ValueError, match=r"expected the variable gradient\(parameter, x\)"):
        gradient_map(axes, grid(dims=("x",)).drop_vars("gradient"), model())


def test_style_leaves_the_callers_settings_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with publication_style():
        assert mpl.rcParams["pdf.fonttype"] == 42
    assert dict(mpl.rcParams) == before


def test_all_eigenvectors_are_drawn_on_a_logarithmic_axis() -> None:
    panel = draw("sample_alignments", eigenvectors="all").axes[1]
    assert panel.get_xscale() == "log"
    assert len(panel.collections[0].get_segments()[0]) == 4


def test_panels_go_on_in_a_further_row() -> None:
    figure = draw("sample_alignments", columns=1)
    first, second = (axes.get_position() for axes in figure.axes)
    assert first.x0 == second.x0
    assert first.y0 > second.y1


def test_step_opens_its_artifacts_and_writes_both_files(tmp_path) -> None:
    inputs, settings = inputs_and_settings("alignment_maps")
    paths: dict[str, list[str]] = {}
    for kind, artifacts in inputs.items():
        paths[kind] = [str(tmp_path / f"{kind}{i}.zarr.zip") for i in range(2)]
        for artifact, path in zip(artifacts, paths[kind], strict=True):
            save_artifact(artifact, path, kind, provenance={})
    output = {kind: str(tmp_path / f"figure.{kind}") for kind in ("pdf", "png", "csv")}
    spec = {"settings": {**settings, "layout": "alignment_maps"}, "wildcards": {}}
    figure_step.main(Job(spec, paths, output, device="cpu"))
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "figure.csv").read_text().startswith("experiment,quantity,value\n")


def test_counts_of_a_partial_spectrum_are_an_estimate_and_say_so(axes) -> None:
    partial = samples().assign_attrs(null_space_dimension=0, not_computed=38, complete=False)
    partial["density_nodes"] = ("probe", "step"), np.array([[0.0, 3.0], [0.0, 2.9]])
    partial["density_weights"] = ("probe", "step"), np.array([[0.9, 0.1], [0.8, 0.2]])
    counts = spectrum_histogram(axes, partial, marked=1)
    assert counts.sum() == pytest.approx(42)
    assert counts[-1] == pytest.approx(0.1 * 42 / 2)
    assert "estimate" in [text.get_text() for text in axes.texts]


def numbers(layout: str, **settings: Any) -> dict[tuple[str, str], float]:
    inputs, defaults = inputs_and_settings(layout)
    table = LAYOUTS[layout].numbers(inputs, defaults | settings)
    return table.set_index(["experiment", "quantity"])["value"].to_dict()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_numbers_and_leaves_out_what_diverged(layout) -> None:
    found = numbers(layout)
    assert found
    inputs, settings = inputs_and_settings(layout, eigen=0)
    if layout in DIVERGED_PANELS and layout != "covariance_comparison":
        table = LAYOUTS[layout].numbers(inputs, settings)
        assert set(table["experiment"]) < {name for name, _ in found}


def test_numbers_of_maps_compare_rows_with_the_first() -> None:
    found = numbers("alignment_maps", experiments=["a/normal", "a/rescaled"])
    assert found["a/rescaled", "agreement_with_first_row"] == 1
    assert found["a/rescaled", "trace_ratio"] == 1
    assert ("a/normal", "trace_ratio") not in found
    assert found["a/normal", "alignment_at_boundary"] == 0.5
    assert ("a/normal", "own_boundary_alignment") not in found
    assert numbers("alignment_maps", experiments=["a/b/class0", "a/b/class1"])[
        "a/b/class0", "own_boundary_alignment"
    ] == pytest.approx(0.5)


def test_numbers_of_the_toy_say_where_alignment_flips() -> None:
    inputs, settings = inputs_and_settings("walkthrough")
    sign = np.where(AXIS > 0.1, 1.0, -1.0)
    inputs["alignment_grid"][0]["alignment"] = ("eigen", "x"), np.stack([0.8 * sign, sign**2, sign])
    table = walkthrough.numbers(inputs, settings | {"eigenvectors": 2}).set_index("quantity")[
        "value"
    ]
    assert table["boundary_points"] == 1
    assert table["boundary_point_1"] == pytest.approx(0.1)
    assert table["A_1_flip"] == pytest.approx(0.8)
    assert table["A_2_flip"] == 0
