"""Two spirals, a class each."""

import numpy as np


def generate(*, noise: float, samples: int = 200) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    y = np.arange(samples) % 2
    turn = np.sqrt(random.uniform(0.05, 1, samples))
    angle = 3 * np.pi * turn + np.pi * y
    x = turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * random.normal(size=x.shape) / 3, y
