"""Two concentric noisy circles (scikit-learn)."""

from typing import Any

import numpy as np
from sklearn.datasets import make_circles


def generate(
    *, samples: int, factor: float, noise: float, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return x (sample, feature) float32 and y (sample,) int64; class 1 is the inner circle."""
    x, y = make_circles(n_samples=samples, factor=factor, noise=noise, random_state=random_state)
    return x.astype(np.float32), y.astype(np.int64)


def draw(n: int, seed: int, *, factor: float, noise: float, **_: Any) -> tuple[np.ndarray, ...]:
    """Return n fresh samples of the same distribution, x and y as `generate` does."""
    return generate(samples=n, factor=factor, noise=noise, random_state=seed % 2**32)
