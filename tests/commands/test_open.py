"""The examples that open artifacts, on made-up ones."""

from helpers.made_up_artifacts import dataset
from hessian_boundary.artifacts.strings import string_array
from hessian_study.commands import open as opened


def test_training_samples_are_counted_by_class_and_by_its_name() -> None:
    store = dataset()  # of three classes with two samples each; the last sample is a test sample
    assert opened.dataset(store).to_dict() == {0: 2, 1: 2, 2: 1}
    named = store.assign(class_name=("class", string_array(["cat", "dog", "owl"])))
    assert opened.dataset(named).to_dict() == {"cat": 2, "dog": 2, "owl": 1}
