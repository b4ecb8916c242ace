"""What rows are called."""

from helpers.made_up_artifacts import dataset
from helpers.made_up_layouts import draw
from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.figures.row_labels import row_labels


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
    assert labels_of("a/rates,lr=0.1", "a/normal") == ["rates,\nlr = 0.1", "normal"]
    assert row_labels({"experiments": ["a/b"], "labels": ["Adam"]}) == ["Adam"]
    assert [text.get_text() for text in draw("alignment_maps").texts] == ["note"]


def test_the_class_of_a_view_goes_by_its_name() -> None:
    named = dataset().assign(class_name=("class", string_array(["cat", "dog", "owl"])))
    settings = {"experiments": ["a/b/class0", "c/d/class2", "a/b/epoch3"]}
    shown = [label.split("\n")[1] for label in row_labels(settings, [named, dataset(), named])]
    assert shown == ["loss of cat", "loss of class 2", "epoch 3"]
