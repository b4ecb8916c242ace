"""Figures of artifacts small enough to know what every panel must show."""

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from pipeline.artifacts import save_artifact, save_figure
from pipeline.figures import fig01, fig02, fig04, fig05
from pipeline.figures.boundary import boundary_points, class_margins, class_means
from pipeline.figures.line_panels import gradient_map
from pipeline.figures.panels import alignment_map, draw_boundary, spectrum_histogram
from pipeline.figures.style import UNDEFINED, new_figure, publication_style
from pipeline.schema import check, string_array
from workflow.job import Job
from workflow.scripts import figure as figure_step

ABOUT = {"rank": 4, "null_space_dimension": 38, "method": "dense"}
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


def inputs_and_settings(name: str, eigen: int = 4) -> tuple[dict[str, list], dict[str, Any]]:
    """What a figure is given when its first model has `eigen` eigenvectors."""
    first = min(eigen, 3)
    rows = {"trainings": ["large_norm", "normal"], "eigenvectors": 3, "profile": "note"}
    match name:
        case "fig01":
            grids, of_samples = [grid(first), grid()], [samples(eigen), samples()]
            return {"datasets": [dataset()], "grids": grids, "samples": of_samples}, rows
        case "fig02":
            return {"samples": [samples(eigen), samples()]}, rows
        case "fig04":
            return {
                "datasets": [dataset(features=1)],
                "models": [model()],
                "spectra": [spectrum(eigen)],
                "grids": [grid(first, dims=("x",))],
                "samples": [samples(eigen)],
            }, {"eigenvectors": 2, "profile": ""}
    experiments = ["half_moon/normal", "checkerboard/narrow_margin"]
    return {"datasets": [dataset()] * 2, "grids": [grid(first), grid()]}, {
        "experiments": experiments,
        "eigenvectors": 3,
        "profile": "",
    }


DRAW = {"fig01": fig01.draw, "fig02": fig02.draw, "fig04": fig04.draw, "fig05": fig05.draw}
# rows × (classes + 3 alignments + spectrum) + colour bar; trainings; 7 panels + colour bar
PANELS = {"fig01": 2 * 5 + 1, "fig02": 2, "fig04": 8, "fig05": 2 * 4 + 1}


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
    ]:
        check(artifact, kind)


@pytest.mark.parametrize("name", DRAW)
def test_figure_has_every_panel_and_is_saved_with_the_projects_settings(name, tmp_path) -> None:
    figure = DRAW[name](*inputs_and_settings(name))
    assert len(figure.axes) == PANELS[name]
    save_figure(figure, {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"})
    png = (tmp_path / "a.png").read_bytes()
    # width in pixels: 7 inches at 300 dots per inch
    assert int.from_bytes(png[16:20], "big") == 2100
    assert b"/Subtype /TrueType" in (tmp_path / "a.pdf").read_bytes() or (
        b"/Subtype /Type0" in (tmp_path / "a.pdf").read_bytes()
    )


@pytest.mark.parametrize("name", DRAW)
def test_diverged_training_is_said_in_its_panels(name) -> None:
    figure = DRAW[name](*inputs_and_settings(name, eigen=0))
    expected = {"fig01": 5, "fig02": 1, "fig04": 5, "fig05": 4}[name]
    assert texts(figure).count("training\ndiverged") == expected


def test_labels_are_readable() -> None:
    figure = fig05.draw(*inputs_and_settings("fig05"))
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["half-moon", "checkerboard\n(narrow margin)"]
    figure = fig02.draw(*inputs_and_settings("fig02"))
    assert [axes.get_title() for axes in figure.axes] == ["large norm", "normal"]
    assert [text.get_text() for text in fig01.draw(*inputs_and_settings("fig01")).texts] == ["note"]


def test_eigenvectors_beyond_the_rank_are_left_off_with_a_note() -> None:
    inputs, settings = inputs_and_settings("fig05", eigen=2)
    assert texts(fig05.draw(inputs, settings)) == ["rank < 3"]
    inputs["grids"][0].attrs["rank"] = 4  # resolved, and the grid was made with fewer
    assert texts(fig05.draw(inputs, settings)) == ["not\ncomputed"]


def test_boundary_is_drawn_where_the_logits_cross(axes) -> None:
    draw_boundary(axes, grid(), width=1)
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
    image = alignment_map(axes, grid(), 0)
    pixels = image.to_rgba(image.get_array())
    np.testing.assert_allclose(pixels[0, 0, :3], to_rgb(UNDEFINED))
    assert np.abs(pixels[1, 1, :3] - to_rgb(UNDEFINED)).max() > 0.1
    assert image.get_clim() == (-1, 1)
    legend = fig05.draw(*inputs_and_settings("fig05")).legends[0]
    assert legend.get_texts()[-1].get_text() == "gradient too short"


def test_histogram_counts_every_eigenvalue_once(axes) -> None:
    counts = spectrum_histogram(axes, samples(), marked=2)
    assert counts.sum() == 4 + 38
    # from -0.1 to 3 in 60 bins: zero is in the second, the largest in the last
    assert (counts[1], counts[-1]) == (38, 1)
    (marks,) = axes.lines
    np.testing.assert_array_equal(marks.get_xdata(), [3, 1])


def test_class_means_leave_out_samples_without_direction() -> None:
    alignment = samples()["alignment"].values
    means = class_means(samples(), eigenvectors=3)
    np.testing.assert_allclose(means[0], (alignment[:3, 0] + alignment[:3, 2]) / 2)
    np.testing.assert_allclose(means[1], (alignment[:3, 1] + alignment[:3, 3]) / 2)


def test_every_sample_and_every_class_mean_has_a_line() -> None:
    panel = fig02.draw(*inputs_and_settings("fig02")).axes[1]
    (lines,) = panel.collections
    assert len(lines.get_segments()) == 5
    labelled = {line.get_label(): line for line in panel.lines}
    np.testing.assert_allclose(
        labelled["class 1"].get_ydata(), class_means(samples(), eigenvectors=3)[1]
    )


def test_toy_figure_marks_the_boundary_and_shares_its_colours() -> None:
    figure = fig04.draw(*inputs_and_settings("fig04"))
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


def test_step_opens_its_artifacts_and_writes_both_files(tmp_path) -> None:
    inputs, settings = inputs_and_settings("fig05")
    paths: dict[str, list[str]] = {}
    for name, kind in [("datasets", "dataset"), ("grids", "alignment_grid")]:
        paths[name] = [str(tmp_path / f"{name}{i}.zarr.zip") for i in range(2)]
        for artifact, path in zip(inputs[name], paths[name], strict=True):
            save_artifact(artifact, path, kind, provenance={})
    output = {kind: str(tmp_path / f"fig05.{kind}") for kind in ("pdf", "png")}
    spec = {"settings": {**settings, "figure": "fig05"}, "wildcards": {}}
    figure_step.main(Job(spec, paths, output, device="cpu"))
    assert (tmp_path / "fig05.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "fig05.png").read_bytes().startswith(b"\x89PNG")
