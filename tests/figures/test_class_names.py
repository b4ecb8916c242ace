"""Figures call classes by the names that their data sets give."""

from typing import Any

import pytest

from helpers.made_up_artifacts import dataset
from helpers.made_up_layouts import LAYOUTS, inputs_and_settings
from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.figures.panels import class_label

NAMES = ["cat", "dog", "owl"]


def named(names: list[str] = NAMES) -> Any:
    return dataset().assign(class_name=("class", string_array(names)))


def legend_entries(figure: Any) -> set[str]:
    """Return what stands in the legends of a figure and of its panels."""
    found = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return {text.get_text() for legend in found for text in legend.get_texts()}


OF_SAMPLES = [name for name, layout in LAYOUTS.items() if "dataset" in layout.ARTIFACTS]


@pytest.mark.parametrize("layout", OF_SAMPLES)
def test_legends_of_every_layout_have_the_names(layout) -> None:
    inputs, settings = inputs_and_settings(layout)
    without = legend_entries(LAYOUTS[layout].draw(inputs, settings))
    names = ("class", string_array(NAMES))
    inputs["dataset"] = [each.assign(class_name=names) for each in inputs["dataset"]]
    entries = legend_entries(LAYOUTS[layout].draw(inputs, settings))
    numbered = {f"class {label}": name for label, name in enumerate(NAMES)}
    assert {"class 0", "class 1"} <= without
    assert entries == {numbered.get(entry, entry) for entry in without}


def test_a_class_without_a_name_goes_by_its_number() -> None:
    assert class_label(2) == class_label(2, [dataset(), dataset()]) == "class 2"


def test_a_class_that_data_sets_name_differently_has_all_its_names() -> None:
    other = named(["ant", "dog", "bee"])
    assert [class_label(label, [named(), other]) for label in (0, 1)] == ["cat / ant", "dog"]
    assert class_label(0, [named(), dataset()]) == "cat / class 0"
    two = named().isel({"class": [0, 1]})  # a data set that has no third class
    assert class_label(2, [two, named()]) == "owl"
