"""Two interleaving half-moons (scikit-learn)."""

from typing import Any

import numpy as np
from sklearn.datasets import make_moons


def generate(*, samples: int, noise: float, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x (sample, feature) float32 and y (sample,) int64."""
    x, y = make_moons(n_samples=samples, noise=noise, random_state=random_state)
    return x.astype(np.float32), y.astype(np.int64)


def draw(n: int, seed: int, *, noise: float, **_: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return n fresh samples of the same distribution, x and y as `generate` does."""
    return generate(samples=n, noise=noise, random_state=seed % 2**32)
