"""Features in float32: what is lost is refused, and ordinary data pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hessian_boundary.data.single_precision import to_float32

DRAW = np.random.default_rng(5)
NORMAL = DRAW.standard_normal(60)


def beside(column: Any) -> np.ndarray:
    """Return x with an ordinary feature and this one."""
    column = np.asarray(column)
    return np.stack([DRAW.standard_normal(len(column)), column], axis=1)


LOST: dict[str, tuple[np.ndarray, str]] = {
    "seconds since 1970": (beside(1.7e9 + NORMAL), r"in feature 1, which become equal"),
    "an offset of a million": (beside(1e6 + NORMAL), "become equal.*subtract the mean"),
    "a negative offset": (beside(-3e8 + 100 * NORMAL), "found -3"),
    "an offset without round-off": (beside(2.0**40 + np.arange(60)), "which become equal"),
    "large whole numbers": (2**60 + np.arange(20)[:, None] * 1024, r"found 1\.?15292"),
    "unsigned whole numbers": (np.arange(9, dtype=np.uint64)[:, None] + 2**63, "which become"),
    "tiny numbers": (1e-50 * DRAW.integers(1, 50, (60, 1)), "which become equal"),
    "two scales": (
        beside([0.0] * 5 + list(1e9 + NORMAL)),
        "of 60 neighbouring values|which become",
    ),
    "beyond float32": (beside([1e39, *NORMAL]), r"up to 3.4e\+38, found 1e\+39; subtract"),
    "far below": (beside([-1e300, *NORMAL]), r"found -1e\+300"),
    "a pixel": (np.full((4, 1, 2, 2), 1e8) + np.arange(16).reshape(4, 1, 2, 2), "in feature 0"),
}


@pytest.mark.parametrize(("x", "message"), LOST.values(), ids=LOST)
def test_values_that_become_equal_or_infinite_are_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_float32(x)


ORDINARY: dict[str, Callable[[], np.ndarray]] = {
    "normal": lambda: DRAW.standard_normal((500, 3)),
    "many of a continuous feature": lambda: DRAW.random((200_000, 1)),
    "duplicates": lambda: DRAW.choice([0.1, 0.2, 0.7], (60, 2)),
    "round-off": lambda: np.array([0.3, 0.1 + 0.2, 0.6, 0.1 + 0.5])[:, None].repeat(15, 0),
    "a constant with round-off": lambda: 0.1 + 1e-17 * DRAW.integers(0, 9, (60, 2)),
    "a constant": lambda: np.full((9, 2), 0.1),
    "pixels as whole numbers": lambda: DRAW.integers(0, 256, (20, 1, 5, 5)),
    "pixels as fractions": lambda: DRAW.integers(0, 256, (20, 1, 5, 5)) / 255,
    "kelvin": lambda: 300 + DRAW.standard_normal((2000, 1)),
    "years": lambda: DRAW.integers(1900, 2026, (300, 1)) + 0.5,
    "heavy tails": lambda: np.exp(6 * DRAW.standard_normal((2000, 2))),
    "tiny but spread": lambda: 1e-30 * DRAW.standard_normal((60, 2)),
    "not finite": lambda: np.array([[np.nan, 1.5], [np.inf, 2.5]]),  # refused elsewhere
    "one sample": lambda: np.array([[1.7e9 + 0.1]]),
}


@pytest.mark.parametrize("draw", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_data_pass_and_are_rounded_once(draw: Callable[[], np.ndarray]) -> None:
    x = draw()
    np.testing.assert_array_equal(to_float32(x), x.astype(np.float32))


@pytest.mark.parametrize("column", [1.7e9 + NORMAL, 1e39 * NORMAL, 1e-50 * NORMAL])
def test_the_advice_works(column: np.ndarray) -> None:
    column = (column - column.mean()) / column.std()
    assert len(np.unique(to_float32(column[:, None]))) == len(np.unique(column))
