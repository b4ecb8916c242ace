"""The digits 0, 1 and 2 of scikit-learn, 8 × 8 pixels from 0 to 1."""

import numpy as np
from sklearn.datasets import load_digits


def generate() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(n_class=3, return_X_y=True)
    return x.reshape(-1, 1, 8, 8) / 16, y
