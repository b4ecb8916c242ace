"""Data sets as artifacts, by the fact sheet's rules: parts, random labels, names, refusals."""

import numpy as np
import pytest
import sklearn.datasets
import torch

from helpers.tiny_study import datasets_without_files
from hessian_boundary.artifacts.schema import check
from hessian_boundary.data.dataset import (
    build_dataset,
    class_count,
    class_names,
    random_labels,
    samples_of,
)
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.data.splitting import split

CONFIG = datasets_without_files()  # image data: test_image_*.py

# data set -> (samples, train, test, validation): int(f·n), int(0.2·n), the rest
SIZES = {
    "toy1d": (6, 6, 0, 0),
    "gaussian": (300, 150, 60, 90),
    "circle": (200, 100, 40, 60),
    "half_moon": (200, 100, 40, 60),
    "hierarchical": (300, 150, 60, 90),
    "checkerboard": (400, 200, 80, 120),
    "checkerboard_pretrain": (400, 200, 80, 120),
    "iris": (150, 120, 30, 0),
}


def _configured(name):
    settings = dict(CONFIG[name])
    x, y, about = generate_samples(settings.pop("generator"), settings.pop("parameters"))
    return build_dataset(x, y, about=about, **settings)


@pytest.mark.parametrize("name", CONFIG)
def test_split_sizes_of_every_configured_data_set(name):
    dataset = _configured(name)
    check(dataset, "dataset")
    counts = [int((dataset["split"] == part).sum()) for part in ("train", "test", "validation")]
    assert (dataset.sizes["sample"], *counts) == SIZES[name]


def test_random_labels_are_the_permutation_of_random_state_28():
    y = np.repeat([0, 1, 2], [50, 30, 20])
    order = np.random.RandomState(28).permutation(100)
    np.testing.assert_array_equal(random_labels(y), y[order])


