"""Every layout: its panels and numbers, what it says of diverged trainings, its step."""

from itertools import combinations
from typing import Any

import pytest
from matplotlib.text import Text

from helpers.drawn_layouts import numbers, texts
from helpers.made_up_artifacts import EVERY_KIND, dataset
from helpers.made_up_layouts import LAYOUTS, draw, inputs_and_settings
from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.schema import KINDS, check
from hessian_boundary.artifacts.store import save_artifact, save_figure
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
    "scatter": 1 - 1,
    "similarity_metrics": 4 * (1 + 3),
    "walkthrough": 7,
}


# panels that say so when the first of two trainings diverged
DIVERGED_PANELS = {
    "alignment_maps": 5,
    "covariance_comparison": 4,
    "embedded_alignments": 5,
    "feature_alignments": 5,
    "margins": 6,
    "sample_alignments": 1,
    "similarity_metrics": 8,
    "walkthrough": 5,
}


def test_made_up_artifacts_fulfil_the_contract() -> None:
    assert set(EVERY_KIND) == set(KINDS) - {"models", "factor"}  # which no figure shows
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


def smallest_type(figure: Any) -> float:
    texts = figure.findobj(Text)
    return min(text.get_fontsize() for text in texts if text.get_text() and text.get_visible())


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "width" in LAYOUTS[name].TAKEN])
def test_one_column_has_the_same_panels_within_its_width_and_type_as_large(layout) -> None:
    page, column = draw(layout), draw(layout, width="column")
    assert (page.get_figwidth(), column.get_figwidth()) == (7, 3.4)
    assert len(column.axes) == len(page.axes)
    places = [axes.get_position() for axes in column.axes]
    assert all(place.x0 > 0 and place.x1 < 1 and place.y0 > 0 and place.y1 < 1 for place in places)
    assert not any(a.overlaps(b) for a, b in combinations(places, 2))
    assert smallest_type(page) == smallest_type(column) >= 7


def test_every_layout_is_tested() -> None:
    folder = ROOT / "pipeline/hessian_boundary/figures/layouts"
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(LAYOUTS)
    for name, module in LAYOUTS.items():
        assert artifacts_of(name) == module.ARTIFACTS


@pytest.mark.parametrize("layout", DIVERGED_PANELS)
def test_diverged_training_is_said_in_its_panels(layout) -> None:
    assert texts(draw(layout, eigen=0)).count("training\ndiverged") == DIVERGED_PANELS[layout]


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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_numbers_and_leaves_out_what_diverged(layout) -> None:
    found = numbers(layout)
    assert found
    inputs, settings = inputs_and_settings(layout, eigen=0)
    if layout in DIVERGED_PANELS and layout != "covariance_comparison":
        table = LAYOUTS[layout].numbers(inputs, settings)
        assert set(table["experiment"]) < {name for name, _ in found}


class Recorded(dict):
    """Settings that note which of them are asked for: needed ones, and others if there."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.needed: set[str] = set()
        self.taken: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.needed.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.taken.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.taken.add(str(key))
        return super().__contains__(key)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_takes_the_settings_that_it_says_and_no_others(layout) -> None:
    inputs, given = inputs_and_settings(layout)
    settings, module = Recorded(given), LAYOUTS[layout]
    module.draw(inputs, settings)
    module.numbers(inputs, settings)
    assert settings.needed - {"experiments", "note", "values"} == set(module.NEEDED)
    assert settings.taken == set(module.TAKEN)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_a_layout_that_says_so_draws_all_eigenvectors(layout) -> None:
    if getattr(LAYOUTS[layout], "ALL_EIGENVECTORS", False):
        assert draw(layout, eigenvectors="all").axes
    elif "eigenvectors" in LAYOUTS[layout].NEEDED:
        with pytest.raises(TypeError):
            draw(layout, eigenvectors="all")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_step_refuses_data_sets_with_other_features(layout) -> None:
    module, settings = LAYOUTS[layout], {"layout": layout, "experiments": ["a/b", "c/d"]}
    fits, wide = dataset(getattr(module, "FEATURES", 2)), dataset(features=4)
    figure_step.check_features(module, settings, [fits, fits])
    if hasattr(module, "FEATURES"):
        found = rf"layout {layout}, found inputs of shape \(4,\) in c/d; take another layout"
        with pytest.raises(ValueError, match=found):
            figure_step.check_features(module, settings, [fits, wide])
    else:
        figure_step.check_features(module, settings, [wide, wide])


def test_features_that_a_data_set_does_not_have_are_refused() -> None:
    found = r"\['width', 'length'\], found \['height'\]; change the figure's `features`"
    with pytest.raises(ValueError, match=found):
        draw("feature_alignments", features=["width", "height"])


def test_only_neurons_of_hidden_layers_are_drawn() -> None:
    inputs, settings = inputs_and_settings("walkthrough")
    inputs["model"][0].attrs["architecture"] = '{"name": "mine"}'
    with pytest.raises(ValueError, match=r"expected a network whose architecture has `hidden`"):
        LAYOUTS["walkthrough"].draw(inputs, settings)
