"""Class labels as a generator returns them -> whole numbers 0 … C−1, and the classes' names."""

from typing import Any

import numpy as np


def whole_number_labels(y: Any, samples: int) -> tuple[np.ndarray, list[str]]:
    """Return y (sample,) int64 and, where labels are words, the classes' names in order.

    Words are numbered in their alphabetical order; numbers stay as they are.

    Raises ValueError, with what to return instead, for labels that are not one whole number or
    word per sample: one-hot rows, a column, fractions, masked or missing ones.
    """
    if np.ma.is_masked(y):
        raise ValueError(
            f"expected a label for every sample, found {np.ma.count_masked(y)} that are masked; "
            "leave those samples out"
        )
    labels = np.asarray(y)
    if labels.shape != (samples,):
        raise ValueError(
            f"expected one label per sample, y of shape ({samples},), found {labels.shape}; "
            f"{_advice_on_shape(labels, samples)}"
        )
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64), []
    if words := _words(labels):
        names, numbers = np.unique(words, return_inverse=True)
        return numbers.astype(np.int64), names.tolist()
    whole = labels.dtype.kind == "f" and bool((labels == np.rint(labels)).all())
    number_them = "np.unique(y, return_inverse=True)[1]"
    advice = "y.astype(int)" if whole else f"{number_them}, if each different value is a class"
    if labels.dtype == object:
        kinds = ", ".join(sorted({type(label).__name__ for label in labels}))
        advice = "labels of one kind, all words or all int, with none missing"
    else:
        kinds = str(labels.dtype)
    raise ValueError(
        f"expected labels that are whole numbers or words, found {kinds}; return {advice}"
    )


def classes_of_file(y: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return labels y (sample,) of a file as 0 … C−1, and the classes' names.

    Whole numbers 0 … C−1 stay and have no names. Others are numbered in their order, and each
    number is its class's name: whoever has a file cannot renumber them in a generator. Anything
    else is returned as it is, for `whole_number_labels` to judge.
    """
    if y.dtype.kind not in "iu" or y.ndim != 1:
        return y, []
    values, indices = np.unique(y, return_inverse=True)
    if np.array_equal(values, np.arange(len(values))):
        return y, []
    return indices, [str(value) for value in values.tolist()]


def in_given_order(
    labels: np.ndarray, words: list[str], order: Any
) -> tuple[np.ndarray, list[str]]:
    """Return labels (sample,) of `words` and their names, where a generator gives the names, too.

    The same words in another order say how classes are numbered. Other words are names for those
    in their alphabetical order.

    Raises ValueError where some are the same and some are not.
    """
    names = [str(name) for name in order]
    if not set(names) & set(words):
        return labels, names
    if sorted(names) != sorted(words):
        raise ValueError(
            f"expected `class_names` to be the words that y has, {words}, in any order, or other "
            f"words for all of them, found {names}; leave it out, or return y as whole numbers"
        )
    return np.array([names.index(word) for word in words])[labels], names


def class_number_advice(classes: np.ndarray) -> str:
    """Return what to say of labels that are not 0 … C−1: what they are, and the remedy."""
    shown = ", ".join(map(str, classes[:10].tolist())) + (", …" if len(classes) > 10 else "")
    return (
        f"expected labels 0 … C−1 with none left out, found [{shown}]; renumber them: return "
        "np.unique(y, return_inverse=True)[1]"
    )


def _words(labels: np.ndarray) -> list[str]:
    """Return labels as words, or nothing where one of them is none."""
    if labels.dtype.kind in "ST" or labels.dtype.kind == "U":
        return [
            label.decode(errors="replace") if isinstance(label, bytes) else str(label)
            for label in labels.tolist()
        ]
    if labels.dtype == object and len(labels) and all(isinstance(label, str) for label in labels):
        return [str(label) for label in labels]
    return []


def _advice_on_shape(labels: np.ndarray, samples: int) -> str:
    if labels.ndim == 2 and len(labels) == samples and labels.shape[1] == 1:
        return "return y.ravel()"
    if labels.ndim == 2 and len(labels) == samples and labels.dtype.kind in "iubf":
        return "return y.argmax(1), if each row has its largest number at the sample's class"
    return "return as many labels as samples, in the same order"
