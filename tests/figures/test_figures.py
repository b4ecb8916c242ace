"""Figures of artifacts small enough to know what every panel must show."""

from typing import Any

import numpy as np
import pytest

from helpers.made_up_artifacts import (
    AXIS,
    EVERY_KIND,
    LAYOUTS,
    dataset,
    draw,
    inputs_and_settings,
    samples,
    spectrum,
)
from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.schema import KINDS, check
from hessian_boundary.artifacts.store import save_artifact, save_figure
from hessian_boundary.figures.layouts import (
    covariance_comparison,
    similarity_metrics,
    walkthrough,
)
from hessian_boundary.figures.panels import class_means
from hessian_boundary.figures.row_labels import row_labels
from hessian_study.configuration.layouts import artifacts_of
from hessian_study.jobs.job import Job
from hessian_study.steps import figure as figure_step

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


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_made_up_artifacts_fulfil_the_contract() -> None:
    assert set(EVERY_KIND) == set(KINDS)
    for kind, make in EVERY_KIND.items():
        check(make(), kind)


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
    folder = ROOT / "pipeline/hessian_boundary/figures/layouts"
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


def test_numbers_of_maps_of_partial_spectra_have_no_ratio_of_what_is_not_known() -> None:
    inputs, settings = inputs_and_settings("alignment_maps")
    partial = [samples.assign_attrs(complete=False) for samples in inputs["alignment_samples"]]
    table = LAYOUTS["alignment_maps"].numbers(inputs | {"alignment_samples": partial}, settings)
    assert "agreement_with_first_row" in set(table["quantity"])
    assert not {"trace_ratio", "g_theta_max_ratio"} & set(table["quantity"])


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
