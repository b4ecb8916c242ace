"""A figure that its layout cannot draw is refused before anything runs."""

import re
from typing import Any

import pytest

from helpers.tiny_study import tiny_config
from hessian_study.configuration import layouts
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study

MAPS = {"layout": "alignment_maps", "experiments": ["gaussian/normal"], "eigenvectors": 3}
WALK = {"layout": "walkthrough", "experiments": ["toy1d/normal"], "eigenvectors": 2}
PLANE = {"layout": "feature_alignments", "experiments": ["iris/normal"], "eigenvectors": 3}
PAIR = ["gaussian/normal", "gaussian/normal/covariance"]


def with_figure(entry: dict[str, Any]) -> dict[str, Any]:
    config = tiny_config()
    config["figures"]["mine"] = entry
    return config


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            MAPS | {"eigenvectors": "all"},
            r"mine\.eigenvectors: expected a number .* layout alignment_maps .* found 'all'; write",
        ),
        (WALK | {"eigenvectors": "all"}, r"mine\.eigenvectors: expected a number .* found 'all'"),
        (
            WALK | {"experiments": ["circle/normal"]},
            r"mine\.experiments: expected data sets with 1 input .* found circle, which `planar` ",
        ),
        (
            WALK | {"experiments": ["toy1d/normal"] * 2},
            r"mine\.experiments: expected 1 to draw with the layout walkthrough, found 2; make a",
        ),
        (
            {"layout": "covariance_comparison", "experiments": PAIR[:1], "eigenvectors": 3},
            r"mine\.experiments: expected 2 to draw .* found 1",
        ),
        (PLANE, r"mine: expected 'features', which the layout feature_alignments needs, found \["),
        (
            {"layout": "embedded_alignments", "experiments": ["iris/normal"]},
            r"mine: expected 'eigenvectors', which the layout embedded_alignments needs",
        ),
        (
            MAPS | {"own_scale": True},
            r"mine\.own_scale: expected .* takes, \['eigenvectors', 'labels', 'width'\], found",
        ),
        (
            {"layout": "data_sets", "experiments": ["circle/normal"], "columns": 2},
            r"mine\.columns: expected of .* layout data_sets takes, \['labels', 'width'\]",
        ),
    ],
)
def test_what_a_layout_cannot_draw_is_said_before_the_run(entry, message) -> None:
    with pytest.raises(ConfigurationError) as error:
        Study(with_figure(entry))
    assert re.search(r"config\.yaml, figures\." + message, str(error.value)), str(error.value)


@pytest.mark.parametrize(
    "entry",
    [
        MAPS | {"labels": ["a"]},
        WALK,
        PLANE | {"features": ["a", "b"]},
        {"layout": "sample_alignments", "experiments": PAIR, "eigenvectors": "all", "columns": 1},
        {"layout": "covariance_comparison", "experiments": PAIR, "eigenvectors": 3},
        {"layout": "data_sets", "experiments": ["circle/normal"]},
        {
            "layout": "comparison_directions",
            "experiments": PAIR[:1],
            "eigenvectors": 3,
            "own_scale": True,
        },
    ],
)
def test_what_it_can_is_accepted(entry) -> None:
    assert Study(with_figure(entry)).selection.figure("mine") == entry


@pytest.mark.parametrize("text", ["def draw(:\n", 'ARTIFACTS = ("dataset",)\n'])
def test_a_layout_that_says_nothing_or_is_no_python_is_not_checked(
    text, tmp_path, monkeypatch
) -> None:
    for name in layouts.__dict__["LAYOUTS"].glob("*.py"):
        (tmp_path / name.name).write_bytes(name.read_bytes())
    (tmp_path / "alignment_maps.py").write_text(text)
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    Study(with_figure(MAPS | {"eigenvectors": "all", "own_scale": True}))
