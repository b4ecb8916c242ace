"""Views in paths: what each text means, and that nothing else is one."""

import re

import pytest

from hessian_study.configuration.views import PATTERN, View, parse_view, view_folder


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("", View()),
        ("class2/", View(sample_class=2)),
        ("epoch50/", View(epoch=50)),
        ("covariance/", View(covariance=True)),
    ],
)
def test_views_of_a_path(text: str, view: View) -> None:
    assert parse_view(text) == view
    assert re.fullmatch(PATTERN, text)


def test_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a view like 'class2/'.* found 'clas2/'"):
        parse_view("clas2/")


@pytest.mark.parametrize(
    ("kind", "view", "folder"),
    [
        ("alignment_grid", "", ""),
        ("alignment_grid", "class1", "class1/"),
        ("model", "class1", ""),
        ("model", "epoch50", ""),
        ("decision_boundary", "covariance", ""),
        ("decision_boundary", "epoch50", "epoch50/"),
    ],
)
def test_the_folder_of_an_artifact_of_a_view(kind: str, view: str, folder: str) -> None:
    assert view_folder(kind, view) == folder
