"""Data that t-SNE cannot arrange: refused in words, where scikit-learn would end the process."""

import numpy as np
import pytest

from hessian_boundary.data.embedding import embed

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def changed(row: int, value: float) -> np.ndarray:
    x = X.copy()
    x[row, 1] = value
    return x


DEGENERATE = {
    "constant": (np.full((30, 2), 7.5, np.float32), "five samples that differ .* found 1 among 30"),
    "nothing": (np.zeros((30, 1, 4, 4), np.float32), "found 1 among 30"),
    "four places": (np.repeat(X[:4], 9, axis=0), "found 4 among 36; there is nothing to arrange"),
    "NaN": (changed(3, np.nan), "expected finite features to embed, found 1 NaN"),
    "infinite": (changed(5, -np.inf), "found 1 NaN or infinite"),
    "tiny": (X * np.float32(1e-25), "found a largest range of .*e-25"),
    "smallest": (X * np.float32(1e-38), "found a largest range of .*e-38"),
    "huge": (X * np.float32(1e30), r"found a largest range of .*e\+30"),
    "far off": (X + np.float32(1e7), r"values up to 1e\+07; subtract each feature's mean"),
    "below": (X - np.float32(3e5), r"values up to 3e\+05"),
    "farthest": (X + np.float32(1e20), "found 1 among 40"),
    "a far feature": (X + np.array([0, 1e9, 0], np.float32), r"values up to 1e\+09"),
}


@pytest.mark.parametrize(("x", "message"), DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_data_are_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        embed(x)


ARRANGED = {
    "one feature": X[:, :1],
    "five places": np.repeat(X[:5], 8, axis=0),
    "on a line": np.stack([X[:, 0], 2 * X[:, 0]], axis=1),
    "an offset": X + np.float32(1000),
    "small": X * np.float32(1e-6),
}


@pytest.mark.parametrize("x", ARRANGED.values(), ids=ARRANGED)
def test_what_can_be_arranged_is(x: np.ndarray) -> None:
    points = embed(x)["embedding"].values
    assert points.shape == (40, 2)
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) >= 5