def test_permutation_within_groups_keeps_every_sample_in_its_group_and_every_class_size():
    dataset = _configured("hierarchical")
    y, within = dataset["y"].values, dataset["y_random_within"].values
    np.testing.assert_array_equal(within // 2, y // 2)  # groups are {0, 1} and {2, 3}
    np.testing.assert_array_equal(np.bincount(within), [75, 75, 75, 75])
    for group in (0, 1):
        changed = within[y // 2 == group] != y[y // 2 == group]
        assert 0.3 < changed.mean() < 0.7  # a random permutation moves about half


def test_random_labels_over_all_samples_cross_the_groups():
    dataset = _configured("hierarchical")
    y, uniform = dataset["y"].values, dataset["y_random"].values
    np.testing.assert_array_equal(np.bincount(uniform), np.bincount(y))
    assert 0.3 < (uniform // 2 != y // 2).mean() < 0.7


def test_samples_of_returns_the_chosen_part_with_the_chosen_labels():
    dataset = _configured("hierarchical")
    x, y = samples_of(dataset, "test", "y_random_within")
    rows = [i for i, part in enumerate(dataset["split"].values) if part == "test"]
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    np.testing.assert_array_equal(x, dataset["x"].values[rows])
    np.testing.assert_array_equal(y, dataset["y_random_within"].values[rows])


def test_iris_carries_its_features_and_three_classes():
    dataset = _configured("iris")
    assert dataset["feature"].values.tolist() == sklearn.datasets.load_iris().feature_names
    assert class_names(dataset) == ["setosa", "versicolor", "virginica"]
    assert class_count(dataset) == 3


def test_images_get_named_axes():
    images = np.zeros((10, 1, 4, 5), dtype=np.float32)
    dataset = build_dataset(images, np.arange(10) % 2, train_fraction=0.5)
    assert dataset["x"].dims == ("sample", "channel", "row", "column")


def test_labels_with_a_gap_are_refused():
    with pytest.raises(ValueError, match=r"expected labels 0 … C−1 .* found \[0, 2\]"):
        build_dataset(np.zeros((4, 2)), np.array([0, 2, 2, 0]), train_fraction=0.5)


@pytest.mark.parametrize(
    ("y", "found"), [([1, 2, 3, 1], "1, 2, 3"), ([-1, 1, 1, -1], "-1, 1"), ([7] * 4, "7")]
)
def test_labels_that_do_not_start_at_zero_are_refused_with_advice_that_works(y, found):
    with pytest.raises(ValueError, match=rf"found \[{found}\]; .* np.unique\(y, return_inverse"):
        build_dataset(np.zeros((4, 2)), np.array(y), train_fraction=0.5)


def test_labels_of_a_regression_are_not_all_listed():
    with pytest.raises(ValueError, match=r"found \[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, …\]"):
        build_dataset(np.zeros((40, 2)), np.arange(40) + 5, train_fraction=0.5)


@pytest.mark.parametrize("samples", [1, 12])
def test_one_class_is_refused(samples):
    with pytest.raises(ValueError, match=rf"at least two classes, found {samples} of one"):
        build_dataset(np.zeros((samples, 2)), np.zeros(samples, int), train_fraction=1.0)


@pytest.mark.parametrize(("samples", "fraction"), [(60, 0.01), (3, 0.3)])
def test_no_training_sample_is_refused(samples, fraction):
    with pytest.raises(
        ValueError, match=rf"found none: train_fraction {fraction} of {samples}"
    ) as e:
        build_dataset(np.zeros((samples, 2)), np.arange(samples) % 2, train_fraction=fraction)
    # the fraction that is named gives one
    least = float(str(e.value).split("to ")[1].split(" at")[0])
    assert int(least * samples) >= 1


@pytest.mark.parametrize(("rare", "names"), [([5], "1"), ([5, 8], "1, 2")])
def test_a_class_that_is_not_trained_on_is_refused(rare, names):
    rows = [row for row, part in enumerate(split(60, 0.5)) if part != "train"]
    y = np.zeros(60, int)
    for label, index in enumerate(rare, start=1):
        y[rows[index]] = label
    with pytest.raises(ValueError, match=rf"none of class {names} among 30 of 60 samples"):
        build_dataset(np.zeros((60, 2)), y, train_fraction=0.5)


def test_class_names_are_kept():
    x, y = np.zeros((9, 2), np.float32), np.arange(9) % 3
    about = {"class_names": ("a", "ß", "c"), "source": "here"}
    dataset = build_dataset(x, y, train_fraction=1.0, about=about)
    check(dataset, "dataset")
    assert class_names(dataset) == ["a", "ß", "c"]
    assert dataset.attrs == {"source": "here"}
    assert class_names(dataset.drop_vars("class_name")) == ["0", "1", "2"]


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "b"], ["a", "b", "c", "d"], "abc"])
def test_class_names_are_one_for_each_class(names):
    about = {"class_names": names}
    with pytest.raises(ValueError, match="a name of its own for each of 3 classes, found class_na"):
        build_dataset(np.zeros((9, 2)), np.arange(9) % 3, train_fraction=1.0, about=about)


def test_features_that_are_not_finite_are_refused():
    x = np.zeros((4, 2), dtype=np.float32)
    x[1, 0], x[2, 1] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"expected finite features, found 2 NaN or infinite"):
        build_dataset(x, np.array([0, 1, 1, 0]), train_fraction=0.5)


def test_unknown_label_variable_is_refused_with_the_known_ones():
    dataset = _configured("gaussian")
    message = r"among \['y', 'y_random'\], found 'y_random_within'"
    with pytest.raises(ValueError, match=message):
        samples_of(dataset, "train", "y_random_within")


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        ((6,), r"return x\[:, None\]"),
        ((6, 2, 2), r"return x\[:, None\]: one channel"),
        ((6, 2, 2, 2, 2), r"return x.reshape\(len\(x\), -1\)"),
        ((6, 0), "return at least one feature"),
        ((6, 3, 0, 2), "return at least one pixel"),
    ],
)
def test_inputs_are_features_or_images(shape, advice):
    message = rf"expected x with dimensions .* found shape \(6,.*; {advice}"
    with pytest.raises(ValueError, match=message):
        build_dataset(np.zeros(shape, np.float32), np.arange(6) % 2, train_fraction=0.5)
