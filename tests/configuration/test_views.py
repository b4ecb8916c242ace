"""Views in paths: what each text means, and that nothing else is one."""

import re

import pytest

from hessian_study.configuration.views import (
    GAUSS_NEWTON,
    OTHERS,
    PATTERN,
    View,
    parse_view,
    view_folder,
)


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("", View()),
        ("class2/", View(sample_class=2)),
        ("epoch50/", View(epoch=50)),
        ("covariance/", View(matrix="covariance")),
        ("gauss_newton/", View(matrix="gauss_newton")),
        ("layer/features.0/", View(layer="features.0")),
        ("last_layer/", View(layer="last_layer")),
        ("layer/covariance/covariance/", View(layer="covariance", matrix="covariance")),
        ("epoch10/class1/layer/fc1/gauss_newton/", View(10, 1, "fc1", "gauss_newton")),
        ("class0/last_layer/covariance/", View(None, 0, "last_layer", "covariance")),
    ],
)
def test_views_of_a_path(text: str, view: View) -> None:
    assert parse_view(text) == view
    assert re.fullmatch(PATTERN, text)
    resolved = view.matrix == "gauss_newton"
    assert bool(re.fullmatch(GAUSS_NEWTON, text)) == resolved  # one rule for each
    assert bool(re.fullmatch(OTHERS, text)) != resolved


@pytest.mark.parametrize(
    "text", ["clas2/", "class2", "gauss_newton/epoch1/", "layer/", "layer/a/b/", "class1/epoch2/"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"expected a view of the parts .* found '{text}'; leave"):
        parse_view(text)
    assert not re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    ("kind", "view", "folder"),
    [
        ("alignment_grid", "", ""),
        ("alignment_grid", "class1", "class1/"),
        ("model", "class1", ""),
        ("model", "epoch50", ""),
        ("decision_boundary", "covariance", ""),
        ("decision_boundary", "epoch50", "epoch50/"),
        ("decision_boundary", "epoch50/layer/fc1/gauss_newton", "epoch50/"),
        ("decision_boundary", "last_layer", ""),
        ("alignment_grid", "epoch50/last_layer", "epoch50/last_layer/"),
    ],
)
def test_the_folder_of_an_artifact_of_a_view(kind: str, view: str, folder: str) -> None:
    assert view_folder(kind, view) == folder
