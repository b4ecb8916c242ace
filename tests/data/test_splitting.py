"""Splits: the paper's, those of equal class shares, and the user's own."""

from collections import Counter

import numpy as np
import pytest
import torch

from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.splitting import split, stratified_split

X = np.random.RandomState(0).standard_normal((12, 2)).astype(np.float32)
Y = np.arange(12) % 3


def counted(parts: np.ndarray, y: np.ndarray) -> list[list[int]]:
    """Return for each class how many train, test and validate, counted one by one."""
    return [
        [sum(1 for p, k in zip(parts.tolist(), y, strict=True) if (p, k) == (name, label))
         for name in ("train", "test", "validation")]
        for label in range(int(y.max()) + 1)
    ]  # fmt: skip


def test_each_class_is_split_by_itself_and_rounded_half_up() -> None:
    y = np.repeat([0, 1, 2], [10, 7, 5])
    # 10: 5, 7 - 5, 3;  7: 3.5 up, 4.9 - 4, 2;  5: 2.5 up, 3.5 up - 3, 1
    assert counted(stratified_split(y, 0.5), y) == [[5, 2, 3], [4, 1, 2], [3, 1, 1]]
    assert counted(stratified_split(y, 1.0), y) == [[10, 0, 0], [7, 0, 0], [5, 0, 0]]
    assert counted(stratified_split(y, 0.5, 0.5), y) == [[5, 5, 0], [4, 3, 0], [3, 2, 0]]


def test_a_class_of_one_sample_is_trained_on() -> None:
    y = np.repeat([0, 1], [20, 1])
    assert counted(stratified_split(y, 0.1), y)[1] == [1, 0, 0]


def test_members_are_taken_in_the_order_of_the_papers_split() -> None:
    y = np.random.RandomState(1).randint(0, 3, 40)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(42)).tolist()
    first = [row for row in order if y[row] == 1]
    train = int(np.floor(0.5 * len(first) + 0.5))
    found = np.flatnonzero((stratified_split(y, 0.5) == "train") & (y == 1))
    assert found.tolist() == sorted(first[:train])


def test_the_test_part_has_the_size_that_is_asked_for() -> None:
    assert (split(50, 0.5, 0.3) == "test").sum() == 15
    assert (split(50, 0.9, 0.3) == "test").sum() == 5  # what is left
    dataset = build_dataset(X, Y, train_fraction=0.5, test_fraction=0.5)
    assert (dataset["split"] == "validation").sum() == 0


def test_stratify_reaches_the_data_set() -> None:
    dataset = build_dataset(X, Y, train_fraction=0.5, stratify=True)
    assert counted(dataset["split"].values, Y) == [[2, 1, 1]] * 3


def test_own_indices_are_the_parts_and_samples_in_none_are_left_out() -> None:
    indices = {"train": np.array([7, 2, 0]), "test": np.array([4, 5]), "validation": np.array([])}
    dataset = build_dataset(X, Y, split=indices, random_label_groups=[[0, 1, 2]])
    assert dataset["sample"].values.tolist() == [0, 2, 4, 5, 7]
    assert dataset["split"].values.tolist() == ["train", "train", "test", "test", "train"]
    np.testing.assert_array_equal(dataset["x"], X[[0, 2, 4, 5, 7]])
    assert dataset["y"].values.tolist() == [0, 2, 1, 2, 1]
    assert sorted(dataset["y_random"].values) == [0, 1, 1, 2, 2]


REFUSED = {
    "twice": ({"train": [0, 1, 2], "test": [2, 3]}, r"found sample 2 in test and in train, as 1"),
    "repeated": ({"train": [0, 1, 1, 2]}, "expected each sample once in train, found 1 2 times"),
    "beyond": ({"train": [0, 1, 12]}, r"indices 0 … 11 of 12 samples in train, found 12; count"),
    "negative": ({"train": [0, 1, -1]}, "found -1"),
    "nothing": ({"train": np.array([], int)}, "expected indices in train, found none"),
    "a mask": ({"train": Y == 0}, r"found bool of shape \(12,\); np.flatnonzero of a mask"),
    "fractions": ({"train": [0.0, 1.0, 2.0]}, "found float64 of shape"),
    "a matrix": ({"train": [[0, 1, 2]]}, r"found int64 of shape \(1, 3\)"),
    "no train": ({"test": [0]}, "at least train, found test; save with np.savez"),
    "unknown": ({"train": [0, 1, 2], "tests": [3]}, "found tests, train; .* without tests"),
    "a class": ({"train": [0, 3], "test": [1, 2]}, "found none of class 1, 2 .* change the split"),
    "a gap": ({"train": [0, 2]}, r"expected labels 0 … C−1 with none left out, found \[0, 2\]"),
}


@pytest.mark.parametrize(("indices", "message"), REFUSED.values(), ids=REFUSED)
def test_indices_that_are_no_split_are_refused(indices: dict, message: str) -> None:
    arrays = {name: np.asarray(values) for name, values in indices.items()}
    with pytest.raises(ValueError, match=message):
        build_dataset(X, Y, split=arrays)


def test_words_for_each_sample_are_a_split_too() -> None:
    words = ["train"] * 6 + ["test", "validation", "", "test", "", "train"]
    dataset = build_dataset(X, Y, about={"split": words, "source": "here"})
    assert dataset["split"].values.tolist() == [word for word in words if word]
    assert dataset["sample"].values.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 9, 11]
    assert dataset.attrs == {"source": "here"}


@pytest.mark.parametrize(
    ("words", "indices", "message"),
    [
        (["train"] * 11 + ["trian"], None, "found 'trian' of sample 11; write one of those"),
        (["train"] * 11, None, "expected the part of each of 12 samples, found 11 words"),
        (["test"] * 12, None, "found none: the split has no sample in train; put some there"),
        (["train"] * 12, {"train": np.arange(12)}, "expected one split, found indices from"),
    ],
)
def test_words_that_are_no_split_are_refused(words, indices, message) -> None:
    with pytest.raises(ValueError, match=message):
        build_dataset(X, Y, about={"split": words}, split=indices)


def test_names_of_features_come_from_the_data_unless_the_user_gives_others() -> None:
    about = {"features": ["a", "b"]}
    assert build_dataset(X, Y, about=about)["feature"].values.tolist() == ["a", "b"]
    given = build_dataset(X, Y, about=about, features=["c", "d"])
    assert given["feature"].values.tolist() == ["c", "d"]
    with pytest.raises(ValueError, match=r"a name for each feature of x \(12, 2\), found 1 names"):
        build_dataset(X, Y, features=["c"])


def test_sizes_are_rounded_down():
    counts = Counter(split(57, 0.7).tolist())
    assert counts == {"train": 39, "test": 11, "validation": 7}  # int(39.9), int(11.4), the rest


def test_split_takes_train_first_from_the_permutation_of_torch_seed_42():
    order = torch.randperm(300, generator=torch.Generator().manual_seed(42))
    assignment = split(300, 0.5)
    assert set(np.flatnonzero(assignment == "train")) == set(order[:150].tolist())
    assert set(np.flatnonzero(assignment == "test")) == set(order[150:210].tolist())


def test_split_ignores_and_leaves_the_global_random_state():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = split(100, 0.5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    np.testing.assert_array_equal(first, split(100, 0.5))
