"""The ten digits of scikit-learn, 8 × 8 pixels from 0 to 1; some of them, to be quick."""

import numpy as np
from sklearn.datasets import load_digits


def generate(*, samples: int = 600) -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return x[:samples].reshape(-1, 1, 8, 8) / 16, y[:samples]
