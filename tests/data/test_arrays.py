"""Samples and labels in the forms that people have them in."""

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary import analyse
from hessian_boundary.data.arrays import as_inputs, as_labels


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3)).double()


def test_lists_keep_the_digits_of_their_numbers() -> None:
    x, y = [[0.1, 0.3], [1 / 3, -0.7]], [0, 1]
    listed, array = (analyse(network(), form, y) for form in (x, np.array(x)))
    np.testing.assert_array_equal(listed.spectrum["eigenvalues"], array.spectrum["eigenvalues"])


FORMS = {
    "backwards in memory": lambda x: x[::-1],
    "other byte order": lambda x: x.astype(">f8"),
    "extended precision": lambda x: x.astype(np.longdouble),
    "tensor with a graph": lambda x: torch.from_numpy(x).requires_grad_(),
    "masked, with all values": np.ma.masked_invalid,
}


@pytest.mark.parametrize("form", FORMS)
def test_arrays_that_pytorch_does_not_take_as_they_are(form: str) -> None:
    x = np.arange(12.0).reshape(6, 2)
    expected = torch.from_numpy(x[::-1].copy() if form == "backwards in memory" else x)
    found = as_inputs(FORMS[form](x), torch.float64)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["u2", "u8", ">i4", "f8", "?"])
def test_labels_of_other_types(kind: str) -> None:
    found = as_labels(np.array([1, 0, 1]).astype(kind))
    assert found.dtype == torch.int64
    assert found.tolist() == [1, 0, 1]


def test_whole_inputs_stay_whole_for_embeddings() -> None:
    assert as_inputs(np.arange(4, dtype="u4"), torch.float64).dtype == torch.int64


def test_nothing_is_copied_without_need() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert as_inputs(x, torch.float64).data_ptr() == x.ctypes.data
    assert as_inputs(np.broadcast_to(x, (3, 2)), torch.float64).data_ptr() != x.ctypes.data


# what is changed of six samples and labels, and what the refusal says
NO_NUMBERS = {
    "labels between two classes": (None, lambda y: y + 0.5, "whole-number labels y, found .*5;"),
    "labels that are not there": (None, lambda y: np.where(y == 0, np.nan, y), "found nan"),
    "labels as words": (None, lambda y: np.array(["a", "b", "c"])[y], "numbers y, found <U1"),
    "one-hot labels": (None, lambda y: np.eye(3)[y], "labels y of shape .n,.*6, 3"),
    "labels in a column": (None, lambda y: y[:, None], "labels y of shape .n,.*6, 1"),
    "masked labels": (None, lambda y: np.ma.masked_equal(y, 0), "place of y, found 2"),
    "one label": (None, lambda y: 1, "labels y of shape"),
    "one label too few": (None, lambda y: y[1:], "as many samples as labels, found 6 and 5"),
    "masked inputs": (lambda x: np.ma.masked_equal(x, 3), None, "place of x, found 1"),
    "inputs that are not there": (lambda x: np.where(x == 3, np.nan, x), None, "finite logits"),
    "objects": (lambda x: x.astype(object), None, "real numbers x, found object"),
    "words": (lambda x: x.astype(str), None, "real numbers x, found <U"),
    "complex": (lambda x: x + 0.5j, None, "real numbers x, found complex128"),
    "complex tensor": (lambda x: torch.tensor(x) * 1j, None, "found torch.complex128"),
    "dates": (lambda x: x.astype("M8[s]"), None, "real numbers x, found datetime64"),
    "ragged": (lambda x: [[1.0], [2.0, 3.0]], None, "tensor x, found list, which"),
    "nothing": (lambda x: None, None, "real numbers x, found object"),
    "one number": (lambda x: 1.0, None, "found the number 1.0"),
    "no samples": (lambda x: x[:0], lambda y: y[:0], "at least one sample"),
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_samples_and_labels_is_refused(kind: str) -> None:
    x, y = np.arange(12.0).reshape(6, 2), np.arange(6) % 3
    inputs, labels, message = NO_NUMBERS[kind]
    with pytest.raises(ValueError, match=f"^(expected|check of) .*{message}"):
        analyse(network(), inputs(x) if inputs else x, labels(y) if labels else y)
