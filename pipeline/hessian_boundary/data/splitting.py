"""Which samples are trained on, tested on, or kept for validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import torch

# PAPER: the authors' code splits with a torch generator of this seed.
SPLIT_SEED = 42
TRAIN_FRACTION = 0.8  # where a data set does not say
TEST_FRACTION = 0.2  # PAPER: of all samples, for every data set
PARTS = ("train", "test", "validation")


@dataclass(frozen=True)
class Split:
    """How a data set is split: drawn by its fractions, or as the user says."""

    train_fraction: float = TRAIN_FRACTION
    test_fraction: float = TEST_FRACTION
    stratify: bool = False  # each class by itself
    indices: Mapping[str, np.ndarray] | None = None  # of each part
    words: Sequence[Any] | None = None  # the part of each sample

    def parts(self, y: np.ndarray) -> np.ndarray:
        """Return the part of each sample of labels y (n,), "" for one that is left out.

        Raises ValueError for indices or words that are no split, or both.
        """
        if self.indices is not None and self.words is not None:
            raise ValueError(
                "expected one split, found indices from the file `split` and parts from the data "
                "themselves; take one of them away"
            )
        if self.indices is not None:
            return split_by_indices(len(y), self.indices)
        if self.words is not None:
            return split_by_words(self.words, len(y))
        if self.stratify:
            return stratified_split(y, self.train_fraction, self.test_fraction)
        return split(len(y), self.train_fraction, self.test_fraction)

    def check_training_part(self, y: np.ndarray, classes: int, samples: int) -> None:
        """Raise ValueError unless the training labels y (m,) are of all classes."""
        drawn = self.indices is None and self.words is None
        if not len(y):
            fraction = f"train_fraction {self.train_fraction} of {samples} is less than one; raise "
            fraction += f"`train_fraction` to {ceil(1000 / samples) / 1000} at least"
            reason = fraction if drawn else "the split has no sample in train; put some there"
            raise ValueError(f"expected training samples, found none: {reason}")
        missing = np.setdiff1d(np.arange(classes), y)
        if len(missing):
            way = "raise `train_fraction`, set `stratify`" if drawn else "change the split"
            raise ValueError(
                f"expected training samples of all {classes} classes, found none of class "
                f"{', '.join(map(str, missing.tolist()))} among {len(y)} of {samples} samples; "
                f"{way}, add samples of it, or leave the class out"
            )


def split(samples: int, train_fraction: float, test_fraction: float = TEST_FRACTION) -> np.ndarray:
    """Return the part of each sample: int(f·n) random ones train, int(t·n) test, the rest validate.

    f and t are the two fractions; where they are more than all, the test part gets what is left.
    """
    train = int(train_fraction * samples)
    return _parts(_random_order(samples), train, train + int(test_fraction * samples))


def stratified_split(
    y: np.ndarray, train_fraction: float, test_fraction: float = TEST_FRACTION
) -> np.ndarray:
    """Return the part of each sample of labels y (n,), each class split by itself.

    Of the n_c samples of a class, in the random order of `split`, the first r(f·n_c) train, at
    least one, those up to r((f + t)·n_c) test, and the rest validate. r rounds to the nearest whole
    number, halves up: each part's share of each class is off by less than a sample.
    """
    order, ends = _random_order(len(y)), (train_fraction, min(1.0, train_fraction + test_fraction))
    parts = _no_parts(len(y))
    for label in np.unique(y):
        members = order[y[order] == label]
        train, test = (int(np.floor(end * len(members) + 0.5)) for end in ends)
        parts[members] = _parts(np.arange(len(members)), max(1, train), max(1, test))
    return parts


def split_by_indices(samples: int, indices: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the part of each of n samples, "" for those in none, from the indices of each part.

    `indices` has `train`, and perhaps `test` and `validation`: whole numbers 0 … n−1, each sample
    once. Raises ValueError for other names, dtypes, shapes and numbers, and for an empty `train`.
    """
    if "train" not in indices or (unknown := sorted(set(indices) - set(PARTS))):
        raise ValueError(
            f"expected arrays of indices named train, test and validation, at least train, found "
            f"{', '.join(sorted(indices)) or 'none'}; save with np.savez(file, train=…, test=…)"
            + (f", without {', '.join(unknown)}" if "train" in indices else "")
        )
    parts = _no_parts(samples)
    for name, chosen in indices.items():
        _check_indices(name, chosen, samples)
        chosen = chosen.astype(np.int64)  # an empty list has no whole numbers
        if len(twice := chosen[parts[chosen] != ""]):
            raise ValueError(
                f"expected each sample in one part, found sample {twice[0]} in {name} and in "
                f"{parts[twice[0]]}, as {len(twice)} in all; take them out of one of the two"
            )
        parts[chosen] = name
    return parts


def split_by_words(words: Sequence[Any], samples: int) -> np.ndarray:
    """Return the part of each sample from a word for each: train, test or validation.

    Empty words are samples that are left out. Raises ValueError for other words, and unless there
    is one for each of n samples.
    """
    if len(words) != samples:
        raise ValueError(
            f"expected the part of each of {samples} samples, found {len(words)} words; give one "
            "for each"
        )
    parts = _no_parts(samples)
    parts[:] = [str(word) for word in words]
    if len(wrong := np.flatnonzero(~np.isin(parts, ["", *PARTS]))):
        raise ValueError(
            f"expected train, test or validation as the part of each sample, or nothing to leave "
            f"it out, found {str(parts[wrong[0]])!r} of sample {wrong[0]}; write one of those"
        )
    return parts


def _random_order(samples: int) -> np.ndarray:
    return torch.randperm(samples, generator=torch.Generator().manual_seed(SPLIT_SEED)).numpy()


def _no_parts(samples: int) -> np.ndarray:
    return np.full(samples, "", dtype=np.dtypes.StringDType())


def _parts(order: np.ndarray, train: int, test: int) -> np.ndarray:
    parts = _no_parts(len(order))
    parts[order[:train]] = "train"
    parts[order[train:test]] = "test"
    parts[order[test:]] = "validation"
    return parts


def _check_indices(name: str, chosen: np.ndarray, samples: int) -> None:
    if chosen.ndim != 1 or (chosen.dtype.kind not in "iu" and len(chosen)):
        advice = "np.flatnonzero of a mask gives them" if chosen.dtype.kind == "b" else "save those"
        raise ValueError(
            f"expected whole-number indices (m,) of the samples in {name}, found {chosen.dtype} of "
            f"shape {chosen.shape}; {advice}"
        )
    if not len(chosen) and name == "train":
        raise ValueError("expected indices in train, found none; there is nothing to train on")
    if len(wrong := chosen[(chosen < 0) | (chosen >= samples)]):
        raise ValueError(
            f"expected indices 0 … {samples - 1} of {samples} samples in {name}, found {wrong[0]}; "
            "count from 0, in the order in which the data set has its samples"
        )
    values, counts = np.unique(chosen, return_counts=True)
    if (counts > 1).any():
        raise ValueError(
            f"expected each sample once in {name}, found {values[counts > 1][0]} "
            f"{counts.max()} times; leave out the repetitions, as np.unique does"
        )
