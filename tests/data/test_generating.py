"""What generators return, in all the ways people do: taken, or refused with what to return."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

from helpers.own_generators import generated
from hessian_boundary.data.generating import generate_samples

X = np.array([[0.5, 1.0], [2.0, 3.0], [4.0, 5.5], [6.0, 7.0]])
Y = np.array([0, 1, 1, 0])
DAYS = np.array(["2020-01-01", "2021-01-01"], "M8[D]")

FEATURES: dict[str, Any] = {
    "lists": X.tolist(),
    "float16": X.astype(np.float16),
    "a data frame": pd.DataFrame(X, columns=["width", "height"]),
    "a tensor": torch.from_numpy(X),
    "nothing masked": np.ma.masked_greater(X, 100),
    "other byte order": X.astype(">f8"),
    "Fortran order": np.asfortranarray(X),
    "long double": X.astype(np.longdouble),
}


@pytest.mark.parametrize("x", FEATURES.values(), ids=FEATURES)
def test_features_of_any_real_numbers_become_float32(
    monkeypatch: pytest.MonkeyPatch, x: Any
) -> None:
    found, labels, about = generated(monkeypatch, lambda: (x, Y))
    assert (found.dtype, labels.dtype, about) == (np.float32, np.int64, {})
    assert found.tolist() == X.tolist()
    assert not isinstance(found, np.ma.MaskedArray)


REFUSED_FEATURES: dict[str, tuple[Any, str]] = {
    "masked above": (np.ma.masked_greater(X, 3.0), r"found 4 masked ones; leave .* x.filled"),
    "one masked": (np.ma.array(X, mask=X == 7.0), r"found 1 masked ones"),
    "masked whole numbers": (np.ma.masked_equal(X.astype(int), 2), "found 1 masked ones"),
    "words": (np.array([["a", "b"]] * 4), r"found <U1, such as 'a'; turn every feature"),
    "a column of words": (pd.DataFrame({"a": [1, 2, 3, 4], "b": list("wxyz")}), "such as 'w'"),
    "missing": (np.array([[1.0, None]] * 4), "found object, such as None"),
    "complex": (X + 1j, "found complex128, such as "),
    "dates": (DAYS[:, None].repeat(2, 0), r"found datetime64\[D\], such as datetime.date\(2020"),
    "ragged rows": ([[1, 2], [3], [4, 5], [6]], "found list that NumPy makes none of .* rows of"),
    "a gradient": (torch.from_numpy(X).requires_grad_(), r"found Tensor .* x.detach\(\)"),
    "sparse": (scipy.sparse.csr_matrix(X), r"found csr_matrix; return .* x.toarray\(\)"),
    "a number": (3.5, "expected x as an array .* found float"),
}


@pytest.mark.parametrize(("x", "message"), REFUSED_FEATURES.values(), ids=REFUSED_FEATURES)
def test_features_that_are_no_real_numbers_are_refused(
    monkeypatch: pytest.MonkeyPatch, x: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"generator .*mine: .*{message}"):
        generated(monkeypatch, lambda: (x, Y))


RETURNED: dict[str, tuple[Any, str]] = {
    "nothing": (None, "found NoneType; end it with `return x, y`"),
    "x only": (X, "found ndarray"),
    "a dict": ({"x": X, "y": Y}, "found dict"),
    "four values": ((X, Y, X, Y), "found tuple of 4"),
    "a split": ((X, Y, X), "says about its source as the third value, found ndarray"),
    "one value": ((X,), "found tuple of 1"),
}


@pytest.mark.parametrize(("returned", "message"), RETURNED.values(), ids=RETURNED)
def test_what_is_not_x_and_y_is_refused(
    monkeypatch: pytest.MonkeyPatch, returned: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"`generate` in .*mine.*{message}"):
        generated(monkeypatch, lambda: returned)


LABELS: dict[str, tuple[Any, list[int], list[str]]] = {
    "words": (["cat", "dog", "dog", "ant"], [1, 2, 2, 0], ["ant", "cat", "dog"]),
    "bytes": (np.array([b"no", b"yes", b"yes", b"no"]), [0, 1, 1, 0], ["no", "yes"]),
    "objects": (np.array(["b", "a", "a", "b"], object), [1, 0, 0, 1], ["a", "b"]),
    "categories": (pd.Series(list("uvvu"), dtype="category"), [0, 1, 1, 0], ["u", "v"]),
    "string type": (np.array(["ä", "z", "z", "ä"], "T"), [1, 0, 0, 1], ["z", "ä"]),
    "words of digits": (["10", "9", "9", "10"], [0, 1, 1, 0], ["10", "9"]),
    "small integers": (Y.astype(np.uint8), [0, 1, 1, 0], []),
    "a tensor": (torch.from_numpy(Y), [0, 1, 1, 0], []),
    "truth values": (Y == 1, [0, 1, 1, 0], []),
}


@pytest.mark.parametrize(("y", "numbers", "names"), LABELS.values(), ids=LABELS)
def test_words_are_classes_in_alphabetical_order(
    monkeypatch: pytest.MonkeyPatch, y: Any, numbers: list[int], names: list[str]
) -> None:
    _, found, about = generated(monkeypatch, lambda: (X, y))
    assert (found.tolist(), found.dtype) == (numbers, np.int64)
    assert about == ({"class_names": names} if names else {})


REFUSED_LABELS: dict[str, tuple[Any, str]] = {
    "one-hot": (np.eye(2)[Y], r"found \(4, 2\); return y.argmax\(1\)"),
    "one-hot of truth values": (np.eye(3, dtype=bool)[Y], r"found \(4, 3\); return y.argmax\(1\)"),
    "a column": (Y[:, None], r"found \(4, 1\); return y.ravel\(\)"),
    "a column of words": (np.array([["a"], ["b"], ["b"], ["a"]]), r"return y.ravel\(\)"),
    "too many": (np.append(Y, 1), r"found \(5,\); return as many labels as samples"),
    "a row": (Y[None], r"found \(1, 4\); return as many"),
    "whole fractions": (Y.astype(float), r"found float64; return y.astype\(int\)"),
    "fractions": (
        np.array([0.1, 0.5, 0.5, 0.1]),
        r"found float64; return np.unique\(y, return_inv",
    ),
    "missing": (np.array([0, 1, np.nan, 0]), r"found float64; return np.unique"),
    "masked": (np.ma.masked_equal(Y, 1), "found 2 that are masked; leave those samples out"),
    "a word missing": (
        np.array(["a", None, "b", "a"], object),
        "found NoneType, str; return labels",
    ),
    "mixed": (np.array(["a", 1, "b", "a"], object), "found int, str; return labels of one kind"),
    "dates": (DAYS[Y], r"found datetime64\[D\]; return np.unique"),
}


@pytest.mark.parametrize(("y", "message"), REFUSED_LABELS.values(), ids=REFUSED_LABELS)
def test_labels_that_are_no_classes_are_refused_with_what_to_return(
    monkeypatch: pytest.MonkeyPatch, y: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"generator .*mine: .*{message}"):
        generated(monkeypatch, lambda: (X, y))


@pytest.mark.parametrize(
    "y",
    [
        np.eye(2)[Y].argmax(1),
        Y[:, None].ravel(),
        Y.astype(float).astype(int),
        np.unique([2.5, 7.5, 7.5, 2.5], return_inverse=True)[1],
    ],
)
def test_the_advice_works(monkeypatch: pytest.MonkeyPatch, y: np.ndarray) -> None:
    assert generated(monkeypatch, lambda: (X, y))[1].tolist() == Y.tolist()


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, object(), {"made": np.datetime64("2020")}])
def test_what_no_file_can_say_of_the_source_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    with pytest.raises(ValueError, match=r"says about its source, found .* as 'made'; return str"):
        generated(monkeypatch, lambda: (X, Y, {"made": value}))


def test_numbers_and_text_may_be_said_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"scale": np.float64(2.5), "rows": np.arange(3), "source": "here", "exact": True}
    assert generated(monkeypatch, lambda: (X, Y, about))[2] == about


def test_no_sample_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="at least one sample, found none"):
        generated(monkeypatch, lambda: (np.zeros((0, 2)), np.zeros(0, int)))


def test_a_generator_that_is_no_python_or_lacks_its_function_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import hessian_boundary.data.generators as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / "half_written.py").write_text("import numpy as np\n\ndef generate(:\n")
    (tmp_path / "unnamed.py").write_text("def make():\n    return [[0.0]], [0]\n")
    with pytest.raises(ValueError, match=r"Python in .*half_written.py, found in line 3: invalid"):
        generate_samples("half_written", {})
    with pytest.raises(ValueError, match=r"`generate` in .*unnamed.py, found no such name"):
        generate_samples("unnamed", {})
