"""Names of classes that a generator gives: for words of its own, or their order."""

import numpy as np
import pytest

from helpers.own_generators import generated
from hessian_boundary.data.dataset import build_dataset

X = np.array([[0.5, 1.0], [2.0, 3.0], [4.0, 5.5], [6.0, 7.0]])


def test_the_names_a_generator_gives_stand_for_those_of_the_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    about = {"class_names": ["no", "yes"], "source": "here"}
    x, y, found = generated(monkeypatch, lambda: (X, ["0", "1", "1", "0"], about))
    dataset = build_dataset(x, y, train_fraction=1.0, about=found)
    assert dataset["class_name"].values.tolist() == ["no", "yes"]
    assert dataset.attrs == {"source": "here"}


def test_the_same_words_in_another_order_number_the_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["setosa", "iris", "iris", "setosa"]
    _, y, about = generated(
        monkeypatch, lambda: (X, words, {"class_names": ["setosa", "iris"], "source": "here"})
    )
    assert [about["class_names"][label] for label in y] == words
    assert about == {"class_names": ["setosa", "iris"], "source": "here"}
    with pytest.raises(ValueError, match="in any order, or other words for all of them, found"):
        generated(monkeypatch, lambda: (X, words, {"class_names": ["iris", "rose"]}))
